import { z } from 'zod';
import {
  agentKeySchema,
  hoursSchema,
  ispIdSchema,
  ownerIdSchema,
  prefixSchema,
  slugSchema,
  timeMsSchema,
  titleIdSchema,
  transferIdSchema,
} from '../model/index.js';
import { MAX_EDGE_TRANSFERS } from './coordinator-policy-api.js';
import { defineEndpoint } from './endpoint.js';

/** What a step of a budget does beside telling, the mildest first. */
export const budgetActionSchema = z.enum(['no-peers', 'off-peak-only', 'priority-customers-only', 'stop']);
export type BudgetAction = z.infer<typeof budgetActionSchema>;

/** Of each kind: the customers that one writes down by hand; thousands are better told by their ISP or prefix. */
const MAX_PRIORITY_ENTRIES = 100;

/** Who is still served: whoever is any of these. */
export const priorityCustomersSchema = z.strictObject({
  agents: z.array(agentKeySchema).max(MAX_PRIORITY_ENTRIES).default([]),
  isps: z.array(ispIdSchema).max(MAX_PRIORITY_ENTRIES).default([]),
  prefixes: z.array(prefixSchema).max(MAX_PRIORITY_ENTRIES).default([]),
});
export type PriorityCustomers = z.infer<typeof priorityCustomersSchema>;

/** What a budget orders for the titles of its owner: all of them, one, or those of a category. */
export const budgetOrderSchema = z.strictObject({
  budget: slugSchema,
  owner: ownerIdSchema,
  title: titleIdSchema.optional(),
  category: slugSchema.optional(),
  action: budgetActionSchema,
  /** Of `off-peak-only`: when its titles are delivered. */
  hours: hoursSchema.optional(),
  /** Of `priority-customers-only`. */
  priority: priorityCustomersSchema.optional(),
  /** End of the budget's period; null: until it is told otherwise. */
  untilMs: timeMsSchema.nullable(),
});
export type BudgetOrder = z.infer<typeof budgetOrderSchema>;

/** More budgets that act at once are not survived by any business. */
export const MAX_BUDGET_ORDERS = 1_000;

/** What edges are told while budgets keep clients away. */
export const edgeBudgetsSchema = z.object({
  /** Owners whose budgets do: transfers of their titles are told of before their first byte, and while they run. */
  owners: z.array(ownerIdSchema).max(MAX_BUDGET_ORDERS),
  /** Of the transfers that were told, those that get nothing, with the reason as their clients are told. */
  refusals: z
    .array(
      z.object({
        code: z.string(),
        message: z.string(),
        transfers: z.array(transferIdSchema).min(1).max(MAX_EDGE_TRANSFERS),
      }),
    )
    .max(MAX_EDGE_TRANSFERS),
});
export type EdgeBudgets = z.infer<typeof edgeBudgetsSchema>;

const ordersSchema = z.strictObject({
  /** Grows with every change. */
  revision: z.int().min(0),
  orders: z.array(budgetOrderSchema).max(MAX_BUDGET_ORDERS),
});

export const coordinatorBudgetEndpoints = {
  putBudgetActions: defineEndpoint({
    method: 'PUT',
    path: '/v1/budget-actions',
    summary:
      'All that budgets order now, in place of what they ordered before (operator, accounting); an older revision than the one in force changes nothing',
    body: ordersSchema,
    response: z.object({ revision: z.int().min(0) }),
  }),
  listBudgetActions: defineEndpoint({
    method: 'GET',
    path: '/v1/budget-actions',
    summary: 'What budgets order now (operator)',
    response: ordersSchema,
  }),
};
