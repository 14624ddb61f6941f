import { z } from 'zod';
import {
  agentKeySchema,
  asnSchema,
  bitRateSchema,
  byteCountSchema,
  contentIdSchema,
  ipAddressSchema,
  permitSchema,
  policyNoticeSchema,
  publicKeySchema,
  signatureSchema,
  timeMsSchema,
  titleIdSchema,
  transferIdSchema,
} from '../model/index.js';

/**
 * The agent's session: JSON text messages over a WebSocket at `/v1/session`. The coordinator opens with `challenge`,
 * the agent proves its key with `hello`, the coordinator answers `welcome` or `error` and closes.
 */
export const SESSION_PATH = '/v1/session';
export const SESSION_PROTOCOL_VERSION = 1;
/** A full bitfield of 65,536 pieces is 11 KiB in base64, a session description under 8 KiB. */
export const MAX_SESSION_MESSAGE_BYTES = 64 * 1024;
/** Grants come with their tokens, at most 64 of them. */
export const MAX_COORDINATOR_MESSAGE_BYTES = 512 * 1024;

/** Keys that a coordinator has in use and had in the last months. */
export const MAX_PUBLISHED_KEYS = 33;

/** Read and hashed within milliseconds. */
export const MAX_AUDIT_BYTES = 64 * 1024;
const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);
const bitfieldSchema = z.base64().max(12_000);
/** Session description or ICE candidate as simple-peer gives it, serialised by the agent; opaque to the coordinator. */
const signalSchema = z.string().min(2).max(16_384);

/** Whether the agent would upload right now. It repeats the permit it was told, and says why when it would not. */
export const readinessSchema = z.strictObject({
  ready: z.boolean(),
  reasons: z.array(z.string().max(200)).max(16),
  permitId: z.string().max(128).optional(),
  /** Uploads at once in all, those that are running included. */
  slots: z.int().min(0).max(256),
  rateBitsPerSecond: bitRateSchema,
  /** What is left of the user's monthly volume. */
  bytesLeft: byteCountSchema,
});
export type Readiness = z.infer<typeof readinessSchema>;

export const agentMessageSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('hello'),
    protocolVersion: z.int(),
    agent: agentKeySchema,
    /** Over crypto/domain.ts sessionProofBytes. */
    signature: signatureSchema,
    software: z.string().max(100),
    /** Permit that the ISP signed for this subscriber, if the agent has one. */
    permitToken: z.string().max(16_384).optional(),
  }),
  z.strictObject({ type: z.literal('readiness'), readiness: readinessSchema }),
  z.strictObject({ type: z.literal('permit-token'), permitToken: z.string().max(16_384) }),
  /** What the agent holds of a content and whether it wants the rest; replaces what it said before. */
  z.strictObject({
    type: z.literal('holding'),
    contentId: contentIdSchema,
    pieces: z.union([z.literal('all'), bitfieldSchema]),
    wants: z.boolean(),
  }),
  z.strictObject({
    type: z.literal('have'),
    contentId: contentIdSchema,
    pieces: z.array(z.int().min(0)).min(1).max(1024),
  }),
  z.strictObject({ type: z.literal('leave'), contentId: contentIdSchema }),
  z.strictObject({
    type: z.literal('find-sources'),
    requestId: z.int().min(0),
    title: titleIdSchema,
    maxPeers: z.int().min(0).max(64),
    /** Peers already connected or found bad. */
    exclude: z.array(agentKeySchema).max(256),
    bytesWanted: byteCountSchema,
  }),
  z.strictObject({ type: z.literal('signal'), transferId: transferIdSchema, signal: signalSchema }),
  /** Live load, soft state: cumulative payload bytes of running transfers, and the other end's address as seen here. */
  z.strictObject({
    type: z.literal('progress'),
    transfers: z
      .array(
        z.strictObject({
          transferId: transferIdSchema,
          bytes: byteCountSchema,
          remoteAddress: ipAddressSchema.optional(),
        }),
      )
      .min(1)
      .max(256),
  }),
  z.strictObject({ type: z.literal('release'), transferId: transferIdSchema, reason: z.string().max(200) }),
  /** HMAC-SHA256 of the range with the audit's nonce as its key; absent when the agent holds it no more. */
  z.strictObject({ type: z.literal('audit-answer'), auditId: z.uuid(), digest: sha256Schema.optional() }),
  z.strictObject({
    type: z.literal('bad-data'),
    transferId: transferIdSchema,
    piece: z.int().min(0),
    blocks: z.array(z.int().min(0)).max(1024),
  }),
]);
export type AgentMessage = z.infer<typeof agentMessageSchema>;

export const peerSourceSchema = z.object({
  agent: agentKeySchema,
  transferId: transferIdSchema,
  grant: z.string(),
  asn: asnSchema,
  isp: z.string(),
  onNet: z.boolean(),
  /** 0 is the cheapest. */
  costClass: z.int().min(0),
  rateBitsPerSecond: bitRateSchema,
  maxBytes: byteCountSchema,
  expiresMs: timeMsSchema,
});
export type PeerSource = z.infer<typeof peerSourceSchema>;

export const edgeSourceSchema = z.object({
  edge: z.string(),
  transferId: transferIdSchema,
  /** Content URL with its expiring token in the query. */
  url: z.url(),
  asn: asnSchema.nullable(),
  isp: z.string().nullable(),
  expiresMs: timeMsSchema,
});
export type EdgeSource = z.infer<typeof edgeSourceSchema>;

export const coordinatorMessageSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('challenge'),
    coordinator: z.string(),
    publicKey: publicKeySchema,
    nonce: z.string().min(22).max(64),
    timeMs: timeMsSchema,
  }),
  z.object({
    type: z.literal('welcome'),
    /** The address that the coordinator sees, and what it derives from it; null outside every known prefix. */
    address: ipAddressSchema,
    asn: asnSchema.nullable(),
    isp: z.string().nullable(),
    timeMs: timeMsSchema,
    permit: permitSchema.nullable(),
    permitReason: z.string().optional(),
    /** Where this ISP hands out permits to its subscribers, if it told the coordinator. */
    permitUrl: z.string().optional(),
    accountingUrl: z.string().nullable(),
    accessToken: z.string(),
    accessExpiresMs: timeMsSchema,
    /** All keys that sign grants in force; the one in use first. */
    publicKeys: z.array(publicKeySchema).min(1).max(MAX_PUBLISHED_KEYS),
  }),
  /** Another key signs from now on: these are good, in place of those told before. */
  z.object({
    type: z.literal('signing-keys'),
    publicKeys: z.array(publicKeySchema).min(1).max(MAX_PUBLISHED_KEYS),
  }),
  z.object({ type: z.literal('access-token'), accessToken: z.string(), accessExpiresMs: timeMsSchema }),
  z.object({ type: z.literal('permit'), permit: permitSchema.nullable(), reason: z.string() }),
  z.object({
    type: z.literal('sources'),
    requestId: z.int(),
    contentId: contentIdSchema,
    peers: z.array(peerSourceSchema),
    edges: z.array(edgeSourceSchema),
    /**
     * On-net agents that want this content and may upload it to each other, the asker included: rendezvous hashing over
     * them names the one that fetches a piece from outside. Empty: fetch for yourself.
     */
    onNetFetchers: z.array(agentKeySchema),
    /** Agents of the whole swarm, for progress. */
    swarmSize: z.int(),
    /** Policies that limit what comes from these sources, where there is no way around. */
    limitedBy: z.array(policyNoticeSchema).optional(),
  }),
  /** New agents joined: asking for sources again is worth it. */
  z.object({ type: z.literal('swarm-changed'), contentId: contentIdSchema }),
  z.object({
    type: z.literal('signal'),
    transferId: transferIdSchema,
    from: agentKeySchema,
    signal: z.string(),
  }),
  z.object({ type: z.literal('revoke'), transferId: transferIdSchema, reason: z.string() }),
  /** The rate from now on, never above the grant's; it may rise again. To the uploader it may come before the transfer begins. */
  z.object({ type: z.literal('lower'), transferId: transferIdSchema, rateBitsPerSecond: bitRateSchema }),
  z.object({ type: z.literal('withdrawn'), contentId: contentIdSchema }),
  /** Prove within seconds that you hold what you acknowledged. */
  z.object({
    type: z.literal('audit'),
    auditId: z.uuid(),
    contentId: contentIdSchema,
    piece: z.int().min(0),
    offset: z.int().min(0),
    lengthBytes: z.int().min(1).max(MAX_AUDIT_BYTES),
    nonce: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  /** Edges only from now on, and no uploads; null: not any more. */
  z.object({
    type: z.literal('quarantine'),
    quarantine: z.object({ reasons: z.array(z.string()), untilMs: timeMsSchema.nullable() }).nullable(),
  }),
  z.object({
    type: z.literal('error'),
    code: z.string(),
    message: z.string(),
    requestId: z.int().optional(),
  }),
]);
export type CoordinatorMessage = z.infer<typeof coordinatorMessageSchema>;
