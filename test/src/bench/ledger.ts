import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLedger, type Ledger } from '@fairhop/accounting/ledger';
import type { Workload } from './ingest-data.js';
import { measureIngest } from './ingest-ratio.js';
import { createQueryCases } from './ledger-cases.js';
import { openDuckDb } from './ledger-duckdb.js';
import { measureInvoices } from './ledger-invoices.js';
import { atLeast, atMost, type BenchResult } from './result.js';
import { timedMs } from './timed.js';

const runs = 5;
const repetitions = 200;

const month: Workload = {
  /** Fewer are for trying the benchmark out: the targets are of ten million. */
  events: Number(process.env['FAIRHOP_LEDGER_EVENTS'] ?? 10_000_000),
  days: 31,
  reporters: 20_000,
  /** Of an edge, as large as they may be, and of agents. */
  batchEvents: [5_000, ...new Array<number>(10).fill(50)],
};

/**
 * Ten million events of a month by 20,000 reporters, over 2,000 paths of 9 components and 100 owners drawn by Zipf's law: booked
 * against bare inserts of the same rows, then asked beside DuckDB over the same events.
 */
export async function run(): Promise<BenchResult> {
  const directory = await mkdtemp(join(tmpdir(), 'fairhop-bench-ledger-'));
  const file = join(directory, 'ledger.db');
  const ledger = createLedger({ file, clock: { nowMs: () => Date.UTC(2026, 7, 1) } });
  try {
    await ledger.start();
    const { ratio, ledgerPerSecond, barePerSecond } = measureIngest(ledger, directory, month, runs);
    ledger.database.pragma('wal_checkpoint(TRUNCATE)');
    const bytesPerEvent = (await stat(file)).size / month.events;
    const { queryP99Ms, told } = await measureQueries(ledger, directory);
    const invoicing = await measureInvoices(ledger, directory);
    return {
      name: 'ledger',
      reference:
        `bare inserts of the same rows: ${Math.round(barePerSecond)} rows/s, the ledger ${Math.round(ledgerPerSecond)} ` +
        `events/s; DuckDB over the same events (median), and the ledger (p99 of ${repetitions}): ${told.join(', ')}; 50 contracts, ${invoicing.lines} lines`,
      figures: {
        queryP99Ms: atMost(50, queryP99Ms, 'ms'),
        invoiceSeconds: atMost(10, invoicing.seconds, 's'),
        bytesPerEvent: atMost(200, bytesPerEvent, 'bytes'),
        ratioToBareInsert: atLeast(0.25, ratio, 'ratio'),
      },
    };
  } finally {
    await ledger.stop();
    await rm(directory, { recursive: true });
  }
}

/** The slowest of the five questions. Throws where DuckDB counts something else. */
async function measureQueries(
  ledger: Ledger,
  directory: string,
): Promise<{ queryP99Ms: number; told: string[] }> {
  const { cases, tables, ask } = createQueryCases(ledger);
  const duckDb = await openDuckDb(ledger, tables, directory);
  const told: string[] = [];
  let queryP99Ms = 0;
  try {
    for (const { name, query, scanSql } of cases) {
      const { value: expected, ms } = await duckDb.measure(scanSql);
      const value = ask(query);
      if (value !== expected || value === 0)
        throw new Error(`${name}: the query gives ${value}, DuckDB ${expected}`);
      const times = Array.from({ length: repetitions }, () => timedMs(() => ask(query)));
      const p99Ms = times.sort((left, right) => left - right)[Math.ceil(repetitions * 0.99) - 1]!;
      queryP99Ms = Math.max(queryP99Ms, p99Ms);
      told.push(`${name} ${ms.toFixed(1)} ms, ${p99Ms.toFixed(2)} ms`);
    }
  } finally {
    duckDb.close();
  }
  return { queryP99Ms, told };
}
