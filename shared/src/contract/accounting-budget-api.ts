import { z } from 'zod';
import { byteCountSchema, hoursSchema, ownerIdSchema, slugSchema, timeMsSchema } from '../model/index.js';
import { defineEndpoint } from './endpoint.js';

export const budgetSchema = z.strictObject({
  id: slugSchema,
  owner: ownerIdSchema,
  limitBytes: byteCountSchema.min(1),
  period: z.enum(['month', 'quarter', 'total']),
  timeZone: hoursSchema.shape.timeZone.default('UTC'),
  /** Steps in percent of the limit, each told once a period. */
  stepsPercent: z.array(z.int().min(1).max(1000)).min(1).max(10).default([80, 100]),
  webhook: z.strictObject({
    url: z.url({ protocol: /^https?$/ }),
    /** Standard Webhooks secret: `whsec_` and 24 to 64 bytes in base64. */
    secret: z.string().regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, 'must be whsec_ followed by base64'),
  }),
});
export type Budget = z.infer<typeof budgetSchema>;
/** What is shown of a budget: never its secret. */
export const shownBudgetSchema = budgetSchema.omit({ webhook: true }).extend({
  webhookUrl: z.string(),
  usedBytes: byteCountSchema,
  periodStartMs: timeMsSchema,
});

export const alertSchema = z.object({
  /** Stable over retries: the webhook's id. */
  id: z.string(),
  budget: slugSchema,
  stepPercent: z.int(),
  periodStartMs: timeMsSchema,
  thresholdBytes: byteCountSchema,
  usedBytes: byteCountSchema,
  crossedMs: timeMsSchema,
  deliveredMs: timeMsSchema.nullable(),
  attempts: z.int(),
  lastError: z.string().nullable(),
});
export type Alert = z.infer<typeof alertSchema>;

const budgetParams = z.object({ id: slugSchema });

export const accountingBudgetEndpoints = {
  putBudget: defineEndpoint({
    method: 'PUT',
    path: '/v1/budgets/:id',
    summary: 'Set a budget',
    params: budgetParams,
    body: budgetSchema.omit({ id: true }),
    response: shownBudgetSchema,
  }),
  listBudgets: defineEndpoint({
    method: 'GET',
    path: '/v1/budgets',
    summary: 'Budgets and what is used of them',
    response: z.object({ budgets: z.array(shownBudgetSchema) }),
  }),
  removeBudget: defineEndpoint({
    method: 'DELETE',
    path: '/v1/budgets/:id',
    summary: 'Remove a budget; its alerts stay',
    params: budgetParams,
    response: z.object({ id: slugSchema }),
  }),
  listAlerts: defineEndpoint({
    method: 'GET',
    path: '/v1/alerts',
    summary: 'Alerts, what was sent and when',
    query: z.object({ budget: slugSchema.optional() }),
    response: z.object({ alerts: z.array(alertSchema) }),
  }),
};
