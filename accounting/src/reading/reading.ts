import type { Database } from 'better-sqlite3';

/** One statement that only reads. */
export interface Select {
  readonly sql: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Integers come as bigint: sums that may be beyond 2^53. */
  readonly isExact?: boolean;
}

/**
 * Something that is read in steps: it yields what it wants to know next and is given the rows. All steps see one state of the
 * ledger. What it computes is thereby the same on the ledger's own connection and beside it.
 */
export type Reading<Result> = Generator<Select, Result, never[]>;

/** Asks for the rows of one statement: `yield*` this. The row's type is the caller's promise. */
export function* rowsOf<Row>(select: Select): Generator<Select, Row[], never[]> {
  return (yield select) as Row[];
}

/** Reads on a connection, at once. */
export function readHere<Result>(database: Database, begin: () => Reading<Result>): Result {
  const read = database.transaction((): Result => {
    const reading = begin();
    for (let step = reading.next(); ; ) {
      if (step.done === true) return step.value;
      const { sql, parameters = {}, isExact = false } = step.value;
      let rows: never[];
      try {
        rows = prepare(database, sql).safeIntegers(isExact).all(parameters) as never[];
      } catch (error) {
        step = reading.throw(error);
        continue;
      }
      step = reading.next(rows);
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
