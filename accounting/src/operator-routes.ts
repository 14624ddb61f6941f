import {
  type AuditResult,
  accountingEndpoints as endpoints,
  type Query,
  type QueryResult,
} from '@fairhop/shared/contract';
import { createAuthenticator, type HttpApp, route, staticTokens } from '@fairhop/shared/service';
import type { Alerts } from './alerts/alerts.js';
import type { Ledger } from './ledger/index.js';

export interface OperatorRoutesDependencies {
  readonly operatorToken: string;
  readonly ledger: Ledger;
  readonly alerts: Alerts;
  readonly ask: (query: Query) => Promise<QueryResult>;
  readonly audit: () => Promise<AuditResult>;
}

/** Queries, budgets, alerts, lists and the audit: the operator's. */
export function addOperatorRoutes(app: HttpApp, dependencies: OperatorRoutesDependencies): void {
  const { operatorToken, ledger, alerts, ask, audit } = dependencies;
  const principal = { kind: 'operator', id: 'operator' } as const;
  const verify = staticTokens([{ token: operatorToken, principal }]);
  app.addHook('onRequest', createAuthenticator({ verify }).requirePrincipal(['operator']));

  route(app, endpoints.query, {}, ({ body }) => ask(body));
  route(app, endpoints.audit, {}, () => audit());
  route(app, endpoints.listEvents, {}, ({ query: { transferId, afterId, limit } }) => ({
    events: ledger.eventsAfter(afterId, limit, transferId === undefined ? {} : { transferId }),
  }));
  route(app, endpoints.listRejections, {}, ({ query }) => ledger.rejections(query.limit));
  route(app, endpoints.listGaps, {}, () => ({ gaps: ledger.gaps() }));
  route(app, endpoints.putBudget, {}, ({ params, body }) => alerts.putBudget({ ...body, id: params.id }));
  route(app, endpoints.listBudgets, {}, () => ({ budgets: alerts.listBudgets() }));
  route(app, endpoints.removeBudget, {}, ({ params: { id } }) => {
    alerts.removeBudget(id);
    return { id };
  });
  route(app, endpoints.listAlerts, {}, ({ query }) => ({ alerts: alerts.listAlerts(query.budget) }));
}
