import { z } from 'zod';
import {
  byteCountSchema,
  contentIdSchema,
  hostIdSchema,
  ipAddressSchema,
  reportBatchSchema,
  timeMsSchema,
  titleIdSchema,
  transferIdSchema,
  transferKindSchema,
} from '../model/index.js';
import { accountingBeliefEndpoints } from './accounting-belief-api.js';
import { accountingBudgetEndpoints } from './accounting-budget-api.js';
import { accountingNetworksEndpoints } from './accounting-networks-api.js';
import { querySchema } from './accounting-query.js';
import { queryResultSchema } from './accounting-query-result.js';
import { accountingScheduleEndpoints } from './accounting-schedule-api.js';
import { accountingSettlementEndpoints } from './accounting-settlement-api.js';
import { auditTrailEndpoints } from './audit-trail-api.js';
import { defineEndpoint } from './endpoint.js';

/** Header that carries the reporter's signature over the batch's uncompressed bytes (crypto/domain.ts reportBytes). */
export const REPORT_SIGNATURE_HEADER = 'fairhop-signature';

/** Every message of a batch is acknowledged or rejected on its own; what is acknowledged is on disk. */
export const reportAnswerSchema = z.object({
  /** Messages booked by this batch. */
  accepted: z.int(),
  /** Messages booked before: nothing changed. */
  duplicates: z.int(),
  rejected: z.array(z.object({ sequence: z.int(), code: z.string(), message: z.string() })),
});
export type ReportAnswer = z.infer<typeof reportAnswerSchema>;

export const ledgerEventSchema = z.object({
  id: z.int(),
  transferId: transferIdSchema,
  binMs: timeMsSchema,
  part: z.int(),
  kind: transferKindSchema,
  source: hostIdSchema,
  sourceAddress: ipAddressSchema,
  sourceAs: z.int().nullable(),
  destination: hostIdSchema,
  destinationAddress: ipAddressSchema,
  destinationAs: z.int().nullable(),
  contentId: contentIdSchema,
  title: titleIdSchema,
  bytes: byteCountSchema,
  startMs: timeMsSchema,
  endMs: timeMsSchema,
  averageRateBitsPerSecond: byteCountSchema,
  maxRateBitsPerSecond: byteCountSchema,
  bookedMs: timeMsSchema,
  reporter: z.string(),
  /** Null when no path is known: the event is unattributed. */
  path: z.object({ id: z.string(), components: z.array(z.string()) }).nullable(),
});
export type LedgerEvent = z.infer<typeof ledgerEventSchema>;

/** An event as an owner or an ISP gets to see it: null where a name is not for it. */
export const ownEventSchema = ledgerEventSchema
  .omit({ sourceAddress: true, destinationAddress: true, reporter: true })
  .extend({
    source: hostIdSchema.nullable(),
    sourceIsp: z.string().nullable(),
    destination: hostIdSchema.nullable(),
    destinationIsp: z.string().nullable(),
    contentId: contentIdSchema.nullable(),
    owner: z.string().nullable(),
    title: titleIdSchema.nullable(),
    path: z.object({ components: z.array(z.string()) }).nullable(),
  });
export type OwnEvent = z.infer<typeof ownEventSchema>;

const eventsQuery = z.object({
  transferId: transferIdSchema.optional(),
  afterId: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});

export const auditResultSchema = z.object({
  ok: z.boolean(),
  events: z.int(),
  bytes: byteCountSchema,
  /** Events whose networks are unknown, and their bytes. */
  unattributedEvents: z.int(),
  unattributedBytes: byteCountSchema,
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
  /** The first record that breaks conservation. */
  firstBreak: z.string().nullable(),
});
export type AuditResult = z.infer<typeof auditResultSchema>;

export const accountingEndpoints = {
  report: defineEndpoint({
    method: 'POST',
    path: '/v1/reports',
    trail: 'never',
    summary: 'Signed batch of transfer reports from an agent or an edge',
    body: reportBatchSchema,
    response: reportAnswerSchema,
  }),
  query: defineEndpoint({
    method: 'POST',
    scope: 'read',
    path: '/v1/queries',
    summary:
      'Ask the ledger: an owner about its titles, an ISP about what touches its networks; `explain` tells what was read for the answer (operator)',
    body: querySchema,
    response: queryResultSchema,
  }),
  listEvents: defineEndpoint({
    method: 'GET',
    path: '/v1/events',
    summary: 'Single events with their paths, in booking order (operator)',
    query: eventsQuery,
    response: z.object({ events: z.array(ledgerEventSchema) }),
  }),
  listOwnEvents: defineEndpoint({
    method: 'GET',
    path: '/v1/own-events',
    summary:
      'Single events of an owner’s titles, or that touch an ISP’s networks, in booking order; names as contracts allow, no addresses but of an ISP’s own clients',
    query: eventsQuery,
    response: z.object({ events: z.array(ownEventSchema) }),
  }),
  listRejections: defineEndpoint({
    method: 'GET',
    path: '/v1/rejections',
    summary: 'Reports that were refused, and why',
    query: z.object({ limit: z.coerce.number().int().min(1).max(1000).default(100) }),
    response: z.object({
      total: z.int(),
      rejections: z.array(
        z.object({
          reporter: z.string(),
          incarnation: z.string(),
          sequence: z.int(),
          code: z.string(),
          message: z.string(),
          bookedMs: timeMsSchema,
        }),
      ),
    }),
  }),
  listGaps: defineEndpoint({
    method: 'GET',
    path: '/v1/gaps',
    summary: 'Sequence numbers that reporters skipped; `after` is the id of the last one before',
    query: z.object({
      after: z
        .string()
        .regex(/^\d{1,15}-\d{1,16}$/, 'must be the id of a gap')
        .optional(),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    response: z.object({
      gaps: z.array(
        z.object({
          id: z.string(),
          reporter: z.string(),
          incarnation: z.string(),
          fromSequence: z.int(),
          toSequence: z.int(),
        }),
      ),
    }),
  }),
  audit: defineEndpoint({
    method: 'GET',
    path: '/v1/audit',
    summary: 'Prove conservation, or name the first record that breaks it',
    response: auditResultSchema,
  }),

  ...accountingNetworksEndpoints,
  ...accountingBeliefEndpoints,
  ...accountingBudgetEndpoints,
  ...accountingScheduleEndpoints,
  ...accountingSettlementEndpoints,
  ...auditTrailEndpoints,
};
