import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLedger } from '@fairhop/accounting/ledger';
import type { Workload } from './ingest-data.js';
import { measureQueries } from './ingest-queries.js';
import { measureIngest } from './ingest-ratio.js';
import { atLeast, type BenchResult } from './result.js';

const runs = 5;
const quarter: Workload = { events: 2_000_000, days: 92, reporters: 1, batchEvents: [5_000] };

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
    const { ratio, ledgerPerSecond, barePerSecond } = measureIngest(ledger, directory, quarter, runs);
    ledger.database.pragma('wal_checkpoint(TRUNCATE)');
    const bytesPerEvent = (await stat(file)).size / quarter.events;
    const queries = measureQueries(ledger);
    const speedup = Math.min(...queries.map(({ queryMs, scanMs }) => scanMs / queryMs));
    const speeds = queries.map(
      ({ name, queryMs, scanMs }) =>
        `${name} ${scanMs.toFixed(1)} ms, the ledger ${queryMs.toFixed(3)} ms (${(scanMs / queryMs).toFixed(0)}×)`,
    );
    return {
      name: 'ingest',
      reference:
        `bare inserts of the same rows: ${Math.round(barePerSecond)} rows/s, the ledger ${Math.round(ledgerPerSecond)} ` +
        `events/s at ${bytesPerEvent.toFixed(0)} bytes each; the best SQL scan of the events: ${speeds.join(', ')}`,
      figures: {
        ratioToBareInsert: atLeast(0.25, ratio, 'ratio'),
        querySpeedup: atLeast(10, speedup, 'ratio'),
      },
    };
  } finally {
    await ledger.stop();
    await rm(directory, { recursive: true });
  }
}
