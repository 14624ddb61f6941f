import { z } from 'zod';
import { agentKeySchema, quarantineSchema, timeMsSchema, transferIdSchema } from '../model/index.js';
import { defineEndpoint } from './endpoint.js';

const agentParams = z.object({ agent: agentKeySchema });

/** One random question to a downloader about a piece that it acknowledged. */
export const auditOutcomeSchema = z.object({
  id: z.uuid(),
  agent: agentKeySchema,
  contentId: z.string(),
  piece: z.int(),
  askedMs: timeMsSchema,
  /** `unanswered`: within the time-out; `unverifiable`: no edge could say what is right. */
  outcome: z.enum(['passed', 'failed', 'unanswered', 'unverifiable', 'pending']),
});
export type AuditOutcome = z.infer<typeof auditOutcomeSchema>;

/** Quarantine, audits and who was paired with whom. */
export const coordinatorTrustEndpoints = {
  putQuarantine: defineEndpoint({
    method: 'PUT',
    path: '/v1/quarantine/:agent',
    summary: 'Put an agent into quarantine, or change why and until when (operator, accounting)',
    params: agentParams,
    body: quarantineSchema.omit({ agent: true, sinceMs: true }),
    response: quarantineSchema,
  }),
  listQuarantine: defineEndpoint({
    method: 'GET',
    path: '/v1/quarantine',
    summary: 'Agents in quarantine, the newest first, with evidence (operator); total counts all of them',
    query: z.object({
      limit: z.coerce.number().int().min(1).max(1000).default(100),
      agent: agentKeySchema.optional(),
    }),
    response: z.object({ quarantine: z.array(quarantineSchema), total: z.int().min(0) }),
  }),
  /** Whoever is there from the first page to the last is in one of them, whatever comes and goes meanwhile. */
  pageQuarantine: defineEndpoint({
    method: 'GET',
    path: '/v1/quarantined-agents',
    summary:
      'All agents in quarantine by their keys, a page at a time, without evidence (operator, accounting)',
    query: z.object({
      limit: z.coerce.number().int().min(1).max(1000).default(1000),
      after: agentKeySchema.optional(),
    }),
    /** `next`: what `after` is of the page that follows; null after the last one. */
    response: z.object({ quarantine: z.array(quarantineSchema), next: agentKeySchema.nullable() }),
  }),
  releaseQuarantine: defineEndpoint({
    method: 'DELETE',
    path: '/v1/quarantine/:agent',
    summary: 'Release an agent (operator)',
    params: agentParams,
    response: z.object({ agent: agentKeySchema }),
  }),
  listAudits: defineEndpoint({
    method: 'GET',
    path: '/v1/audits',
    summary: 'Random audits, the newest first (operator)',
    query: z.object({
      limit: z.coerce.number().int().min(1).max(1000).default(100),
      agent: agentKeySchema.optional(),
    }),
    response: z.object({ audits: z.array(auditOutcomeSchema) }),
  }),
  /** Accounting asks whether pairs that are reported were ever drawn. */
  checkDraws: defineEndpoint({
    method: 'POST',
    scope: 'read',
    path: '/v1/draws/check',
    summary: 'Which of these transfers the coordinator has ordered (operator, accounting)',
    body: z.strictObject({ transferIds: z.array(transferIdSchema).min(1).max(1000) }),
    response: z.object({ unknown: z.array(transferIdSchema) }),
  }),
};
