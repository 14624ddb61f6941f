import { z } from 'zod';
import {
  agreementSchema,
  asnSchema,
  byteCountSchema,
  contentIdSchema,
  deliveryRulesSchema,
  ispIdSchema,
  manifestSchema,
  originSchema,
  ownerIdSchema,
  publicKeySchema,
  signatureSchema,
  slugSchema,
  timeMsSchema,
  titleSchema,
} from '../model/index.js';
import { defineEndpoint } from './endpoint.js';

const titleParams = z.object({ owner: ownerIdSchema, name: slugSchema });
const ispParams = z.object({ isp: ispIdSchema });
const ownerParams = z.object({ owner: ownerIdSchema });
const apiKeyIdSchema = z
  .string()
  .regex(/^[0-9a-f]{16}$/, 'must be the 16 hex digits that the list of keys tells');
/** `id` names the key in lists and for its deletion; the key itself is told this once. */
const apiKeySchema = z.object({ id: apiKeyIdSchema, apiKey: z.string() });
export const apiKeyInfoSchema = z.object({ id: apiKeyIdSchema, createdMs: timeMsSchema });
const apiKeysSchema = z.object({ apiKeys: z.array(apiKeyInfoSchema) });
const deletedApiKeySchema = z.object({ keyId: apiKeyIdSchema });
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

export const publicationSchema = z.strictObject({
  fileName: titleSchema.shape.fileName,
  category: slugSchema.default('other'),
  mediaType: titleSchema.shape.mediaType.default('application/octet-stream'),
  metadata: titleSchema.shape.metadata,
  manifest: manifestSchema,
  origin: originSchema,
  rules: deliveryRulesSchema.default({ peersAllowed: true }),
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
  candidates: z.array(z.object({ agent: publicKeySchema, costClass: z.int(), granted: z.boolean() })),
  seed: z.string(),
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
    path: '/v1/titles/:owner/:name',
    summary: 'Publish a title (its owner or the operator); publishing the same content again changes nothing',
    params: titleParams,
    body: publicationSchema,
    response: titleSchema,
  }),
  withdraw: defineEndpoint({
    method: 'DELETE',
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

  putOwner: defineEndpoint({
    method: 'PUT',
    path: '/v1/owners/:owner',
    summary: 'Register a content owner (operator)',
    params: ownerParams,
    body: z.strictObject({ name: z.string().min(1).max(200) }),
    response: z.object({ owner: ownerIdSchema, name: z.string() }),
  }),
  listOwners: defineEndpoint({
    method: 'GET',
    path: '/v1/owners',
    summary: 'Content owners (operator)',
    response: z.object({ owners: z.array(z.object({ owner: ownerIdSchema, name: z.string() })) }),
  }),
  createOwnerApiKey: defineEndpoint({
    method: 'POST',
    path: '/v1/owners/:owner/api-keys',
    summary: 'New API key of an owner (operator)',
    params: ownerParams,
    response: apiKeySchema,
  }),
  listOwnerApiKeys: defineEndpoint({
    method: 'GET',
    path: '/v1/owners/:owner/api-keys',
    summary: 'API keys of an owner, without the keys themselves (operator)',
    params: ownerParams,
    response: apiKeysSchema,
  }),
  deleteOwnerApiKey: defineEndpoint({
    method: 'DELETE',
    path: '/v1/owners/:owner/api-keys/:keyId',
    summary: 'End an API key of an owner at once (operator)',
    params: ownerParams.extend({ keyId: apiKeyIdSchema }),
    response: deletedApiKeySchema,
  }),
  createIspApiKey: defineEndpoint({
    method: 'POST',
    path: '/v1/isps/:isp/api-keys',
    summary: 'New API key of an ISP (operator)',
    params: ispParams,
    response: apiKeySchema,
  }),
  listIspApiKeys: defineEndpoint({
    method: 'GET',
    path: '/v1/isps/:isp/api-keys',
    summary: 'API keys of an ISP, without the keys themselves (operator)',
    params: ispParams,
    response: apiKeysSchema,
  }),
  deleteIspApiKey: defineEndpoint({
    method: 'DELETE',
    path: '/v1/isps/:isp/api-keys/:keyId',
    summary: 'End an API key of an ISP at once (operator)',
    params: ispParams.extend({ keyId: apiKeyIdSchema }),
    response: deletedApiKeySchema,
  }),

  listIsps: defineEndpoint({
    method: 'GET',
    path: '/v1/isps',
    summary: 'ISPs that the AS graph knows, and how many agreements and permit keys each has',
    response: z.object({
      isps: z.array(
        z.object({
          id: ispIdSchema,
          name: z.string(),
          asns: z.array(asnSchema),
          agreements: z.int(),
          permitKeys: z.int(),
        }),
      ),
    }),
  }),
  listAgreements: defineEndpoint({
    method: 'GET',
    path: '/v1/isps/:isp/agreements',
    summary: 'Agreements of an ISP, withdrawn ones included',
    params: ispParams,
    response: z.object({ agreements: z.array(agreementSchema) }),
  }),
  putAgreement: defineEndpoint({
    method: 'PUT',
    path: '/v1/isps/:isp/agreements/:id',
    summary:
      'State or change an agreement (the ISP or the operator); its networks must lie in the ISP’s prefixes',
    params: ispParams.extend({ id: slugSchema }),
    body: agreementSchema.omit({ id: true, isp: true, withdrawnMs: true }),
    response: agreementSchema,
  }),
  withdrawAgreement: defineEndpoint({
    method: 'DELETE',
    path: '/v1/isps/:isp/agreements/:id',
    summary: 'Withdraw an agreement: uploads that it permits stop within 5 seconds',
    params: ispParams.extend({ id: slugSchema }),
    response: agreementSchema,
  }),
  putPermitKey: defineEndpoint({
    method: 'PUT',
    path: '/v1/isps/:isp/permit-keys/:keyId',
    summary: 'Register a key with which an ISP signs permits',
    params: ispParams.extend({ keyId: slugSchema }),
    body: z.strictObject({
      publicKey: publicKeySchema,
      permitUrl: z.url({ protocol: /^https?$/ }).optional(),
    }),
    response: z.object({
      isp: ispIdSchema,
      keyId: slugSchema,
      publicKey: publicKeySchema,
      permitUrl: z.string().optional(),
    }),
  }),
  removePermitKey: defineEndpoint({
    method: 'DELETE',
    path: '/v1/isps/:isp/permit-keys/:keyId',
    summary: 'Remove a permit key: permits signed with it end',
    params: ispParams.extend({ keyId: slugSchema }),
    response: z.object({ isp: ispIdSchema, keyId: slugSchema }),
  }),

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
    summary: 'An edge is alive at this URL; renews its access token and tells what was withdrawn',
    params: z.object({ id: edgeIdSchema }),
    body: z.strictObject({
      url: z.url({ protocol: /^https?$/ }),
      withdrawnRevision: z.int().min(0),
      ...edgeProof,
    }),
    response: accessSchema.extend({
      /** Contents whose state changed since `withdrawnRevision`. */
      changes: z.array(z.object({ contentId: contentIdSchema, state: titleSchema.shape.state })),
      withdrawnRevision: z.int(),
      accountingUrl: z.string().optional(),
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
