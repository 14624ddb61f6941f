import { z } from 'zod';
import {
  agentKeySchema,
  asnSchema,
  bitRateSchema,
  byteCountSchema,
  contentIdSchema,
  ispIdSchema,
  prefixSchema,
  publicKeySchema,
  slugSchema,
  titleIdSchema,
  transferIdSchema,
} from './identifiers.js';

/** `typ` headers of the tokens, so that one kind is never taken for another (RFC 8725 §3.11). */
export const tokenType = {
  grant: 'fairhop-grant+jwt',
  permit: 'fairhop-permit+jwt',
  edgeUrl: 'fairhop-edge-url+jwt',
  access: 'fairhop-access+jwt',
  audit: 'fairhop-audit+jwt',
} as const;

const jwtTimes = { iat: z.int().min(0), exp: z.int().min(0) };

/** What was ordered: which content of which title, so that a transfer can be booked from the order alone. */
const orderedContent = {
  content: contentIdSchema,
  title: titleIdSchema,
  category: z.string().max(64),
  sizeBytes: byteCountSchema,
};

/** The coordinator's order for one transfer between two agents; `jti` is the transfer id, `aud` the uploader. */
export const grantClaimsSchema = z.object({
  jti: transferIdSchema,
  iss: z.string().min(1).max(128),
  aud: agentKeySchema,
  ...jwtTimes,
  ...orderedContent,
  uploader: agentKeySchema,
  downloader: agentKeySchema,
  maxBytes: byteCountSchema,
  rateBitsPerSecond: bitRateSchema,
  /**
   * The uploader's permit with those of its networks that hold the uploader's address; a receiver counts bytes that come
   * from outside it as uploads without permit.
   */
  permit: z.object({
    id: z.string().min(1).max(128),
    isp: ispIdSchema,
    networks: z.array(prefixSchema).min(1).max(16),
  }),
  /**
   * The AS of each end as the coordinator saw it in its session; null is outside every known prefix, absent is not told. What an
   * end's address is, the other end or it itself says: accounting attributes it to a network only where this one agrees.
   */
  uploaderAsn: asnSchema.nullable().optional(),
  downloaderAsn: asnSchema.nullable().optional(),
});
export type GrantClaims = z.infer<typeof grantClaimsSchema>;

/** On one way; a token in a URL has to stay short. */
export const MAX_POLICIES_OF_TRANSFER = 8;

/** An expiring order for one transfer from one edge; `aud` is the edge id. `client` is absent for plain HTTP clients. */
export const edgeUrlClaimsSchema = z.object({
  jti: transferIdSchema,
  iss: z.string().min(1).max(128),
  aud: z.string().min(1).max(128),
  ...jwtTimes,
  ...orderedContent,
  client: agentKeySchema.optional(),
  /** Policies on the way to the client, and what the edge may send under each until the coordinator tells it another rate. */
  limits: z
    .array(z.object({ policy: slugSchema, rateBitsPerSecond: bitRateSchema }))
    .max(MAX_POLICIES_OF_TRANSFER)
    .optional(),
});
export type EdgeUrlClaims = z.infer<typeof edgeUrlClaimsSchema>;

/** The accounting service in `aud` of access tokens. */
export const ACCOUNTING_AUDIENCE = 'accounting';

/** Lets a session's agent or a registered edge call other services; they trust the coordinator's key only. */
export const accessClaimsSchema = z.object({
  iss: z.string().min(1).max(128),
  /** `ACCOUNTING_AUDIENCE`; for edges the coordinator's id too. */
  aud: z.union([z.string().min(1).max(128), z.array(z.string().min(1).max(128)).max(4)]),
  ...jwtTimes,
  role: z.enum(['agent', 'edge']),
  /** Ed25519 key of the bearer; the bearer signs what it reports with it. */
  sub: publicKeySchema,
  /** Edge id, for edges. */
  edge: z.string().min(1).max(128).optional(),
  asn: asnSchema.optional(),
});
export type AccessClaims = z.infer<typeof accessClaimsSchema>;

/** Asks an edge for the keyed hash of a range, to compare an agent's answer with; `aud` is the edge id. */
export const auditClaimsSchema = z.object({
  jti: z.uuid(),
  iss: z.string().min(1).max(128),
  aud: z.string().min(1).max(128),
  ...jwtTimes,
  content: contentIdSchema,
  piece: z.int().min(0),
  offset: z.int().min(0),
  lengthBytes: z.int().min(1).max(65_536),
  nonce: z.string().regex(/^[0-9a-f]{64}$/),
});
export type AuditClaims = z.infer<typeof auditClaimsSchema>;
