import { accountingSettlementEndpoints as endpoints } from '@fairhop/shared/contract';
import { type Contract, FairhopError, type Party } from '@fairhop/shared/model';
import { type Authenticator, type HttpApp, type Principal, route } from '@fairhop/shared/service';
import type { FastifyRequest } from 'fastify';
import type { Contracts } from './contracts.js';

interface ContractRoutesDependencies {
  readonly auth: Authenticator;
  readonly contracts: Contracts;
}

/** 64 charges, each with some links. */
const MAX_CONTRACT_BYTES = 512 * 1024;

/** What both sides signed is put by the operator and read by both; a party's name and address are its own. */
export function addContractRoutes(app: HttpApp, { auth, contracts }: ContractRoutesDependencies): void {
  const operator = { onRequest: auth.requirePrincipal(['operator']) };
  const parties = { onRequest: auth.requirePrincipal(['operator', 'isp', 'owner']) };

  route(app, endpoints.putParty, parties, ({ params, body, request }) => {
    const party = partyOf(request);
    if (party !== undefined && !isSame(party, params)) {
      const message = `${party.kind} ${party.id} may not speak for ${params.kind} ${params.id}; only for itself`;
      throw new FairhopError('forbidden', message, { status: 403 });
    }
    return contracts.parties.put(params, body);
  });
  route(app, endpoints.listParties, parties, ({ request }) => {
    const party = partyOf(request);
    const all = contracts.parties.list();
    return { parties: party === undefined ? all : all.filter((entry) => isSame(entry.party, party)) };
  });
  route(app, endpoints.putContract, { ...operator, bodyLimit: MAX_CONTRACT_BYTES }, ({ params, body }) =>
    contracts.put(params.contract, body),
  );
  route(app, endpoints.endContract, operator, ({ params, query }) =>
    contracts.end(params.contract, query.atMs),
  );
  route(app, endpoints.getContract, parties, ({ params, request }) => {
    const contract = contracts.get(params.contract);
    const party = partyOf(request);
    if (party === undefined || isParty(contract, party)) return contract;
    // As one that is not there: who deals with whom is nobody else's business.
    throw new FairhopError(
      'contract-unknown',
      `there is no contract ${params.contract}; the list names them`,
      {
        status: 404,
      },
    );
  });
  route(app, endpoints.listContracts, parties, ({ request }) => ({
    contracts: contracts.list({ party: partyOf(request) }),
  }));
}

/** Undefined for the operator, who sees all. */
function partyOf({ principal }: FastifyRequest): Party | undefined {
  const { kind, id } = principal as Principal;
  if (kind === 'isp' || kind === 'owner') return { kind, id };
  return undefined;
}

const isParty = ({ issuer, payer }: Contract, party: Party): boolean =>
  isSame(issuer, party) || isSame(payer, party);

const isSame = (one: Party, other: Party): boolean => one.kind === other.kind && one.id === other.id;
