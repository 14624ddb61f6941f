import type { Ledger } from '@fairhop/accounting/ledger';
import Database from 'better-sqlite3';
import { createQueryCases, type LookupTable } from './ledger-cases.js';
import { median } from './median.js';
import { timedMs } from './timed.js';

export interface QueryTimes {
  readonly name: string;
  readonly queryMs: number;
  readonly scanMs: number;
}

const repetitions = 15;
/** All of the database: the scan finds every page in memory. */
const scanCacheKib = 2 * 1024 * 1024;

/** The five questions: the engine's median time, against the fastest run of a hand-written scan of the events. */
export function measureQueries(ledger: Ledger): QueryTimes[] {
  const { cases, tables, ask } = createQueryCases(ledger);
  const scanner = new Database(ledger.database.name, { readonly: true });
  scanner.pragma(`cache_size = -${scanCacheKib}`);
  try {
    for (const table of tables) addTemporary(scanner, table);
    return cases.map(({ name, query, scanSql }) => {
      const statement = scanner.prepare(scanSql).pluck();
      const scan = () => statement.get();
      const value = ask(query);
      const expected = scan();
      if (value !== expected || value === 0) {
        throw new Error(`${name}: the query gives ${value}, the scan ${String(expected)}`);
      }
      const queryMs = median(Array.from({ length: repetitions }, () => timedMs(() => ask(query))));
      const scanMs = Math.min(...Array.from({ length: repetitions }, () => timedMs(scan)));
      return { name, queryMs, scanMs };
    });
  } finally {
    scanner.close();
  }
}

function addTemporary(scanner: Database.Database, { name, columns, rows }: LookupTable): void {
  const [key, ...others] = columns;
  scanner.exec(
    `CREATE TEMP TABLE ${name} (${[`${key} INTEGER PRIMARY KEY`, ...others.map((column) => `${column} INTEGER`)].join(', ')})`,
  );
  const insert = scanner.prepare(`INSERT INTO ${name} VALUES (${columns.map(() => '?').join(', ')})`);
  for (const row of rows) insert.run(row);
}
