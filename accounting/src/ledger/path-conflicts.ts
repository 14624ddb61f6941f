import { type PathConflict, pathConflictSchema } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';

export interface BookedConflict extends PathConflict {
  /** Begin of the first and of the last part that met it. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** Parts that met it. */
  readonly count: number;
}

export interface PathConflicts {
  /** Within the caller's transaction. */
  add(conflicts: ReadonlyMap<string, Met>): void;
  /** The newest first. */
  list(limit: number): BookedConflict[];
}

export interface Met {
  firstMs: number;
  lastMs: number;
  count: number;
}

/** More than anybody looks through; one takes about 400 bytes. The longest unmet go first. */
const keptConflicts = 10_000;

/** Adds up by what they say, so that a batch writes each once. */
export function noteConflict(met: Map<string, Met>, conflict: PathConflict, timeMs: number): void {
  const text = JSON.stringify(conflict);
  const known = met.get(text);
  if (known === undefined) {
    met.set(text, { firstMs: timeMs, lastMs: timeMs, count: 1 });
    return;
  }
  known.firstMs = Math.min(known.firstMs, timeMs);
  known.lastMs = Math.max(known.lastMs, timeMs);
  known.count += 1;
}

export function createPathConflicts(database: Database): PathConflicts {
  const upsert = database.prepare(
    `INSERT INTO path_conflicts (conflict, first_ms, last_ms, count) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE
     SET first_ms = min(first_ms, excluded.first_ms), last_ms = max(last_ms, excluded.last_ms), count = count + excluded.count`,
  );
  const removeOld = database.prepare(
    `DELETE FROM path_conflicts WHERE conflict IN
       (SELECT conflict FROM path_conflicts ORDER BY last_ms DESC LIMIT -1 OFFSET ${keptConflicts})`,
  );
  const select = database.prepare<
    [number],
    { conflict: string; firstMs: number; lastMs: number; count: number }
  >(
    `SELECT conflict, first_ms AS firstMs, last_ms AS lastMs, count FROM path_conflicts
     ORDER BY last_ms DESC, conflict LIMIT ?`,
  );
  return {
    add(conflicts) {
      if (conflicts.size === 0) return;
      for (const [conflict, { firstMs, lastMs, count }] of conflicts)
        upsert.run(conflict, firstMs, lastMs, count);
      removeOld.run();
    },
    list: (limit) =>
      select
        .all(limit)
        .map(({ conflict, ...met }) => ({ ...pathConflictSchema.parse(JSON.parse(conflict)), ...met })),
  };
}
