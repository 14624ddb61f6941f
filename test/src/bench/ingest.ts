import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLedger } from '@fairhop/accounting/ledger';
import { QUARTER_EVENTS } from './ingest-data.js';
import { measureQueries } from './ingest-queries.js';
import { measureIngest } from './ingest-ratio.js';
import type { BenchResult } from './result.js';

const runs = 5;

/**
 * Two million events of a quarter, over 2,000 paths of 9 components and 100 owners drawn by Zipf's law: booked against bare
 * inserts of the same rows, then asked against scans of the same database.
 */
export async function run(): Promise<BenchResult> {
  const directory = await mkdtemp(join(tmpdir(), 'fairhop-bench-ingest-'));
  const file = join(directory, 'ledger.db');
  const ledger = createLedger({ file, clock: { nowMs: () => Date.UTC(2026, 9, 1) } });
  try {
    await ledger.start();
    const { ratio, ledgerPerSecond, barePerSecond } = measureIngest(ledger, directory, QUARTER_EVENTS, runs);
    ledger.database.pragma('wal_checkpoint(TRUNCATE)');
    const bytesPerEvent = (await stat(file)).size / QUARTER_EVENTS;
    const queries = measureQueries(ledger);
    const speedup = Math.min(...queries.map(({ queryMs, scanMs }) => scanMs / queryMs));
    const slowest = Math.max(...queries.map(({ queryMs }) => queryMs));
    const told = (value: number, unit: string) => ({ value, unit, target: 'none', ok: true });
    return {
      name: 'ingest',
      reference: 'bare inserts of the same rows; the best SQL scan of the events',
      figures: {
        ratioToBareInsert: { value: ratio, unit: 'ratio', target: '>= 0.25', ok: ratio >= 0.25 },
        querySpeedup: { value: speedup, unit: 'ratio', target: '>= 10', ok: speedup >= 10 },
        eventsPerSecond: told(Math.round(ledgerPerSecond), 'events/s'),
        bareInsertsPerSecond: told(Math.round(barePerSecond), 'rows/s'),
        bytesPerEvent: told(bytesPerEvent, 'bytes'),
        slowestQueryMs: told(slowest, 'ms'),
        ...Object.fromEntries(
          queries.map(({ queryMs, scanMs }, index) => [
            `speedupOfQuery${index + 1}`,
            told(scanMs / queryMs, 'ratio'),
          ]),
        ),
      },
    };
  } finally {
    await ledger.stop();
    await rm(directory, { recursive: true });
  }
}
