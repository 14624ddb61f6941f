import { accountingEndpoints as endpoints, type Query, type QueryResult } from '@fairhop/shared/contract';
import type { Party } from '@fairhop/shared/model';
import { type Authenticator, type HttpApp, type Principal, route } from '@fairhop/shared/service';
import type { Ledger } from '../ledger/index.js';
import { sendAnswer } from '../query/index.js';
import type { Reading } from '../reading/index.js';
import { listOwnEvents } from './own-events.js';
import type { Viewer } from './viewer.js';

export interface VisibilityRoutesDependencies {
  readonly auth: Authenticator;
  readonly ledger: Pick<Ledger, 'eventsAfter'>;
  /** Reads the ledger beside the service's thread. */
  readonly read: <Result>(begin: () => Reading<Result>) => Promise<Result>;
  /** Throws `not-yours` (403), and as queries do. */
  readonly ask: (query: Query, party: Party) => Promise<QueryResult>;
  readonly viewerOf: (party: Party) => Viewer;
}

/** Queries and events: each party's own share of the ledger. */
export function addVisibilityRoutes(
  app: HttpApp,
  { auth, ledger, read, ask, viewerOf }: VisibilityRoutesDependencies,
): void {
  const parties = { onRequest: auth.requirePrincipal(['operator', 'isp', 'owner']) };
  route(app, endpoints.query, parties, async ({ body, request, reply }) =>
    sendAnswer({ body, request, reply }, await ask(body, partyOf(request.principal))),
  );
  route(app, endpoints.listOwnEvents, parties, async ({ query, request }) => {
    const party = partyOf(request.principal);
    return { events: await listOwnEvents(party, query, { read, ledger, viewer: viewerOf(party) }) };
  });
}

function partyOf(principal: Principal | null): Party {
  if (principal?.kind === 'operator' || principal?.kind === 'isp' || principal?.kind === 'owner')
    return { kind: principal.kind, id: principal.id };
  throw new Error('the route is behind requirePrincipal');
}
