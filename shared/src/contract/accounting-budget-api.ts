import { z } from 'zod';
import {
  byteCountSchema,
  hoursSchema,
  ownerIdSchema,
  slugSchema,
  timeMsSchema,
  titleIdSchema,
  transferKindSchema,
} from '../model/index.js';
import { componentRefSchema, networkRefSchema } from './accounting-query.js';
import { budgetActionSchema, priorityCustomersSchema } from './coordinator-budget-api.js';
import { defineEndpoint } from './endpoint.js';

export const alertChannelSchema = z.enum(['webhook', 'email']);
export type AlertChannel = z.infer<typeof alertChannelSchema>;

const percentSchema = z.int().min(1).max(1000);

export const budgetStepSchema = z.strictObject({
  percent: percentSchema,
  /** In force from when the step is reached until it is resolved, the budget is removed, or the period ends. */
  action: budgetActionSchema.optional(),
  /** Of those that the budget has; by default all of them. */
  channels: z.array(alertChannelSchema).max(2).optional(),
});
export type BudgetStep = z.infer<typeof budgetStepSchema>;

const receiversShape = {
  webhook: z
    .strictObject({
      url: z.url({ protocol: /^https?$/ }),
      /** Standard Webhooks secret: `whsec_` and 24 to 64 bytes in base64. */
      secret: z.string().regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, 'must be whsec_ followed by base64'),
    })
    .optional(),
  /** All of them get each message. */
  email: z.array(z.email().max(254)).min(1).max(20).optional(),
};

/** Who is told, by any of the channels. */
export const budgetReceiversSchema = z.strictObject(receiversShape);

const budgetShape = z.strictObject({
  id: slugSchema,
  owner: ownerIdSchema,
  /** What is counted of the owner's deliveries to clients, and with title and category also what an action is about. */
  title: titleIdSchema.optional(),
  category: slugSchema.optional(),
  /** By default what is delivered to clients, from edges and from clients. */
  kind: transferKindSchema.optional(),
  leaves: networkRefSchema.optional(),
  enters: networkRefSchema.optional(),
  /** Crossed any of these. */
  crosses: z.array(componentRefSchema).min(1).max(64).optional(),
  limitBytes: byteCountSchema.min(1),
  period: z.enum(['month', 'quarter', 'total']),
  timeZone: hoursSchema.shape.timeZone.default('UTC'),
  /** `below` tells when usage stays under the steps: at the period's end, or as forecast. */
  direction: z.enum(['above', 'below']).default('above'),
  /** `forecast`: used so far, and for the rest of the period the average rate of its last seven days. */
  basis: z.enum(['actual', 'forecast']).default('actual'),
  /** Steps in percent of the limit, where they only tell: 80 and 100 when there are no `steps` either. */
  stepsPercent: z.array(percentSchema).min(1).max(10).optional(),
  /** In place of `stepsPercent`. */
  steps: z.array(budgetStepSchema).min(1).max(10).optional(),
  /** A step is resolved once usage is so much on the other side of it, in percent of the limit. */
  hysteresisPercent: z.int().min(0).max(100).default(5),
  /** When `off-peak-only` still delivers, in the budget's zone. */
  offPeakHours: hoursSchema.omit({ timeZone: true }).optional(),
  /** Whom `priority-customers-only` still delivers to. */
  priority: priorityCustomersSchema.optional(),
  ...receiversShape,
});

type BudgetInput = Omit<z.output<typeof budgetShape>, 'id'>;

const DEFAULT_STEPS_PERCENT = [80, 100];

/** The steps of a budget, the lowest first, each percent once. */
export function stepsOf({ steps, stepsPercent }: Pick<BudgetInput, 'steps' | 'stepsPercent'>): BudgetStep[] {
  const given = steps ?? (stepsPercent ?? DEFAULT_STEPS_PERCENT).map((percent) => ({ percent }));
  const byPercent = new Map(given.map((step) => [step.percent, step]));
  return [...byPercent.values()].sort((left, right) => left.percent - right.percent);
}

const hasAny = (lists: Readonly<Record<string, readonly unknown[]>>): boolean =>
  Object.values(lists).some((list) => list.length > 0);

/** What fits together, beyond what each field may be. */
function checkBudget(budget: BudgetInput, context: z.RefinementCtx): void {
  const refuse = (path: keyof BudgetInput, message: string): void => {
    context.addIssue({ code: 'custom', path: [path], message });
  };
  const { owner, title, direction, basis, period, steps, offPeakHours, priority } = budget;
  const actions = stepsOf(budget).flatMap(({ action }) => action ?? []);
  const channels = new Set(stepsOf(budget).flatMap((step) => step.channels ?? []));
  if (title !== undefined && !title.startsWith(`${owner}/`))
    refuse('title', `must be one of ${owner}'s: ${owner}/name`);
  if (steps !== undefined && budget.stepsPercent !== undefined)
    refuse('stepsPercent', 'must be left out where steps are given');
  if (steps !== undefined && new Set(steps.map(({ percent }) => percent)).size < steps.length)
    refuse('steps', 'must have each percent once');
  if (period === 'total' && (direction === 'below' || basis === 'forecast'))
    refuse(
      'period',
      'must be month or quarter: a total never ends, so there is nothing to stay under or to forecast',
    );
  if (direction === 'below' && actions.length > 0)
    refuse('steps', 'of a budget that tells when usage stays below cannot act');
  if (actions.includes('off-peak-only') && offPeakHours === undefined)
    refuse('offPeakHours', 'must say when the step off-peak-only still delivers');
  if (actions.includes('priority-customers-only') && (priority === undefined || !hasAny(priority)))
    refuse('priority', 'must name agents, ISPs or prefixes that the step priority-customers-only serves');
  if (channels.has('webhook') && budget.webhook === undefined)
    refuse('webhook', 'must be given: a step tells by it');
  if (channels.has('email') && budget.email === undefined)
    refuse('email', 'must be given: a step tells by it');
}

export const budgetSchema = budgetShape.superRefine(checkBudget);
export type Budget = z.infer<typeof budgetSchema>;

/** What is shown of a budget: never its secret. */
export const shownBudgetSchema = budgetShape.omit({ webhook: true, steps: true, stepsPercent: true }).extend({
  steps: z.array(budgetStepSchema),
  stepsPercent: z.array(percentSchema),
  /** Null: there is none. Absent, as `email` is, for owners: who is told is the operator's business. */
  webhookUrl: z.string().nullable().optional(),
  /** Billable: from edges, and settled between clients. Null where it is not known: `error` tells why. */
  usedBytes: byteCountSchema.nullable(),
  /** Claimed by one side and not settled yet: not counted. Null as `usedBytes`. */
  pendingBytes: byteCountSchema.nullable(),
  /** Of a budget by forecast: at the period's end. Null while the period is too young to say. */
  forecastBytes: byteCountSchema.nullable(),
  /** Why it could not be measured just now. */
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  periodStartMs: timeMsSchema,
  /** Percents of the steps that are reached and not resolved. */
  activeSteps: z.array(z.int()),
});

export const alertStateSchema = z.enum(['waiting', 'delivered', 'dead', 'abandoned', 'listed']);

/** How far the telling has got. */
const deliveryShape = {
  /**
   * `waiting` for a channel, `delivered` by all of them, `dead`: the last attempt failed, `abandoned`: the budget or its channel
   * was removed, `listed`: the budget has no channel but this list.
   */
  state: alertStateSchema,
  /** When the last channel took it. */
  deliveredMs: timeMsSchema.nullable(),
  /** Over all channels. */
  attempts: z.int(),
  lastError: z.string().nullable(),
  deliveries: z.array(
    z.object({
      channel: alertChannelSchema,
      state: alertStateSchema.exclude(['listed']),
      deliveredMs: timeMsSchema.nullable(),
      attempts: z.int(),
      lastError: z.string().nullable(),
    }),
  ),
};

export const alertSchema = z.object({
  /** The same for the same event, over retries and restarts: the webhook's id, and what the e-mail's Message-ID is made of. */
  id: z.string(),
  budget: slugSchema,
  kind: z.enum(['reached', 'resolved']),
  /** Why it is resolved. */
  reason: z.enum(['usage', 'period-ended', 'budget-changed']).nullable(),
  stepPercent: z.int(),
  /** Which time the step is reached in the period, from 1. */
  occurrence: z.int(),
  action: budgetActionSchema.nullable(),
  periodStartMs: timeMsSchema,
  thresholdBytes: byteCountSchema,
  usedBytes: byteCountSchema,
  forecastBytes: byteCountSchema.nullable(),
  crossedMs: timeMsSchema,
  ...deliveryShape,
});
export type Alert = z.infer<typeof alertSchema>;

/** A schedule's result that its receivers are told of. */
export const scheduleNoticeSchema = z.object({
  id: z.string(),
  schedule: slugSchema,
  savedQuery: slugSchema,
  /** The time that the run was for. */
  dueMs: timeMsSchema,
  direction: z.enum(['above', 'below']),
  threshold: z.int(),
  value: z.int(),
  foundMs: timeMsSchema,
  ...deliveryShape,
});
export type ShownNotice = z.infer<typeof scheduleNoticeSchema>;

const budgetParams = z.object({ id: slugSchema });

export const accountingBudgetEndpoints = {
  putBudget: defineEndpoint({
    method: 'PUT',
    scope: 'settlement',
    path: '/v1/budgets/:id',
    summary: 'Set a budget, or replace it',
    params: budgetParams,
    body: budgetShape.omit({ id: true }).superRefine(checkBudget),
    response: shownBudgetSchema,
  }),
  listBudgets: defineEndpoint({
    method: 'GET',
    path: '/v1/budgets',
    summary: 'Budgets, what is used of them, and whether the coordinator has what they order',
    response: z.object({
      budgets: z.array(shownBudgetSchema),
      /** What steps order of the coordinator, and whether it took that. */
      actions: z.object({
        isTaken: z.boolean(),
        /** Of all owners, and how the coordinator is reached: for the operator alone. */
        inForce: z.int().optional(),
        lastError: z.string().nullable().optional(),
      }),
    }),
  }),
  removeBudget: defineEndpoint({
    method: 'DELETE',
    scope: 'settlement',
    path: '/v1/budgets/:id',
    summary: 'Remove a budget, and end what it ordered; its alerts stay',
    params: budgetParams,
    response: z.object({ id: slugSchema }),
  }),
  listAlerts: defineEndpoint({
    method: 'GET',
    path: '/v1/alerts',
    summary: 'Alerts, what was sent and when, newest first',
    query: z.object({ budget: slugSchema.optional(), state: alertStateSchema.optional() }),
    response: z.object({
      alerts: z.array(alertSchema),
      /** Results of schedules; none where only a budget is asked for. */
      notices: z.array(scheduleNoticeSchema),
    }),
  }),
  retryAlert: defineEndpoint({
    method: 'POST',
    scope: 'settlement',
    path: '/v1/alerts/:id/retry',
    summary: 'Send a dead alert or notice again, with the same id',
    params: z.object({ id: z.string().min(1).max(64) }),
    response: z.object({ id: z.string(), state: alertStateSchema }),
  }),
};
