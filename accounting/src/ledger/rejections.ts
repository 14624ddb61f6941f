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
  /** Within the caller's transaction, at its end: removes what is not kept of those that were added since. */
  trim(): void;
  /** The newest first, and how many there ever were. */
  list(limit: number): { total: number; rejections: Rejection[] };
}

/** Enough to see what goes wrong and where; older ones are only counted. */
const keptRejections = 20_000;
/**
 * Of one reporter with one code, so that a reporter's refusals push out neither those of others nor its own that tell more; checks look
 * at them after some seconds.
 */
const keptOfCode = 32;
/** All are counted as often as so many were added. */
const addedBetweenCounts = 1_000;
/** Bytes of a refused message may be anything; what is kept of the reason is bounded. */
const maximumMessageLength = 1000;

export function createRejections(database: Database): Rejections {
  const insert = database.prepare(
    'INSERT INTO rejections (reporter, incarnation, sequence, code, message, booked_ms) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const removeOfCode = database.prepare(
    `DELETE FROM rejections WHERE reporter = @reporter AND code = @code AND id <=
       (SELECT id FROM rejections WHERE reporter = @reporter AND code = @code ORDER BY id DESC LIMIT 1 OFFSET ${keptOfCode})`,
  );
  const removeOld = database.prepare(
    `DELETE FROM rejections WHERE id <= (SELECT id FROM rejections ORDER BY id DESC LIMIT 1 OFFSET ${keptRejections})`,
  );
  const count = database.prepare(`UPDATE counters SET value = value + 1 WHERE name = 'rejections'`);
  const total = database.prepare<[], number>(`SELECT value FROM counters WHERE name = 'rejections'`).pluck();
  const select = database.prepare<[number], Rejection>(
    `SELECT reporter, incarnation, sequence, code, message, booked_ms AS bookedMs
     FROM rejections ORDER BY id DESC LIMIT ?`,
  );
  /** Of this transaction; what a rolled back one leaves is trimmed once more, and harmless. */
  const added = new Map<string, { readonly reporter: string; readonly code: string }>();
  let addedSinceCount = 0;
  return {
    add({ reporter, incarnation, sequence, code, message, bookedMs }) {
      insert.run(reporter, incarnation, sequence, code, message.slice(0, maximumMessageLength), bookedMs);
      count.run();
      added.set(`${reporter} ${code}`, { reporter, code });
      addedSinceCount += 1;
    },
    trim() {
      for (const one of added.values()) removeOfCode.run(one);
      added.clear();
      if (addedSinceCount < addedBetweenCounts) return;
      removeOld.run();
      addedSinceCount = 0;
    },
    list: (limit) => ({ total: total.get()!, rejections: select.all(limit) }),
  };
}
