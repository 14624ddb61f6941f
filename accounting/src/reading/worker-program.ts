import type { Page } from './reading.js';

/** What the reading thread is told. */
export type WorkerRequest =
  | { readonly kind: 'begin' | 'more' | 'end' }
  | {
      readonly kind: 'select';
      readonly sql: string;
      readonly parameters: Readonly<Record<string, unknown>>;
      readonly isExact: boolean;
    };

export type WorkerAnswer =
  | ({ readonly kind: 'page' } & Page)
  | { readonly kind: 'error'; readonly message: string };

export interface WorkerFacts {
  readonly file: string;
  /** Of better-sqlite3: a program without a file of its own has no place to look for it from. */
  readonly sqliteModule: string;
  readonly cacheKib: number;
  /** Rows of a page: taking them in is what the service's thread spends on them at a time, some milliseconds. */
  readonly pageRows: number;
}

/**
 * The program of the reading thread. It knows nothing of the ledger: it takes statements and gives rows. As text it is the same
 * whether Fairhop runs from its sources, from its build or from a bundle. WAL lets it read one state of the database while the
 * service writes on; `begin` reads, since only that fixes the state.
 */
export const workerProgram = `
'use strict';
const { parentPort, workerData } = require('node:worker_threads');
const Database = require(workerData.sqliteModule);
const database = new Database(workerData.file, { readonly: true, fileMustExist: true });
database.pragma('cache_size = -' + workerData.cacheKib);
const prepared = new Map();
const prepare = (sql) => {
  let statement = prepared.get(sql);
  if (statement === undefined) {
    if (prepared.size >= 200) prepared.clear();
    statement = database.prepare(sql);
    prepared.set(sql, statement);
  }
  return statement;
};
let rows;
const nextPage = () => {
  const page = [];
  while (page.length < workerData.pageRows) {
    const { done, value } = rows.next();
    if (done) {
      rows = undefined;
      return { rows: page, isLast: true };
    }
    page.push(value);
  }
  return { rows: page, isLast: false };
};
const end = () => {
  if (rows !== undefined) rows.return();
  rows = undefined;
  if (database.inTransaction) database.exec('ROLLBACK');
};
const answer = (request) => {
  if (request.kind === 'more') return nextPage();
  if (request.kind === 'select') {
    rows = prepare(request.sql).safeIntegers(request.isExact).iterate(request.parameters);
    return nextPage();
  }
  end();
  if (request.kind === 'begin') {
    database.exec('BEGIN');
    prepare('SELECT 1 FROM sqlite_master').get();
  }
  return { rows: [], isLast: true };
};
parentPort.on('message', (request) => {
  try {
    parentPort.postMessage({ kind: 'page', ...answer(request) });
  } catch (error) {
    rows = undefined;
    parentPort.postMessage({ kind: 'error', message: error.message });
  }
});
`;
