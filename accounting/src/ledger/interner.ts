import type { Database } from 'better-sqlite3';

/** The id of the row with these values, which is added when it is new. */
export type Interner = (...values: readonly (string | number | Buffer)[]) => number;

/** `columns` together are a unique key of `table`. Nothing is remembered: callers do, each in the shape that is fast for it. */
export function createInterner(database: Database, table: string, columns: readonly string[]): Interner {
  const select = database
    .prepare<unknown[], number>(
      `SELECT id FROM ${table} WHERE ${columns.map((column) => `${column} = ?`).join(' AND ')}`,
    )
    .pluck();
  const insert = database.prepare(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
  );
  return (...values) => select.get(...values) ?? Number(insert.run(...values).lastInsertRowid);
}
