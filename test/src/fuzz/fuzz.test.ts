import { expect, it } from 'vitest';
import { runFuzz } from './run.js';

/** `FAIRHOP_FUZZ_SEED` takes the seed, `FAIRHOP_FUZZ_TARGET` the target, that a failure names. */
const seed = Number(process.env['FAIRHOP_FUZZ_SEED'] ?? 20_261_120);
const only = process.env['FAIRHOP_FUZZ_TARGET'];

it('refuses malformed frames, messages, tokens and batches with their codes', {
  timeout: 120_000,
}, async () => {
  const report = await runFuzz({ seed, malformed: 40_000, only });
  expect(report.crashes).toEqual([]);
  expect(report.refusedWithoutCode, JSON.stringify(report.refusals)).toBe(0);
  expect(report.malformed).toBeGreaterThanOrEqual(40_000);
  expect(report.peakRssGrowthBytes).toBeLessThan(256 * 1024 ** 2);
});
