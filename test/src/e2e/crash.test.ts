import { expect, it } from 'vitest';
import { runCrashTest } from '../crash/run.js';

/** `FAIRHOP_CRASH_SEED` takes the seed of a run that is to be repeated. */
const seed = Number(process.env['FAIRHOP_CRASH_SEED'] ?? 20_261_120);

it('whatever is killed whenever, no receipted byte is lost and none is booked twice', async () => {
  const report = await runCrashTest({ seed, kills: 10, agents: 3 });
  expect(report).toMatchObject({
    ...{ lostBytes: 0, doubledBytes: 0, unsettledBytes: 0, takenBackBytes: 0 },
    ...{ filesWrong: 0, contradictions: 0, auditBreak: null },
  });
  expect(report.settledBytes).toBeGreaterThan(0);
  expect(report.filesDelivered).toBeGreaterThanOrEqual(3);
}, 120_000);
