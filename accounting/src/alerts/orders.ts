import { type BudgetAction, type BudgetOrder, MAX_BUDGET_ORDERS } from '@fairhop/shared/contract';
import type { ActiveStep } from './alert-store.js';
import { periodAt } from './budget-period.js';
import type { StoredBudget } from './budget-store.js';

/** What matters most when not all fits. */
const strictness: readonly BudgetAction[] = ['stop', 'priority-customers-only', 'off-peak-only', 'no-peers'];

/** What the reached steps of all budgets order of the coordinator, always in the same order. */
export function ordersInForce(
  budgets: readonly StoredBudget[],
  activeOf: (budget: string) => readonly ActiveStep[],
): BudgetOrder[] {
  return budgets
    .filter(({ steps }) => steps.some(({ action }) => action !== undefined))
    .flatMap((budget) => activeOf(budget.id).flatMap((step) => orderOf(budget, step) ?? []))
    .sort((left, right) => strictness.indexOf(left.action) - strictness.indexOf(right.action))
    .slice(0, MAX_BUDGET_ORDERS);
}

function orderOf(budget: StoredBudget, { stepPercent, periodStartMs }: ActiveStep): BudgetOrder | undefined {
  const action = budget.steps.find(({ percent }) => percent === stepPercent)?.action;
  if (action === undefined) return undefined;
  const { id, owner, title, category, offPeakHours, priority, timeZone } = budget;
  return {
    budget: id,
    owner,
    ...(title !== undefined && { title }),
    ...(category !== undefined && { category }),
    action,
    ...(action === 'off-peak-only' && offPeakHours && { hours: { ...offPeakHours, timeZone } }),
    ...(action === 'priority-customers-only' && priority && { priority }),
    untilMs: periodAt(budget, periodStartMs).endMs,
  };
}
