import type { Database } from 'better-sqlite3';
import { createSequenceRanges, gapsIn, type SequenceRange, type SequenceRanges } from './sequence-ranges.js';

/** One incarnation of a reporter. */
export interface Reporter {
  readonly id: number;
  readonly received: SequenceRanges;
}

export interface Gap {
  readonly reporter: string;
  readonly incarnation: string;
  readonly fromSequence: number;
  readonly toSequence: number;
}

export interface Reporters {
  find(reporter: string, incarnation: string): Reporter;
  /** Writes what was added to `received` since it was found or saved last. */
  save(reporter: Reporter): void;
  gaps(): Gap[];
  /** After a transaction that was rolled back: memory is not ahead of the disk. */
  forget(): void;
}

/**
 * Ranges of one reporter. An honest one has as many as batches that were lost for good; one that leaves holes on purpose
 * must not grow the table without end.
 */
export const MAXIMUM_RANGES = 10_000;

/** Reporters that are active within minutes of each other; the rest is read again from disk. */
const maximumCachedReporters = 10_000;

interface Entry extends Reporter {
  saved: Map<number, number>;
}

export function createReporters(database: Database): Reporters {
  const selectId = database
    .prepare<[string, string], number>('SELECT id FROM reporters WHERE reporter = ? AND incarnation = ?')
    .pluck();
  const insert = database.prepare('INSERT INTO reporters (reporter, incarnation) VALUES (?, ?)');
  const selectRanges = database.prepare<[number], SequenceRange>(
    'SELECT first, last FROM received WHERE reporter = ? ORDER BY first',
  );
  const upsertRange = database.prepare(
    'INSERT INTO received (reporter, first, last) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET last = excluded.last',
  );
  const removeRange = database.prepare('DELETE FROM received WHERE reporter = ? AND first = ?');
  const selectAll = database.prepare<
    [],
    { id: number; reporter: string; incarnation: string; first: number; last: number }
  >(
    `SELECT id, reporters.reporter, incarnation, first, last FROM received JOIN reporters ON id = received.reporter
     ORDER BY id, first`,
  );
  const cache = new Map<string, Entry>();

  const load = (reporter: string, incarnation: string): Entry => {
    const known = selectId.get(reporter, incarnation);
    const id = known ?? Number(insert.run(reporter, incarnation).lastInsertRowid);
    const ranges = known === undefined ? [] : selectRanges.all(id);
    return {
      id,
      received: createSequenceRanges(ranges),
      saved: new Map(ranges.map(({ first, last }) => [first, last])),
    };
  };
  return {
    find(reporter, incarnation) {
      const key = `${reporter} ${incarnation}`;
      const entry = cache.get(key) ?? load(reporter, incarnation);
      cache.delete(key);
      cache.set(key, entry);
      if (cache.size > maximumCachedReporters) cache.delete(cache.keys().next().value!);
      return entry;
    },
    save(reporter) {
      const entry = reporter as Entry;
      const now = new Map(entry.received.ranges.map(({ first, last }) => [first, last]));
      for (const first of entry.saved.keys()) if (!now.has(first)) removeRange.run(entry.id, first);
      for (const [first, last] of now)
        if (entry.saved.get(first) !== last) upsertRange.run(entry.id, first, last);
      entry.saved = now;
    },
    gaps() {
      const gaps: Gap[] = [];
      let ranges: SequenceRange[] = [];
      const rows = selectAll.all();
      for (const [index, row] of rows.entries()) {
        ranges.push(row);
        if (rows[index + 1]?.id === row.id) continue;
        const { reporter, incarnation } = row;
        for (const { first, last } of gapsIn(ranges))
          gaps.push({ reporter, incarnation, fromSequence: first, toSequence: last });
        ranges = [];
      }
      return gaps;
    },
    forget: () => cache.clear(),
  };
}
