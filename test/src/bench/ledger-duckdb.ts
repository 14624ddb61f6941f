import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { Ledger } from '@fairhop/accounting/ledger';
import type { LookupTable } from './ledger-cases.js';
import { median } from './median.js';

/** What an analytical store would keep of an event, beside the ids that only tell it from others. */
const columns = ['bin', 'route', 'file', 'bytes', 'source', 'destination', 'start', 'duration', 'max_rate'];
const linesPerWrite = 50_000;
const repetitions = 15;

export interface DuckDb {
  /** The number that a scan gives, and the median of its times. */
  measure(sql: string): Promise<{ value: number; ms: number }>;
  close(): void;
}

/** The events of the ledger, and the lookup tables, in a DuckDB database of its own that is on disk. */
export async function openDuckDb(
  ledger: Ledger,
  tables: readonly LookupTable[],
  directory: string,
): Promise<DuckDb> {
  const file = join(directory, 'events.csv');
  writeEvents(ledger, file);
  const instance = await DuckDBInstance.create(join(directory, 'events.duckdb'));
  const connection = await instance.connect();
  const types = columns.map((column) => `'${column}': 'BIGINT'`).join(', ');
  await connection.run(
    `CREATE TABLE events AS SELECT * FROM read_csv('${file}', header = false, columns = {${types}})`,
  );
  for (const table of tables) await addTable(connection, table);
  await connection.run('CHECKPOINT');
  return {
    async measure(sql) {
      const prepared = await connection.prepare(sql);
      const times: number[] = [];
      let value = 0;
      for (let run = 0; run <= repetitions; run += 1) {
        const start = process.hrtime.bigint();
        const rows = (await prepared.runAndReadAll()).getRows();
        times.push(Number(process.hrtime.bigint() - start) / 1e6);
        value = Number(rows[0]![0]);
      }
      // The first one warms up.
      return { value, ms: median(times.slice(1)) };
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

function writeEvents({ database }: Ledger, file: string): void {
  const lines = database
    .prepare<[], string>(`SELECT ${columns.join(` || ',' || `)} FROM events ORDER BY id`)
    .pluck();
  const output = openSync(file, 'w');
  try {
    let chunk: string[] = [];
    const flush = (): void => {
      if (chunk.length > 0) writeSync(output, `${chunk.join('\n')}\n`);
      chunk = [];
    };
    for (const line of lines.iterate()) if (chunk.push(line) === linesPerWrite) flush();
    flush();
  } finally {
    closeSync(output);
  }
}

async function addTable(connection: DuckDBConnection, { name, columns: names, rows }: LookupTable) {
  await connection.run(`CREATE TABLE ${name} (${names.map((column) => `${column} BIGINT`).join(', ')})`);
  if (rows.length === 0) return;
  await connection.run(`INSERT INTO ${name} VALUES ${rows.map((row) => `(${row.join(', ')})`).join(', ')}`);
}
