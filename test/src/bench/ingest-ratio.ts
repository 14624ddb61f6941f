import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { CheckedBatch, Ledger } from '@fairhop/accounting/ledger';
import Database from 'better-sqlite3';
import { createBatches, type Workload } from './ingest-data.js';
import { median } from './median.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Few enough that a turn's events are as warm as ones that just came in. */
const eventsPerTurn = 25_000;

export interface IngestRates {
  /** Median over the runs of (ledger's rate ÷ bare inserts' rate). */
  readonly ratio: number;
  readonly ledgerPerSecond: number;
  readonly barePerSecond: number;
}

/**
 * Books a workload into the ledger, and the very rows that it wrote into a bare table: same columns, unique key, batches,
 * durability and memory, no rollups. Both grow together and take turns; `runs` parts of the whole are compared.
 */
export function measureIngest(
  ledger: Ledger,
  directory: string,
  workload: Workload,
  runs: number,
): IngestRates {
  const { events } = workload;
  const bare = createBare(ledger, join(directory, 'bare.db'));
  const selectRows = ledger.database.prepare('SELECT * FROM events WHERE id > ? ORDER BY id').raw();
  const source = createBatches(workload);
  const ledgerSeconds = new Array<number>(runs).fill(0);
  const bareSeconds = new Array<number>(runs).fill(0);
  for (let booked = 0; booked < events; ) {
    const run = Math.floor((booked / events) * runs);
    const batches = take(source, eventsPerTurn);
    ledgerSeconds[run]! += timed(() => {
      for (const batch of batches) {
        const { accepted } = ledger.book(batch);
        if (accepted !== batch.messages.length) throw new Error(`only ${accepted} of a batch were booked`);
      }
    });
    const rows = selectRows.all(booked);
    const sizes = batches.map(({ messages }) => messages.length);
    bareSeconds[run]! += timed(() => bare.insert(rows, sizes));
    booked += rows.length;
  }
  bare.close();
  const perSecond = (times: number[]): number => events / times.reduce((sum, time) => sum + time, 0);
  return {
    ratio: median(bareSeconds.map((time, run) => time / ledgerSeconds[run]!)),
    ledgerPerSecond: perSecond(ledgerSeconds),
    barePerSecond: perSecond(bareSeconds),
  };
}

/** As many batches as have so many events. */
function take(source: Iterator<CheckedBatch>, events: number): CheckedBatch[] {
  const batches: CheckedBatch[] = [];
  for (let taken = 0; taken < events; taken += batches.at(-1)!.messages.length) {
    const next = source.next();
    if (next.done === true) break;
    batches.push(next.value);
  }
  return batches;
}

interface Bare {
  /** One transaction for each of the sizes. */
  insert(rows: unknown[], sizes: readonly number[]): void;
  close(): void;
}

function createBare(ledger: Ledger, file: string): Bare {
  const database = new Database(file);
  for (const pragma of ['journal_mode', 'synchronous', 'cache_size', 'wal_autocheckpoint'])
    database.pragma(`${pragma} = ${ledger.database.pragma(pragma, { simple: true })}`);
  const ddl = ledger.database.prepare(`SELECT sql FROM sqlite_master WHERE name = 'events'`).pluck().get();
  database.exec(String(ddl));
  const columns = database.pragma('table_info(events)') as unknown[];
  const insert = database.prepare(`INSERT INTO events VALUES (${columns.map(() => '?').join(', ')})`);
  const insertBatch = database.transaction((rows: unknown[]) => {
    for (const row of rows) insert.run(row);
  });
  return {
    insert: (rows, sizes) => {
      let start = 0;
      for (const size of sizes) {
        insertBatch.immediate(rows.slice(start, start + size));
        start += size;
      }
    },
    close: () => database.close(),
  };
}

/** Seconds of `work`, with the garbage of what prepared it out of the way. */
function timed(work: () => void): number {
  collectGarbage();
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1e9;
}
