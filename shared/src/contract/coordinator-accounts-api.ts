import { z } from 'zod';
import {
  agreementSchema,
  asnSchema,
  ispIdSchema,
  ownerIdSchema,
  publicKeySchema,
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

/** Owners and ISPs at the coordinator: their API keys, agreements and permit keys. */
export const coordinatorAccountEndpoints = {
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
};
