import { type AuditResult, accountingEndpoints as endpoints } from '@fairhop/shared/contract';
import { type Authenticator, type HttpApp, route } from '@fairhop/shared/service';
import type { Ledger } from './ledger/index.js';

export interface OperatorRoutesDependencies {
  readonly auth: Authenticator;
  readonly ledger: Ledger;
  readonly audit: () => Promise<AuditResult>;
}

/** Single events as they are, refused reports, gaps and the audit: the operator's, for they are about all traffic. */
export function addOperatorRoutes(app: HttpApp, dependencies: OperatorRoutesDependencies): void {
  const { auth, ledger, audit } = dependencies;
  app.addHook('onRequest', auth.requirePrincipal(['operator']));

  route(app, endpoints.audit, {}, () => audit());
  route(app, endpoints.listEvents, {}, ({ query: { transferId, afterId, limit } }) => ({
    events: ledger.eventsAfter(afterId, limit, transferId === undefined ? {} : { transferId }),
  }));
  route(app, endpoints.listRejections, {}, ({ query }) => ledger.rejections(query.limit));
  route(app, endpoints.listGaps, {}, ({ query }) => ({ gaps: ledger.gaps(query) }));
}
