import { type BudgetAction, coordinatorEndpoints } from '@fairhop/shared/contract';
import { type Authenticator, type HttpApp, type Logger, route } from '@fairhop/shared/service';
import { Counter, type Registry } from 'prom-client';
import type { BudgetActions } from './budget-actions.js';

/** The most orders with all that each may name take 12 MB. */
const BODY_LIMIT_BYTES = 16 * 1024 * 1024;

export function addBudgetActionRoutes(
  app: HttpApp,
  { budgets, auth, log }: { budgets: BudgetActions; auth: Authenticator; log: Logger },
): void {
  const operator = { onRequest: auth.requirePrincipal(['operator']), bodyLimit: BODY_LIMIT_BYTES };
  route(app, coordinatorEndpoints.putBudgetActions, operator, ({ body: { revision, orders } }) => {
    const before = budgets.inForce().revision;
    const after = budgets.put(revision, orders);
    if (after !== before)
      log.warn(
        { revision, orders: orders.map(({ budget, owner, action }) => ({ budget, owner, action })) },
        'what budgets order has changed',
      );
    return { revision: after };
  });
  route(app, coordinatorEndpoints.listBudgetActions, operator, () => {
    const { revision, orders } = budgets.inForce();
    return { revision, orders: [...orders] };
  });
}

/** Gives what counts one. */
export function countBudgetLimits(
  registry: Registry,
): (action: BudgetAction, client: 'agent' | 'plain') => void {
  const limits = new Counter({
    name: 'fairhop_budget_limits_total',
    help: "Requests for sources that an owner's budget refused, or answered with edges alone (no-peers)",
    labelNames: ['action', 'client'] as const,
    registers: [registry],
  });
  return (action, client) => limits.inc({ action, client });
}
