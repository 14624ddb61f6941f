import { MAX_PIECE_LENGTH_BYTES } from '@fairhop/shared/model';
import { z } from 'zod';

const DAY_MS = 86_400_000;
const scoreSchema = z.int().min(0).max(100);

/** From when on what is reported is suspicious. Scores below the threshold of quarantine only show, or add up with others. */
export const plausibilitySchema = z.strictObject({
  /** Contents are counted for so long; after that they are counted anew, since people do fetch a film again. */
  volumeWindowMs: z
    .int()
    .min(60_000)
    .max(366 * DAY_MS)
    .default(30 * DAY_MS),
  /** So much more than a content's size is no wonder: once whole, and again after its cache was emptied. */
  volumeTolerance: z.number().min(0).max(100).default(1),
  /** Pacing and clocks are not exact; three quarters more than the grant's rate is neither. */
  rateTolerance: z.number().min(0).max(100).default(0.75),
  /** Access lines are upgraded, and an edge may have been the slower end: only many times what edges measured is strange. */
  accessTolerance: z.number().min(0).max(1_000).default(4),
  /** Shorter rows say little about a rate. */
  rateMinimumMs: z.int().min(1_000).max(3_600_000).default(5_000),
  /** What may be verified or acknowledged at once without having come at once: an uploader's window, of two pieces of the largest. */
  windowBytes: z
    .int()
    .min(0)
    .default(2 * MAX_PIECE_LENGTH_BYTES),
  /** A channel to an address that was left ends within half a minute, and clocks differ by some seconds. */
  placesOverlapMs: z.int().min(0).max(DAY_MS).default(60_000),
  /** So many identities behind each of two addresses, all of which meet nobody else: a flash crowd meets others too. */
  sharedAddressIdentities: z.int().min(2).max(1_000).default(3),
  /** A pair that alone has a content and exchanges it so many times; the first time is how every content begins. */
  unsharedTimes: z.number().min(1).max(1_000).default(3),
  /** Agents of one AS that fetch again, before it is the AS that is strange. */
  repeatAgents: z.int().min(2).max(1_000_000).default(5),
  /** And the share of them is so many times that everywhere else. */
  repeatFactor: z.number().min(1).max(1_000).default(5),
  /** Messages that no honest program makes, before they count: one may be a disk's fault. */
  forgedMessages: z.int().min(1).max(10_000).default(3),
  /** What is not a proof and not many witnesses stays below the threshold of quarantine alone. */
  notDrawnScore: scoreSchema.default(70),
});
export type Thresholds = z.infer<typeof plausibilitySchema>;
