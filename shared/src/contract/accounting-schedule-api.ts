import { z } from 'zod';
import { hoursSchema, partySchema, slugSchema, timeMsSchema } from '../model/index.js';
import { querySchema } from './accounting-query.js';
import { queryResultSchema } from './accounting-query-result.js';
import { defineEndpoint } from './endpoint.js';

const failureSchema = z.object({ code: z.string(), message: z.string() });

/** A question under a name; a `period` such as `last-month` is that of the time it is asked. */
export const savedQuerySchema = z.object({
  id: slugSchema,
  name: z.string().min(1).max(200),
  /** Null where it cannot be asked any more. */
  query: querySchema.nullable(),
  /** Whose it is: it sees what its holder may see. */
  holder: partySchema,
  /** Why it cannot be asked any more; it is right again once it is put anew. */
  error: failureSchema.nullable(),
});
export type SavedQuery = z.infer<typeof savedQuerySchema>;

export const scheduledTaskSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('query'),
    savedQuery: slugSchema,
    /** What the result must be for the receivers of alerts to be told. */
    alert: z.strictObject({ direction: z.enum(['above', 'below']), value: z.int() }).optional(),
  }),
  /** Drafts the invoices of every contract whose period is over. */
  z.strictObject({ type: z.literal('close-periods'), issue: z.boolean().default(false) }),
]);
export type ScheduledTask = z.infer<typeof scheduledTaskSchema>;

export const scheduleSchema = z.object({
  id: slugSchema,
  task: scheduledTaskSchema,
  /** Minute, hour, day of month, month, day of week; or `nightly` (02:30), `weekly` (Monday 02:30), `monthly` (the 1st 02:30). */
  cron: z.string().min(1).max(120),
  timeZone: hoursSchema.shape.timeZone,
  isPaused: z.boolean(),
  holder: partySchema,
  /** Null while it is paused, or where its line cannot be read any more. */
  nextMs: timeMsSchema.nullable(),
  /** Why it is never due; it is right again once it is set anew. */
  error: failureSchema.nullable(),
  lastRun: z.int().nullable(),
});
export type Schedule = z.infer<typeof scheduleSchema>;

export const scheduleRunSchema = z.object({
  id: z.int(),
  schedule: slugSchema,
  /** The time that it is for; unique in a schedule. */
  dueMs: timeMsSchema,
  /** Earlier times that nobody ran, because the service was down or a run took longer: this run stands for them. */
  missed: z.int(),
  startedMs: timeMsSchema,
  endedMs: timeMsSchema.nullable(),
  status: z.enum(['running', 'done', 'failed']),
  /** How often it was begun: a run that a crash cut off is begun again. */
  attempts: z.int(),
  /** What the question gave; null where nothing was asked, or it failed. */
  answer: queryResultSchema.pick({ value: true, unit: true }).nullable(),
  /** `alert:…`, `invoice:…` */
  caused: z.array(z.string()),
  error: failureSchema.nullable(),
});
export type ScheduleRun = z.infer<typeof scheduleRunSchema>;

export const scheduleRunWithResultSchema = scheduleRunSchema.extend({
  /** With the 1,000 largest rows; `other` tells how many there are beside. */
  result: queryResultSchema.nullable(),
});
export type ScheduleRunWithResult = z.infer<typeof scheduleRunWithResultSchema>;

const params = z.object({ id: slugSchema });
const removed = z.object({ id: slugSchema });

export const accountingScheduleEndpoints = {
  putSavedQuery: defineEndpoint({
    method: 'PUT',
    path: '/v1/saved-queries/:id',
    summary: 'Keep a question under a name',
    params,
    body: z.strictObject({ name: savedQuerySchema.shape.name, query: querySchema }),
    response: savedQuerySchema,
  }),
  listSavedQueries: defineEndpoint({
    method: 'GET',
    path: '/v1/saved-queries',
    summary: 'Questions that are kept under a name',
    response: z.object({ savedQueries: z.array(savedQuerySchema) }),
  }),
  removeSavedQuery: defineEndpoint({
    method: 'DELETE',
    path: '/v1/saved-queries/:id',
    summary: 'Forget a saved question, unless a schedule asks it',
    params,
    response: removed,
  }),
  runSavedQuery: defineEndpoint({
    method: 'POST',
    scope: 'read',
    path: '/v1/saved-queries/:id/run',
    summary: 'Ask a saved question now',
    params,
    body: z.strictObject({}),
    response: queryResultSchema,
  }),
  putSchedule: defineEndpoint({
    method: 'PUT',
    // By what it does, and what it takes the place of: `settlement` to close periods, else `write`.
    scope: 'any',
    path: '/v1/schedules/:id',
    summary:
      'Do something nightly, weekly or by a cron line, in a zone (scope write; settlement where it closes periods)',
    params,
    body: z.strictObject({
      task: scheduledTaskSchema,
      cron: scheduleSchema.shape.cron,
      timeZone: scheduleSchema.shape.timeZone.default('UTC'),
      isPaused: z.boolean().default(false),
    }),
    response: scheduleSchema,
  }),
  listSchedules: defineEndpoint({
    method: 'GET',
    path: '/v1/schedules',
    summary: 'What is done when, and when next',
    response: z.object({ schedules: z.array(scheduleSchema) }),
  }),
  removeSchedule: defineEndpoint({
    method: 'DELETE',
    scope: 'any',
    path: '/v1/schedules/:id',
    summary: 'Remove a schedule; its runs stay listed (scope write; settlement where it closes periods)',
    params,
    response: removed,
  }),
  listScheduleRuns: defineEndpoint({
    method: 'GET',
    path: '/v1/schedules/:id/runs',
    summary: 'Runs of a schedule, newest first, what they gave and what they caused; the newest 100 are kept',
    params,
    query: z.object({ limit: z.coerce.number().int().min(1).max(100).default(20) }),
    response: z.object({ runs: z.array(scheduleRunSchema) }),
  }),
  getScheduleRun: defineEndpoint({
    method: 'GET',
    path: '/v1/schedules/:id/runs/:run',
    summary: 'A run of a schedule, with the rows of its result',
    params: params.extend({ run: z.coerce.number().int().min(1) }),
    response: scheduleRunWithResultSchema,
  }),
};
