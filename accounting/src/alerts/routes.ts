import { type Alert, accountingEndpoints as endpoints } from '@fairhop/shared/contract';
import { type Authenticator, type HttpApp, route } from '@fairhop/shared/service';
import type { FastifyRequest } from 'fastify';
import type { Alerts } from './alerts.js';

/**
 * Budgets and alerts: the operator's, an owner sees its own. They are set by the operator alone: webhooks are sent from inside of its
 * network, to wherever a budget says.
 */
export function addAlertRoutes(
  app: HttpApp,
  { alerts, auth }: { alerts: Alerts; auth: Authenticator },
): void {
  const operator = { onRequest: auth.requirePrincipal(['operator']) };
  const parties = { onRequest: auth.requirePrincipal(['operator', 'owner']) };
  const budgetsFor = async ({ principal }: FastifyRequest) => {
    if (principal?.kind === 'operator') return alerts.listBudgets();
    // Measured are its own alone: nobody's list takes as long as all budgets do.
    const listed = await alerts.listBudgets({ owner: principal!.id });
    return {
      budgets: listed.budgets.map(({ webhookUrl: _url, email: _email, ...budget }) => budget),
      actions: { isTaken: listed.actions.isTaken },
    };
  };
  route(app, endpoints.putBudget, operator, ({ params, body }) =>
    alerts.putBudget({ ...body, id: params.id }),
  );
  route(app, endpoints.listBudgets, parties, ({ request }) => budgetsFor(request));
  route(app, endpoints.removeBudget, operator, ({ params: { id } }) => {
    alerts.removeBudget(id);
    return { id };
  });
  route(app, endpoints.listAlerts, parties, async ({ query, request }) => {
    if (request.principal?.kind === 'operator') {
      const notices = query.budget === undefined ? alerts.listNotices(query) : [];
      return { alerts: alerts.listAlerts(query), notices };
    }
    // What schedules found is told to who set the receivers.
    const own = alerts.listAlerts({ ...query, owner: request.principal!.id });
    return { alerts: own.map(withoutErrors), notices: [] };
  });
  route(app, endpoints.retryAlert, operator, ({ params: { id } }) => alerts.retryAlert(id));
}

/** Errors name the operator's receivers. */
const withoutErrors = (alert: Alert): Alert => ({
  ...alert,
  lastError: told(alert.lastError),
  deliveries: alert.deliveries.map((delivery) => ({ ...delivery, lastError: told(delivery.lastError) })),
});
const told = (error: string | null): string | null => error && 'it failed; the operator sees why';
