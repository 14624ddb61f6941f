import { z } from 'zod';
import { timeMsSchema } from '../model/index.js';
import { defineEndpoint } from './endpoint.js';

/** One write, or an attempt at one. Entries are never changed: each carries the digest of the one before it. */
export const auditEntrySchema = z.object({
  id: z.int().min(1),
  timeMs: timeMsSchema,
  /** Whose organisation; null where nobody was known yet, as in a login that failed. */
  kind: z.string().nullable(),
  organisation: z.string().nullable(),
  /** `user:<id>`, `key:<id>`, `token` for the operator's token of the service, or `login:<e-mail>`. */
  actor: z.string(),
  address: z.string(),
  method: z.string(),
  /** The endpoint with its parameters filled in, and the query. */
  path: z.string(),
  /** What was sent, secrets left out; null where it is longer than what is kept. */
  body: z.string().nullable(),
  /** SHA-256 of what was sent, secrets left out, as JSON; null without a body. */
  bodyDigest: z.string().nullable(),
  /** Of the answer. */
  status: z.int(),
  /** Stable code of a refusal. */
  code: z.string().nullable(),
  previousDigest: z.string(),
  /** SHA-256 over the JSON array of all fields before it. */
  digest: z.string(),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

/** The same in every service: each keeps its own. */
export const auditTrailEndpoints = {
  listAuditTrail: defineEndpoint({
    method: 'GET',
    path: '/v1/audit-trail',
    scope: 'admin',
    summary:
      'Writes, the oldest first: all of them for the operator, else those of the own organisation (administrators)',
    query: z.object({
      afterId: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(1_000).default(100),
      actor: z.string().max(300).optional(),
    }),
    response: z.object({ entries: z.array(auditEntrySchema) }),
  }),
};
