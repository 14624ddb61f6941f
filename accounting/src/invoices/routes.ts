import { accountingSettlementEndpoints as endpoints } from '@fairhop/shared/contract';
import { FairhopError, type Invoice, type Party } from '@fairhop/shared/model';
import { type Authenticator, type Clock, type HttpApp, type Principal, route } from '@fairhop/shared/service';
import type { FastifyRequest } from 'fastify';
import type { Acting } from './invoice-actions.js';
import { invoiceUnknown } from './invoice-store.js';
import type { Invoices } from './invoices.js';

interface InvoiceRoutesDependencies {
  readonly auth: Authenticator;
  readonly clock: Clock;
  readonly invoices: Invoices;
}

/** The operator sees and does all; parties see their own, drafts only their issuer, and do what is theirs to do. */
export function addInvoiceRoutes(app: HttpApp, { auth, clock, invoices }: InvoiceRoutesDependencies): void {
  const operator = { onRequest: auth.requirePrincipal(['operator']) };
  const parties = { onRequest: auth.requirePrincipal(['operator', 'isp', 'owner']) };
  const isps = { onRequest: auth.requirePrincipal(['operator', 'isp']) };
  const acting = ({ principal }: FastifyRequest, note?: string): Acting => {
    const { kind, id, actor } = principal as Principal;
    return { by: actor ?? (kind === 'operator' ? kind : `${kind} ${id}`), nowMs: clock.nowMs(), note };
  };
  const own = (name: string, request: FastifyRequest): Invoice =>
    visibleInvoice(invoices, name, request.principal!);
  /** Throws `forbidden` (403) for another side than the one whose word it is. */
  const ownAs = (side: 'issuer' | 'payer', name: string, request: FastifyRequest): string => {
    const invoice = own(name, request);
    const party = partyOf(request);
    if (party === undefined || isSame(invoice[side], party)) return invoice.id;
    const message = `${party.kind} ${party.id} may not do this with invoice ${name}; it is for its ${side}, ${invoice[side].id}, or the operator`;
    throw new FairhopError('forbidden', message, { status: 403 });
  };

  route(app, endpoints.closePeriod, operator, ({ params: { period }, body, request }) =>
    invoices.closePeriod(period, body, acting(request)),
  );
  route(app, endpoints.listInvoices, parties, ({ query, request }) => ({
    invoices: invoices.list({ ...query, party: partyOf(request) }),
  }));
  route(app, endpoints.getInvoice, parties, ({ params, request }) => own(params.invoice, request));
  route(app, endpoints.issueInvoice, parties, ({ params, request }) =>
    invoices.issue(ownAs('issuer', params.invoice, request), acting(request)),
  );
  route(app, endpoints.payInvoice, parties, ({ params, body, request }) =>
    invoices.pay(ownAs('issuer', params.invoice, request), acting(request, body.note)),
  );
  route(app, endpoints.disputeInvoice, parties, ({ params, body, request }) =>
    invoices.dispute(ownAs('payer', params.invoice, request), acting(request, body.note)),
  );
  route(app, endpoints.creditInvoice, parties, ({ params, body, request }) =>
    invoices.credit(ownAs('issuer', params.invoice, request), {
      ...acting(request, body.note),
      waive: body.waive,
    }),
  );
  route(app, endpoints.explainInvoice, parties, ({ params, request }) =>
    invoices.explain(own(params.invoice, request).id),
  );
  route(app, endpoints.netStatement, isps, ({ params: { one, other }, query, request }) => {
    const isp = partyOf(request)?.id;
    if (isp !== undefined && isp !== one && isp !== other) throw notTheirs(isp, one, other);
    if (one === other) throw samePair(one);
    return invoices.netStatement(one, other, query);
  });
  route(app, endpoints.listNetStatements, isps, ({ query, request }) => {
    const own = partyOf(request)?.id;
    return {
      statements: invoices.netStatements(own ?? query.isp, own === undefined ? undefined : query.isp),
    };
  });
}

/** An invoice that a principal may see. Throws `invoice-unknown` (404): of others, nobody tells whether they are there. */
export function visibleInvoice(invoices: Pick<Invoices, 'get'>, name: string, principal: Principal): Invoice {
  const invoice = invoices.get(name);
  const party = partyOf({ principal });
  if (party === undefined || isSame(invoice.issuer, party)) return invoice;
  if (isSame(invoice.payer, party) && invoice.status !== 'draft') return invoice;
  throw invoiceUnknown(name);
}

/** Undefined for the operator, who sees all. */
function partyOf({ principal }: Pick<FastifyRequest, 'principal'>): Party | undefined {
  const { kind, id } = principal as Principal;
  return kind === 'isp' || kind === 'owner' ? { kind, id } : undefined;
}

const isSame = (one: Party, other: Party): boolean => one.kind === other.kind && one.id === other.id;

const notTheirs = (isp: string, one: string, other: string): FairhopError =>
  new FairhopError(
    'forbidden',
    `isp ${isp} may not see the statements of ${one} and ${other}; only its own`,
    {
      status: 403,
    },
  );

const samePair = (isp: string): FairhopError =>
  new FairhopError('statement-of-one', `${isp} has no settlement with itself; name another ISP`, {
    status: 400,
  });
