import { z } from 'zod';
import {
  agentKeySchema,
  beliefSchema,
  byteCountSchema,
  quarantineSchema,
  suspicionSchema,
  timeMsSchema,
  transferIdSchema,
} from '../model/index.js';
import { defineEndpoint } from './endpoint.js';

const page = {
  afterId: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
};

/** One appended move of bytes of a transfer from one state to another. */
export const beliefMoveSchema = z.object({
  id: z.int(),
  transferId: transferIdSchema,
  fromBytes: byteCountSchema,
  toBytes: byteCountSchema,
  from: beliefSchema.nullable(),
  to: beliefSchema,
  reason: z.string(),
  movedMs: timeMsSchema,
});
export type BeliefMove = z.infer<typeof beliefMoveSchema>;

/** Both words about one transfer. */
export const transferBeliefSchema = z.object({
  transferId: transferIdSchema,
  uploader: agentKeySchema,
  downloader: agentKeySchema,
  /** Highest cumulative bytes that the downloader signed and reported. */
  downloaderBytes: byteCountSchema,
  /** Highest bytes that the uploader signed as sent; null while it said nothing. */
  uploaderBytes: byteCountSchema.nullable(),
  /** The downloader's highest receipt that the uploader showed; null while it showed none. */
  receiptBytes: byteCountSchema.nullable(),
  isUploaderDone: z.boolean(),
  settledBytes: byteCountSchema,
  claimedBytes: byteCountSchema,
  disputedBytes: byteCountSchema,
  droppedBytes: byteCountSchema,
  firstMs: timeMsSchema,
  lastMs: timeMsSchema,
});
export type TransferBelief = z.infer<typeof transferBeliefSchema>;

/** Signed statements of one agent that cannot both be true. */
export const contradictionSchema = z.object({
  id: z.int(),
  agent: agentKeySchema,
  transferId: transferIdSchema,
  /** `receipt-fork`, `receipt-rewritten`, `statement-fork`, `statement-rewritten`. */
  kind: z.string(),
  statements: z.tuple([z.string(), z.string()]),
  foundMs: timeMsSchema,
});
export type Contradiction = z.infer<typeof contradictionSchema>;

export const suspectSchema = z.object({
  agent: agentKeySchema,
  score: z.int().min(0).max(100),
  suspicions: z.array(suspicionSchema),
  /** Distinct agents that it differs with, and with whom it does not. */
  disputedCounterparts: z.int(),
  settledCounterparts: z.int(),
  quarantine: quarantineSchema.nullable(),
});
export type Suspect = z.infer<typeof suspectSchema>;

export const accountingBeliefEndpoints = {
  getTransferBelief: defineEndpoint({
    method: 'GET',
    path: '/v1/transfers/:transferId/belief',
    summary: 'What both sides said of a transfer, what is believed of it, and every move of that',
    params: z.object({ transferId: transferIdSchema }),
    response: z.object({ belief: transferBeliefSchema, moves: z.array(beliefMoveSchema) }),
  }),
  listDisputes: defineEndpoint({
    method: 'GET',
    path: '/v1/disputes',
    summary: 'Transfers whose sides differ, the newest first, with both claims',
    query: z.object({ limit: page.limit, agent: agentKeySchema.optional() }),
    response: z.object({ disputes: z.array(transferBeliefSchema) }),
  }),
  listContradictions: defineEndpoint({
    method: 'GET',
    path: '/v1/contradictions',
    summary: 'Signed statements that prove a rewritten history',
    query: z.object({ ...page, agent: agentKeySchema.optional() }),
    response: z.object({ contradictions: z.array(contradictionSchema) }),
  }),
  listSuspects: defineEndpoint({
    method: 'GET',
    path: '/v1/suspects',
    summary: 'Agents under suspicion, the highest score first, with evidence',
    query: z.object({ limit: page.limit }),
    response: z.object({ suspects: z.array(suspectSchema) }),
  }),
};
