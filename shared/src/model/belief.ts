import { z } from 'zod';
import { agentKeySchema, timeMsSchema } from './identifiers.js';

/**
 * What is believed of bytes. Of the operator's own edges: `edge`. Between two agents: `claimed` by the downloader until its uploader
 * signed as much as sent, then `settled`; `disputed` when the uploader's last word is less; `dropped` when the hold time is over
 * and nobody confirmed it. States only move forward: claimed → settled | disputed | dropped, disputed → settled (a late
 * counterpart confirms) | dropped, dropped → settled. Settled and edge bytes are never taken back.
 */
export const beliefSchema = z.enum(['edge', 'settled', 'claimed', 'disputed', 'dropped']);
export type Belief = z.infer<typeof beliefSchema>;

/** A reason to suspect an agent, by one check. */
export const suspicionSchema = z.object({
  /** Stable name of the check: `receipt-fork`, `rate-above-access`, `pairing-not-drawn` … */
  check: z.string().regex(/^[a-z0-9-]{1,64}$/),
  /** 0 to 100; 100 is a proof by signatures. */
  score: z.int().min(0).max(100),
  message: z.string().max(500),
  /** What shows it, readable without us: statements, receipts, event ids. */
  evidence: z.array(z.string().max(4_096)).max(32),
  timeMs: timeMsSchema,
});
export type Suspicion = z.infer<typeof suspicionSchema>;

/** An agent in quarantine is served from edges only, is not asked to upload, and nothing of it settles meanwhile. */
export const quarantineSchema = z.object({
  agent: agentKeySchema,
  sinceMs: timeMsSchema,
  /** Null: until it is released by hand. */
  untilMs: timeMsSchema.nullable(),
  /** Who put it there: `accounting`, `coordinator` (a failed audit, bad data) or the operator. */
  by: z.string().min(1).max(64),
  suspicions: z.array(suspicionSchema).min(1).max(32),
});
export type Quarantine = z.infer<typeof quarantineSchema>;
