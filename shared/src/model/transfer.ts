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

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits');

/** Binary receipt (133 bytes, crypto/receipt.ts), base64url. */
export const encodedReceiptSchema = z
  .string()
  .length(178)
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

/**
 * What an uploader signs of a transfer: how much it has sent, and the last receipt that it got for it. Statements of a transfer are
 * a chain, as receipts are: two that have the same sequence and differ, or whose bytes go back, prove that history was rewritten.
 */
export const uploaderStatementSchema = z.strictObject({
  type: z.literal('uploader-statement'),
  grant: z.string().min(1).max(16_384),
  /** Of this transfer, from 0. */
  sequence: z.int().min(0).max(1_000_000),
  /** SHA-256 of the statement before (crypto/domain.ts uploaderStatementBytes), lower-case hex; of the first one, 64 zeros. */
  previousDigest: sha256Schema,
  /** Absent while none came. */
  receipt: encodedReceiptSchema.optional(),
  /** Payload that went into the channel; noted before it goes, so that a crash makes it at most one message too many. */
  sentBytes: byteCountSchema,
  timeMs: timeMsSchema,
  /** Nothing more is sent. */
  last: z.boolean(),
  downloaderAddress: ipAddressSchema,
  /** Over crypto/domain.ts uploaderStatementBytes. */
  signature: signatureSchema,
});
export type UploaderStatement = z.infer<typeof uploaderStatementSchema>;

const hopReplySchema = z.strictObject({
  address: ipAddressSchema,
  /** The name that the address has in DNS. */
  name: z
    .string()
    .max(253)
    .regex(/^[A-Za-z0-9._-]+$/)
    .optional(),
  roundTripMicros: z.int().min(0).max(60_000_000),
});

/** Initial TTLs are at most 255; tools stop at 30 or 64. */
const MAX_HOPS = 64;

export const natTypeSchema = z.enum([
  /** The mapped address is the host's own. */
  'none',
  /** One mapped address and port towards everyone (RFC 4787 endpoint-independent mapping). */
  'endpoint-independent',
  /** Another mapping towards another address or port: hole punching fails against the like. */
  'endpoint-dependent',
  'udp-blocked',
  'unknown',
]);
export type NatType = z.infer<typeof natTypeSchema>;

/**
 * A traceroute by one end of a transfer. It is kept beside the path and describes it; alone it makes and moves no billable
 * byte. `forward` is from the transfer's source to its destination; `reverse` never orders the path.
 */
export const pathEvidenceRecordSchema = z.strictObject({
  type: z.literal('path-evidence'),
  transferId: transferIdSchema,
  /** Of an agent: the grant, which names it as uploader (forward) or downloader (reverse). */
  grant: z.string().min(1).max(16_384).optional(),
  direction: z.enum(['forward', 'reverse']),
  tool: z.enum(['traceroute', 'tracepath', 'mtr', 'tracert']),
  protocol: z.enum(['udp', 'icmp', 'tcp']),
  startMs: timeMsSchema,
  endMs: timeMsSchema,
  /** The prober's address as the other end sees it, and the address probed. */
  sourceAddress: ipAddressSchema,
  destinationAddress: ipAddressSchema,
  reached: z.boolean(),
  /** In the order of their TTL; a silent hop has no replies. */
  hops: z
    .array(
      z.strictObject({ timeToLive: z.int().min(1).max(MAX_HOPS), replies: z.array(hopReplySchema).max(5) }),
    )
    .max(MAX_HOPS),
  /** What only the prober can see of its own side. */
  host: z
    .strictObject({
      privateAddress: ipAddressSchema.optional(),
      gateway: ipAddressSchema.optional(),
      mappedAddress: ipAddressSchema.optional(),
      natType: natTypeSchema.optional(),
    })
    .optional(),
});
export type PathEvidenceRecord = z.infer<typeof pathEvidenceRecordSchema>;

export const reportRecordSchema = z.discriminatedUnion('type', [
  peerTransferRecordSchema,
  edgeTransferRecordSchema,
  completionRecordSchema,
  uploaderStatementSchema,
  pathEvidenceRecordSchema,
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
