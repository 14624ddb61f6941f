import { z } from 'zod';
import { keyScopeSchema, organisationSchema, roleSchema, timeMsSchema } from '../model/index.js';
import { defineEndpoint } from './endpoint.js';

/** As NIST SP 800-63B has it: length is what counts, no rules of composition. */
export const passwordSchema = z
  .string()
  .min(12, 'must have at least 12 characters')
  .max(256, 'must have at most 256 characters');
const emailSchema = z.email().max(254).toLowerCase();
const userIdSchema = z
  .string()
  .regex(/^[0-9a-f]{16}$/, 'must be the 16 hex digits that the list of users tells');
const keyIdSchema = z
  .string()
  .regex(/^[0-9a-f]{16}$/, 'must be the 16 hex digits that the list of keys tells');
const tokenSchema = z.string().min(1).max(200);
const userParams = z.object({ userId: userIdSchema });
const keyParams = z.object({ keyId: keyIdSchema });
const organisationQuery = z.object({
  kind: z.enum(['operator', 'owner', 'isp']).optional(),
  id: z.string().max(64).optional(),
});

export const userSchema = z.object({
  id: userIdSchema,
  email: z.string(),
  name: z.string(),
  organisation: organisationSchema,
  role: roleSchema,
  createdMs: timeMsSchema,
  /** False until it set one; it can still come in by the organisation’s identity provider. */
  hasPassword: z.boolean(),
});
export type User = z.infer<typeof userSchema>;

/** `token` is the bearer token. It ends when it is unused until `idleUntilMs`, which each use puts off, and at `expiresMs`. */
export const sessionSchema = z.object({
  token: z.string(),
  idleUntilMs: timeMsSchema,
  expiresMs: timeMsSchema,
  user: userSchema,
});

/** For whoever is to set a password: good once. */
export const resetSchema = z.object({ resetToken: z.string(), expiresMs: timeMsSchema });

export const scopedKeySchema = z.object({
  id: keyIdSchema,
  name: z.string(),
  organisation: organisationSchema,
  scopes: z.array(keyScopeSchema),
  createdMs: timeMsSchema,
  createdBy: z.string(),
  expiresMs: timeMsSchema.nullable(),
  /** Until when the secret before the latest rotation is good; null where there is none. */
  oldSecretUntilMs: timeMsSchema.nullable(),
});
export type ScopedKey = z.infer<typeof scopedKeySchema>;
/** The secret is told this once. */
const keyWithSecretSchema = scopedKeySchema.extend({ apiKey: z.string() });

/** Users with their sessions, and API keys of organisations. */
export const coordinatorUserEndpoints = {
  login: defineEndpoint({
    method: 'POST',
    path: '/v1/login',
    trail: 'always',
    summary: 'Begin a session by e-mail and password',
    body: z.strictObject({
      email: emailSchema,
      password: z.string().min(1).max(256),
      /** By default the one, of those that the e-mail is a user of, whose password it is. */
      organisation: organisationSchema.optional(),
    }),
    response: sessionSchema,
  }),
  logout: defineEndpoint({
    method: 'POST',
    path: '/v1/logout',
    scope: 'any',
    trail: 'always',
    summary: 'End the session whose token is sent',
    response: z.object({ ended: z.boolean() }),
  }),
  changePassword: defineEndpoint({
    method: 'PUT',
    path: '/v1/password',
    scope: 'any',
    trail: 'always',
    summary: 'Change the own password; other sessions end',
    body: z.strictObject({ current: z.string().min(1).max(256), next: passwordSchema }),
    response: z.object({ email: z.string() }),
  }),
  setPassword: defineEndpoint({
    method: 'POST',
    path: '/v1/password-resets/redeem',
    trail: 'always',
    summary: 'Set a password with a one-time token; all sessions end',
    body: z.strictObject({ resetToken: tokenSchema, password: passwordSchema }),
    response: z.object({ email: z.string() }),
  }),
  beginOidcLogin: defineEndpoint({
    method: 'POST',
    path: '/v1/oidc/logins',
    trail: 'never',
    summary: 'Begin a login at the operator’s identity provider: the browser is to open the URL',
    body: z.strictObject({
      /** Where the browser comes back to with `code`: loopback of who asks, or a page of the operator. */
      returnUrl: z.url({ protocol: /^https?$/ }).max(2_000),
      /** SHA-256 of a secret of who asks, in base64url (PKCE, RFC 7636): a code is of no use to others. */
      challenge: z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be a SHA-256 in base64url'),
    }),
    response: z.object({ url: z.string(), expiresMs: timeMsSchema }),
  }),
  oidcCallback: defineEndpoint({
    method: 'GET',
    path: '/v1/oidc/callback',
    trail: 'never',
    summary:
      'Where the identity provider sends the browser; it goes on to `returnUrl` with `code`, or with `error`',
    query: z.object({
      state: z.string().max(200),
      code: z.string().max(4_000).optional(),
      error: z.string().max(200).optional(),
      error_description: z.string().max(2_000).optional(),
      iss: z.string().max(2_000).optional(),
      session_state: z.string().max(2_000).optional(),
    }),
    response: z.object({ returnUrl: z.string() }),
  }),
  finishOidcLogin: defineEndpoint({
    method: 'POST',
    path: '/v1/oidc/sessions',
    trail: 'always',
    summary: 'Begin the session of a login at the identity provider, with the code that came back',
    body: z.strictObject({
      code: tokenSchema,
      verifier: z.string().min(43).max(128),
      /** Needed the first time, and for a user of several (`organisation-needed`): by default the one that was named before. */
      organisation: organisationSchema.optional(),
    }),
    response: sessionSchema,
  }),

  createUser: defineEndpoint({
    method: 'POST',
    path: '/v1/users',
    scope: 'admin',
    summary:
      'Add a user of the own organisation (the operator: of any); the one-time token lets it set its password',
    body: z.strictObject({
      email: emailSchema,
      name: z.string().min(1).max(200),
      /** By default the caller’s. */
      organisation: organisationSchema.optional(),
      role: roleSchema,
    }),
    response: userSchema.extend({ reset: resetSchema }),
  }),
  listUsers: defineEndpoint({
    method: 'GET',
    path: '/v1/users',
    scope: 'admin',
    summary: 'Users of the own organisation (the operator: of one or all)',
    query: organisationQuery,
    response: z.object({ users: z.array(userSchema) }),
  }),
  changeUser: defineEndpoint({
    method: 'PUT',
    path: '/v1/users/:userId',
    scope: 'admin',
    summary: 'Change a user’s name and role; its running sessions have the new role at once',
    params: userParams,
    body: z.strictObject({ name: z.string().min(1).max(200), role: roleSchema }),
    response: userSchema,
  }),
  removeUser: defineEndpoint({
    method: 'DELETE',
    path: '/v1/users/:userId',
    scope: 'admin',
    summary: 'Remove a user; its sessions end at once',
    params: userParams,
    response: z.object({ userId: userIdSchema }),
  }),
  resetPassword: defineEndpoint({
    method: 'POST',
    path: '/v1/users/:userId/password-reset',
    scope: 'admin',
    summary: 'One-time token with which a user sets a new password; earlier ones are void',
    params: userParams,
    response: resetSchema,
  }),

  createApiKey: defineEndpoint({
    method: 'POST',
    path: '/v1/api-keys',
    scope: 'admin',
    summary: 'New API key of the own organisation (the operator: of any)',
    body: z.strictObject({
      name: z.string().min(1).max(200),
      organisation: organisationSchema.optional(),
      scopes: z.array(keyScopeSchema).min(1).max(8),
      expiresMs: timeMsSchema.optional(),
    }),
    response: keyWithSecretSchema,
  }),
  listApiKeys: defineEndpoint({
    method: 'GET',
    path: '/v1/api-keys',
    scope: 'admin',
    summary: 'API keys of the own organisation (the operator: of one or all), without their secrets',
    query: organisationQuery,
    response: z.object({ apiKeys: z.array(scopedKeySchema) }),
  }),
  rotateApiKey: defineEndpoint({
    method: 'POST',
    path: '/v1/api-keys/:keyId/rotate',
    scope: 'admin',
    summary: 'New secret for an API key; the old one stays good for some hours',
    params: keyParams,
    body: z.strictObject({ keepOldHours: z.int().min(0).max(720).default(24) }),
    response: keyWithSecretSchema,
  }),
  revokeApiKey: defineEndpoint({
    method: 'DELETE',
    path: '/v1/api-keys/:keyId',
    scope: 'admin',
    summary: 'End an API key at once',
    params: keyParams,
    response: z.object({ keyId: keyIdSchema }),
  }),
};
