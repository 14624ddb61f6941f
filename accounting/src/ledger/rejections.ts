import type { Database } from 'better-sqlite3';

export interface Rejection {
  readonly reporter: string;
  readonly incarnation: string;
  readonly sequence: number;
  readonly code: string;
  readonly message: string;
  readonly bookedMs: number;
}

export interface Rejections {
  add(rejection: Rejection): void;
  /** The newest first, and how many there ever were. */
  list(limit: number): { total: number; rejections: Rejection[] };
}

/** Enough to see what goes wrong and where; older ones are only counted. */
const keptRejections = 10_000;
/** Bytes of a refused message may be anything; what is kept of the reason is bounded. */
const maximumMessageLength = 1000;

export function createRejections(database: Database): Rejections {
  const insert = database.prepare(
    'INSERT INTO rejections (reporter, incarnation, sequence, code, message, booked_ms) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const removeOld = database.prepare('DELETE FROM rejections WHERE id <= ?');
  const count = database.prepare(`UPDATE counters SET value = value + 1 WHERE name = 'rejections'`);
  const total = database.prepare<[], number>(`SELECT value FROM counters WHERE name = 'rejections'`).pluck();
  const select = database.prepare<[number], Rejection>(
    `SELECT reporter, incarnation, sequence, code, message, booked_ms AS bookedMs
     FROM rejections ORDER BY id DESC LIMIT ?`,
  );
  return {
    add({ reporter, incarnation, sequence, code, message, bookedMs }) {
      const told = message.slice(0, maximumMessageLength);
      const { lastInsertRowid } = insert.run(reporter, incarnation, sequence, code, told, bookedMs);
      removeOld.run(Number(lastInsertRowid) - keptRejections);
      count.run();
    },
    list: (limit) => ({ total: total.get()!, rejections: select.all(limit) }),
  };
}
