import { z } from 'zod';
import {
  agreementSchema,
  altoCostMapSchema,
  altoMapsSchema,
  altoNetworkMapSchema,
  asnSchema,
  ispIdSchema,
  ownerIdSchema,
  publicKeySchema,
  roleSchema,
  scopeSchema,
  slugSchema,
  timeMsSchema,
} from '../model/index.js';
import { defineEndpoint } from './endpoint.js';

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

const mapUrlSchema = z.url({ protocol: /^https?$/ }).max(2_000);
/** An ISP's ALTO maps: where they come from, and how they are. */
export const altoStateSchema = z.object({
  isp: ispIdSchema,
  /** Where they are fetched; absent where the ISP gave them itself. */
  url: z.string().optional(),
  costMapUrl: z.string().optional(),
  /** Of the network map. */
  tag: z.string(),
  costMode: z.enum(['numerical', 'ordinal']),
  pids: z.int(),
  prefixes: z.int(),
  /** False when nobody confirmed them for too long: costs go by AS hops again. */
  isInForce: z.boolean(),
  /** When they were given, or when their server last said that they hold. */
  confirmedMs: timeMsSchema,
  /** The latest request failed. */
  failure: z.object({ timeMs: timeMsSchema, code: z.string(), message: z.string() }).optional(),
});

/** Owners and ISPs at the coordinator: their API keys, agreements, permit keys and ALTO maps. */
export const coordinatorAccountEndpoints = {
  /** How another service learns whose key was presented to it (token introspection, RFC 7662). */
  whoAmI: defineEndpoint({
    method: 'GET',
    path: '/v1/whoami',
    scope: 'any',
    summary: 'Who the bearer token belongs to (whoever it is)',
    response: z.object({
      kind: z.enum(['operator', 'owner', 'isp', 'edge']),
      id: z.string(),
      /** Absent: all that its kind may do. */
      scopes: z.array(scopeSchema).optional(),
      /** `user:<id>` or `key:<id>`. */
      actor: z.string().optional(),
      /** When the token ends, unless it is revoked before: of a session where nothing uses it until then. Absent: never. */
      expiresMs: timeMsSchema.optional(),
      /** Of a user. */
      email: z.string().optional(),
      role: roleSchema.optional(),
    }),
  }),
  putOwner: defineEndpoint({
    method: 'PUT',
    path: '/v1/owners/:owner',
    summary: 'Register a content owner (operator)',
    params: ownerParams,
    body: z.strictObject({ name: z.string().min(1).max(200) }),
    response: z.object({ owner: ownerIdSchema, name: z.string() }),
  }),
  getOwner: defineEndpoint({
    method: 'GET',
    path: '/v1/owners/:owner',
    summary: 'A content owner (itself or the operator)',
    params: ownerParams,
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
    scope: 'admin',
    path: '/v1/owners/:owner/api-keys',
    summary: 'New API key of an owner (operator)',
    params: ownerParams,
    response: apiKeySchema,
  }),
  listOwnerApiKeys: defineEndpoint({
    method: 'GET',
    scope: 'admin',
    path: '/v1/owners/:owner/api-keys',
    summary: 'API keys of an owner, without the keys themselves (operator)',
    params: ownerParams,
    response: apiKeysSchema,
  }),
  deleteOwnerApiKey: defineEndpoint({
    method: 'DELETE',
    scope: 'admin',
    path: '/v1/owners/:owner/api-keys/:keyId',
    summary: 'End an API key of an owner at once (operator)',
    params: ownerParams.extend({ keyId: apiKeyIdSchema }),
    response: deletedApiKeySchema,
  }),
  createIspApiKey: defineEndpoint({
    method: 'POST',
    scope: 'admin',
    path: '/v1/isps/:isp/api-keys',
    summary: 'New API key of an ISP (operator)',
    params: ispParams,
    response: apiKeySchema,
  }),
  listIspApiKeys: defineEndpoint({
    method: 'GET',
    scope: 'admin',
    path: '/v1/isps/:isp/api-keys',
    summary: 'API keys of an ISP, without the keys themselves (operator)',
    params: ispParams,
    response: apiKeysSchema,
  }),
  deleteIspApiKey: defineEndpoint({
    method: 'DELETE',
    scope: 'admin',
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
  putAlto: defineEndpoint({
    method: 'PUT',
    path: '/v1/isps/:isp/alto',
    summary:
      'Give the ISP’s ALTO network map and cost map (RFC 7285), which go before AS hops (the ISP or the operator)',
    params: ispParams,
    body: altoMapsSchema,
    response: altoStateSchema,
  }),
  putAltoUrl: defineEndpoint({
    method: 'PUT',
    path: '/v1/isps/:isp/alto-url',
    summary: 'Say where the ISP’s ALTO maps are fetched: a directory, or a network map and a cost map',
    params: ispParams,
    body: z.strictObject({ url: mapUrlSchema, costMapUrl: mapUrlSchema.optional() }),
    response: altoStateSchema,
  }),
  getAlto: defineEndpoint({
    method: 'GET',
    path: '/v1/isps/:isp/alto',
    summary: 'The ISP’s ALTO maps and how they are (the ISP or the operator)',
    params: ispParams,
    response: altoStateSchema.extend({ networkMap: altoNetworkMapSchema, costMap: altoCostMapSchema }),
  }),
  removeAlto: defineEndpoint({
    method: 'DELETE',
    path: '/v1/isps/:isp/alto',
    summary: 'Remove the ISP’s ALTO maps: costs go by AS hops',
    params: ispParams,
    response: z.object({ isp: ispIdSchema }),
  }),
};
