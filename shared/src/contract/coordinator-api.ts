import { z } from 'zod';
import {
  asnSchema,
  byteCountSchema,
  contentIdSchema,
  deliveryRulesSchema,
  manifestSchema,
  originSchema,
  ownerIdSchema,
  publicKeySchema,
  signatureSchema,
  slugSchema,
  timeMsSchema,
  titleSchema,
} from '../model/index.js';
import { auditTrailEndpoints } from './audit-trail-api.js';
import { coordinatorAccountEndpoints } from './coordinator-accounts-api.js';
import {
  budgetActionSchema,
  coordinatorBudgetEndpoints,
  edgeBudgetsSchema,
} from './coordinator-budget-api.js';
import { coordinatorKeyEndpoints } from './coordinator-keys-api.js';
import {
  coordinatorPolicyEndpoints,
  drawPolicySchema,
  edgeLimitSchema,
  edgeTransferSchema,
  MAX_EDGE_TRANSFERS,
} from './coordinator-policy-api.js';
import { coordinatorUserEndpoints } from './coordinator-users-api.js';
import { defineEndpoint } from './endpoint.js';

const titleParams = z.object({ owner: ownerIdSchema, name: slugSchema });
const edgeIdSchema = slugSchema;

export const coordinatorInfoSchema = z.object({
  id: z.string(),
  publicKey: publicKeySchema,
  timeMs: timeMsSchema,
  accountingUrl: z.string().optional(),
});

/** RFC 7517 key set with RFC 8037 OKP keys. */
export const jwksSchema = z.object({
  keys: z.array(
    z.object({
      kty: z.literal('OKP'),
      crv: z.literal('Ed25519'),
      x: publicKeySchema,
      kid: z.string(),
      alg: z.string().optional(),
      use: z.string().optional(),
    }),
  ),
});

/**
 * What is left out is as it was when a title of that name was published before; else the category is `other`, the media
 * type `application/octet-stream`, and peers are allowed everywhere.
 */
export const publicationSchema = z.strictObject({
  fileName: titleSchema.shape.fileName,
  category: slugSchema.optional(),
  mediaType: titleSchema.shape.mediaType.optional(),
  metadata: titleSchema.shape.metadata.unwrap().optional(),
  manifest: manifestSchema,
  origin: originSchema,
  rules: deliveryRulesSchema.optional(),
});
export type Publication = z.infer<typeof publicationSchema>;

/** What an edge, and nobody else, learns of a content. */
export const contentSourceSchema = z.object({
  manifest: manifestSchema,
  origin: originSchema,
  title: titleSchema,
});

export const edgeSchema = z.object({
  id: edgeIdSchema,
  key: publicKeySchema,
  url: z.url(),
  address: z.string(),
  asn: asnSchema.nullable(),
  isp: z.string().nullable(),
  lastSeenMs: timeMsSchema,
});
export type EdgeInfo = z.infer<typeof edgeSchema>;

/** `signature` is over crypto/domain.ts edgeProofBytes({ coordinator, edge, url, timeMs }). */
const edgeProof = { timeMs: timeMsSchema, signature: signatureSchema };
const accessSchema = z.object({ accessToken: z.string(), expiresMs: timeMsSchema });

export const drawSchema = z.object({
  timeMs: timeMsSchema,
  downloader: publicKeySchema,
  contentId: contentIdSchema,
  /** Candidates by cost class in the order drawn; `granted` ones got a grant. */
  candidates: z.array(
    z.object({
      agent: publicKeySchema,
      costClass: z.int(),
      /** What the class rests on: the ISP's map, or AS hops by BGP or inferred; `on-net` needs no path. */
      costBasis: z.enum(['same-address', 'on-net', 'alto', 'bgp', 'inferred', 'unknown']).optional(),
      granted: z.boolean(),
    }),
  ),
  seed: z.string(),
  policies: z.array(drawPolicySchema).optional(),
  /**
   * A budget of the owner that kept all or some sources away. Of an owner one such entry a minute is kept: `count` clients were kept
   * away since the one before, this one included.
   */
  budget: z
    .object({ id: slugSchema, action: budgetActionSchema, count: z.int().min(1).default(1) })
    .optional(),
});

export const coordinatorEndpoints = {
  info: defineEndpoint({
    method: 'GET',
    path: '/v1/coordinator',
    summary: 'Who this coordinator is, and its time',
    response: coordinatorInfoSchema,
  }),
  jwks: defineEndpoint({
    method: 'GET',
    path: '/.well-known/jwks.json',
    summary: 'Keys that verify grants and tokens',
    response: jwksSchema,
  }),

  listTitles: defineEndpoint({
    method: 'GET',
    path: '/v1/titles',
    summary: 'Published titles',
    query: z.object({ owner: ownerIdSchema.optional() }),
    response: z.object({ titles: z.array(titleSchema) }),
  }),
  getTitle: defineEndpoint({
    method: 'GET',
    path: '/v1/titles/:owner/:name',
    summary: 'One title',
    params: titleParams,
    response: titleSchema,
  }),
  publish: defineEndpoint({
    method: 'PUT',
    scope: 'publish',
    path: '/v1/titles/:owner/:name',
    summary: 'Publish a title (its owner or the operator); publishing the same content again changes nothing',
    params: titleParams,
    body: publicationSchema,
    response: titleSchema,
  }),
  withdraw: defineEndpoint({
    method: 'DELETE',
    scope: 'publish',
    path: '/v1/titles/:owner/:name',
    summary: 'Withdraw a title: running transfers end, nobody gets it any more',
    params: titleParams,
    response: titleSchema,
  }),
  getManifest: defineEndpoint({
    method: 'GET',
    path: '/v1/contents/:contentId/manifest',
    summary: 'Sizes and hashes of a content',
    params: z.object({ contentId: contentIdSchema }),
    response: manifestSchema,
  }),
  getContentSource: defineEndpoint({
    method: 'GET',
    path: '/v1/contents/:contentId/source',
    summary: 'Manifest and origin of a content (edges)',
    params: z.object({ contentId: contentIdSchema }),
    response: contentSourceSchema,
  }),

  ...coordinatorAccountEndpoints,
  ...coordinatorKeyEndpoints,
  ...coordinatorPolicyEndpoints,
  ...coordinatorBudgetEndpoints,
  ...coordinatorUserEndpoints,
  ...auditTrailEndpoints,

  createJoinToken: defineEndpoint({
    method: 'POST',
    path: '/v1/edge-join-tokens',
    summary: 'One-time token with which one edge registers (operator)',
    response: z.object({ joinToken: z.string(), expiresMs: timeMsSchema }),
  }),
  registerEdge: defineEndpoint({
    method: 'POST',
    path: '/v1/edges',
    summary: 'Register an edge’s key with a join token',
    body: z.strictObject({
      joinToken: z.string().max(200),
      id: edgeIdSchema,
      key: publicKeySchema,
      url: z.url({ protocol: /^https?$/ }),
      ...edgeProof,
    }),
    response: accessSchema,
  }),
  listEdges: defineEndpoint({
    method: 'GET',
    path: '/v1/edges',
    summary: 'Registered edges',
    response: z.object({ edges: z.array(edgeSchema) }),
  }),
  edgeHeartbeat: defineEndpoint({
    method: 'POST',
    path: '/v1/edges/:id/heartbeat',
    trail: 'never',
    summary: 'An edge is alive at this URL; renews its access token and tells what was withdrawn',
    params: z.object({ id: edgeIdSchema }),
    body: z.strictObject({
      url: z.url({ protocol: /^https?$/ }),
      withdrawnRevision: z.int().min(0),
      transfers: z.array(edgeTransferSchema).max(MAX_EDGE_TRANSFERS).optional(),
      ...edgeProof,
    }),
    response: accessSchema.extend({
      /** Contents whose state changed since `withdrawnRevision`. */
      changes: z.array(z.object({ contentId: contentIdSchema, state: titleSchema.shape.state })),
      withdrawnRevision: z.int(),
      accountingUrl: z.string().optional(),
      /** Present while policies are in force: in place of those told before. Transfers that were told and are in none have no limit. */
      limits: z.array(edgeLimitSchema).optional(),
      /** Present while budgets keep clients away: in place of what was told before. */
      budgets: edgeBudgetsSchema.optional(),
    }),
  }),

  status: defineEndpoint({
    method: 'GET',
    path: '/v1/status',
    summary: 'Sessions, swarms and running grants (operator)',
    response: z.object({
      sessions: z.int(),
      grants: z.int(),
      swarms: z.array(z.object({ contentId: contentIdSchema, agents: z.int(), complete: z.int() })),
      uploadBytesReported: byteCountSchema,
    }),
  }),
  listDraws: defineEndpoint({
    method: 'GET',
    path: '/v1/draws',
    summary: 'Latest draws of sources with their candidate sets, for audit (operator)',
    query: z.object({
      downloader: publicKeySchema.optional(),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    response: z.object({ draws: z.array(drawSchema) }),
  }),
};
