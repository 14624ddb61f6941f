import { z } from 'zod';
import {
  agentKeySchema,
  byteCountSchema,
  contentIdSchema,
  hostIdSchema,
  ipAddressSchema,
  signatureSchema,
  timeMsSchema,
  titleIdSchema,
  transferIdSchema,
} from './identifiers.js';

export const BIN_MS = 5 * 60_000;
export const binOf = (timeMs: number): number => timeMs - (timeMs % BIN_MS);

/** A part is cut at the latest this long after it began, so that the ledger is never far behind. */
export const MAX_PART_MS = 60_000;

export const transferKindSchema = z.enum([
  'edge-to-client',
  'client-to-client',
  'edge-to-edge',
  'origin-to-edge',
]);
export type TransferKind = z.infer<typeof transferKindSchema>;

/** Parts of one transfer: over a year of one-minute parts. */
const partSchema = z.int().min(0).max(1_000_000);

/** Binary receipt (193 bytes, crypto/receipt.ts), base64url. */
export const encodedReceiptSchema = z
  .string()
  .length(258)
  .regex(/^[A-Za-z0-9_-]+$/);

/**
 * One part of a client→client transfer, as its downloader reports it: the bytes between two of its signed cumulative
 * receipts. `from` is the last receipt of the part before (absent in part 0, which starts with 0 bytes at `startMs`).
 */
export const peerTransferRecordSchema = z.strictObject({
  type: z.literal('peer-transfer'),
  /** The grant JWT; its `jti` is the transfer id. */
  grant: z.string().min(1).max(16_384),
  part: partSchema,
  startMs: timeMsSchema,
  from: encodedReceiptSchema.optional(),
  to: encodedReceiptSchema,
  /** Each end's address as the other end sees it in the selected ICE pair. */
  uploaderAddress: ipAddressSchema,
  downloaderAddress: ipAddressSchema,
  /** Highest rate over a one-second window. */
  maxRateBitsPerSecond: byteCountSchema,
  last: z.boolean(),
});
export type PeerTransferRecord = z.infer<typeof peerTransferRecordSchema>;

/** One part of a transfer that an edge took part in, as the edge reports it. */
export const edgeTransferRecordSchema = z.strictObject({
  type: z.literal('edge-transfer'),
  kind: z.enum(['edge-to-client', 'edge-to-edge', 'origin-to-edge']),
  transferId: transferIdSchema,
  part: partSchema,
  source: hostIdSchema,
  sourceAddress: ipAddressSchema,
  destination: hostIdSchema,
  destinationAddress: ipAddressSchema,
  content: contentIdSchema,
  title: titleIdSchema,
  category: z.string().max(64),
  sizeBytes: byteCountSchema,
  bytes: byteCountSchema.min(1),
  startMs: timeMsSchema,
  endMs: timeMsSchema,
  maxRateBitsPerSecond: byteCountSchema,
});
export type EdgeTransferRecord = z.infer<typeof edgeTransferRecordSchema>;

/** An agent's signed statement that it holds a whole content (crypto/domain.ts completionBytes). */
export const completionRecordSchema = z.strictObject({
  type: z.literal('completion'),
  agent: agentKeySchema,
  content: contentIdSchema,
  title: titleIdSchema,
  sizeBytes: byteCountSchema,
  timeMs: timeMsSchema,
  signature: signatureSchema,
});
export type CompletionRecord = z.infer<typeof completionRecordSchema>;

/** The uploader's last received receipt of a transfer: counter-evidence, never a ledger row. */
export const uploaderStatementSchema = z.strictObject({
  type: z.literal('uploader-statement'),
  grant: z.string().min(1).max(16_384),
  receipt: encodedReceiptSchema,
  sentBytes: byteCountSchema,
  downloaderAddress: ipAddressSchema,
});
export type UploaderStatement = z.infer<typeof uploaderStatementSchema>;

export const reportRecordSchema = z.discriminatedUnion('type', [
  peerTransferRecordSchema,
  edgeTransferRecordSchema,
  completionRecordSchema,
  uploaderStatementSchema,
]);
export type ReportRecord = z.infer<typeof reportRecordSchema>;

export const reportMessageSchema = z.strictObject({ sequence: z.int().min(0), record: reportRecordSchema });
export type ReportMessage = z.infer<typeof reportMessageSchema>;

/** Messages of one batch: enough for a busy edge's second, small enough for one short transaction. */
export const MAX_REPORT_MESSAGES = 5_000;

/**
 * A signed batch. (reporter, incarnation, sequence) only dedupes messages: `incarnation` is new with each data
 * directory, `sequence` grows by one with each message and gaps are listed.
 */
export const reportBatchSchema = z.strictObject({
  reporter: agentKeySchema,
  incarnation: z.uuid(),
  messages: z.array(reportMessageSchema).min(1).max(MAX_REPORT_MESSAGES),
});
export type ReportBatch = z.infer<typeof reportBatchSchema>;
