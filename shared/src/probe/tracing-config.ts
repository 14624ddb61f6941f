import { z } from 'zod';

/** How ways are traced: with the system's tool, beside transfers. */
export const tracingConfigSchema = z.strictObject({
  enabled: z.boolean().default(true),
  /** Traces begun within an hour. */
  hourlyLimit: z.int().min(1).max(600).default(60),
  /** Between two traces from one network to another (/24, /48). A day: routes seldom change, and others trace them too. */
  pairIntervalMs: z
    .int()
    .min(10_000)
    .max(7 * 86_400_000)
    .default(86_400_000),
});
