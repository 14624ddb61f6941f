import { runFuzz } from '../fuzz/run.js';
import { atLeast, atMost, type BenchResult } from './result.js';

const REFUSALS = 1_000_000;
/** Of one process with services in it and full caches; a leak of 1 KiB per input would be four times as much. */
const MAX_GROWTH_BYTES = 256 * 1024 ** 2;

/** Malformed inputs for all that takes strangers' bytes; `FAIRHOP_FUZZ_SEED` repeats a run. */
export async function run(): Promise<BenchResult> {
  const seed = Number(process.env['FAIRHOP_FUZZ_SEED'] ?? Date.now() % 2 ** 32);
  const only = process.env['FAIRHOP_FUZZ_TARGET'];
  const report = await runFuzz({ seed, refusals: REFUSALS, only });
  for (const crash of report.crashes) process.stderr.write(`${crash}\n`);
  const refused = Object.entries(report.refusals).map(([target, codes]) => {
    const total = Object.values(codes).reduce((sum, times) => sum + times, 0);
    return `${target} ${total} with ${Object.keys(codes).length} codes`;
  });
  return {
    name: 'fuzz',
    reference: `seed ${report.seed}; refused: ${refused.join(', ')}; ${report.accepted} more were harmless and taken`,
    figures: {
      inputs: atLeast(REFUSALS, report.inputs, 'inputs'),
      crashes: atMost(0, report.crashCount, 'crashes'),
      refusedWithoutCode: atMost(0, report.refusedWithoutCode, 'inputs'),
      peakRssGrowthBytes: atMost(MAX_GROWTH_BYTES, report.peakRssGrowthBytes, 'bytes'),
    },
  };
}
