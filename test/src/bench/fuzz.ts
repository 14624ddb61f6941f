import { runFuzz } from '../fuzz/run.js';
import { isUnreadable } from '../fuzz/target.js';
import { atLeast, atMost, type BenchResult } from './result.js';

const MALFORMED = 1_000_000;
/** Beside them, as many as come along where a session, a channel or a batch goes on after it. */
const FALSE = 100_000;
/** Of one process with services in it and full caches; a leak of 1 KiB per input would be four times as much. */
const MAX_GROWTH_BYTES = 256 * 1024 ** 2;

/** Malformed inputs for all that takes strangers' bytes; `FAIRHOP_FUZZ_SEED` repeats a run. */
export async function run(): Promise<BenchResult> {
  const seed = Number(process.env['FAIRHOP_FUZZ_SEED'] ?? Date.now() % 2 ** 32);
  const only = process.env['FAIRHOP_FUZZ_TARGET'];
  // Where the process itself dies, nothing else tells it.
  process.stderr.write(`seed ${seed}\n`);
  const report = await runFuzz({ seed, malformed: MALFORMED, only });
  for (const crash of report.crashes) process.stderr.write(`${crash}\n`);
  const refused = Object.entries(report.refusals).map(([target, codes]) => {
    const entries = Object.entries(codes);
    const sumOf = (some: typeof entries): number => some.reduce((sum, [, times]) => sum + times, 0);
    const malformed = sumOf(entries.filter(([code]) => isUnreadable(code)));
    return `${target} ${malformed} malformed, ${sumOf(entries) - malformed} false, with ${entries.length} codes`;
  });
  return {
    name: 'fuzz',
    reference: `seed ${report.seed}; refused: ${refused.join('; ')}; ${report.accepted} more were harmless and taken`,
    figures: {
      malformed: atLeast(MALFORMED, report.malformed, 'inputs'),
      wellFormedAndFalse: atLeast(only === undefined ? FALSE : 0, report.wellFormedAndFalse, 'inputs'),
      crashes: atMost(0, report.crashCount, 'crashes'),
      refusedWithoutCode: atMost(0, report.refusedWithoutCode, 'inputs'),
      peakRssGrowthBytes: atMost(MAX_GROWTH_BYTES, report.peakRssGrowthBytes, 'bytes'),
    },
  };
}
