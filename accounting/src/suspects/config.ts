import { z } from 'zod';
import { plausibilitySchema } from '../plausibility/index.js';

export const suspectsSchema = z.strictObject({
  /** How often what was booked since is looked at. */
  intervalMs: z.int().min(100).max(2_147_483_647).default(5_000),
  /** From this score on an agent is put into quarantine. */
  quarantineScore: z.int().min(1).max(100).default(80),
  /** Parts are cut after a minute and reported at once: so long after the last word, silence means something. */
  quietMs: z
    .int()
    .min(0)
    .max(7 * 86_400_000)
    .default(10 * 60_000),
  /**
   * Who tells accounting nothing at all for so long, and signs receipts meanwhile, keeps silent on purpose. Whoever is cut off from
   * accounting alone looks the same until then.
   */
  muteMs: z
    .int()
    .min(0)
    .max(93 * 86_400_000)
    .default(30 * 86_400_000),
  thresholds: plausibilitySchema.prefault({}),
});
export type SuspectsConfig = z.infer<typeof suspectsSchema>;
