import type { Database } from 'better-sqlite3';

/** One statement that only reads. */
export interface Select {
  readonly sql: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Integers come as bigint: sums that may be beyond 2^53. */
  readonly isExact?: boolean;
}

/** Asks for the next rows of the statement before. */
export const more = 'more';

export interface Page {
  readonly rows: readonly unknown[];
  readonly isLast: boolean;
}

/**
 * Something that is read in steps: it yields what it wants to know next and is given rows of it. All steps see one state of the
 * ledger. What it computes is thereby the same on the ledger's own connection and beside it, where other work has its turn
 * between two pages.
 */
export type Reading<Result> = Generator<Select | typeof more, Result, Page>;

/** Uses the rows of one statement, one after another: `yield*` this. The row's type is the caller's promise. */
export function* eachRow<Row>(select: Select, use: (row: Row) => void): Reading<void> {
  for (let page = yield select; ; page = yield more) {
    for (const row of page.rows) use(row as Row);
    if (page.isLast) return;
  }
}

/** All rows of one statement that gives few. */
export function* rowsOf<Row>(select: Select): Reading<Row[]> {
  const rows: Row[] = [];
  yield* eachRow<Row>(select, (row) => rows.push(row));
  return rows;
}

/** Reads on a connection, at once. */
export function readHere<Result>(database: Database, begin: () => Reading<Result>): Result {
  const read = database.transaction((): Result => {
    const reading = begin();
    for (let step = reading.next(); ; ) {
      if (step.done === true) return step.value;
      if (step.value === more) throw new Error('there are no more rows: one page holds all of them');
      const { sql, parameters = {}, isExact = false } = step.value;
      let rows: unknown[];
      try {
        rows = prepare(database, sql).safeIntegers(isExact).all(parameters);
      } catch (error) {
        step = reading.throw(error);
        continue;
      }
      step = reading.next({ rows, isLast: true });
    }
  });
  return read();
}

/** Shapes of statements in use; a prepared one takes some 10 KiB. */
const maximumPrepared = 200;
const preparedOf = new WeakMap<Database, Map<string, ReturnType<Database['prepare']>>>();

function prepare(database: Database, sql: string): ReturnType<Database['prepare']> {
  let prepared = preparedOf.get(database);
  if (prepared === undefined) {
    prepared = new Map();
    preparedOf.set(database, prepared);
  }
  let statement = prepared.get(sql);
  if (statement === undefined) {
    if (prepared.size >= maximumPrepared) prepared.clear();
    statement = database.prepare(sql);
    prepared.set(sql, statement);
  }
  return statement;
}
