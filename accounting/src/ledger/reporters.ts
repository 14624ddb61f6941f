import { FairhopError } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';
import { createSequenceRanges, type SequenceRange, type SequenceRanges } from './sequence-ranges.js';

/** One incarnation of a reporter. */
export interface Reporter {
  readonly id: number;
  readonly received: SequenceRanges;
  /** So many ranges may `received` have. */
  readonly maximumRanges: number;
}

export interface Gap {
  /** Rises in the order in which gaps are listed. */
  readonly id: string;
  readonly reporter: string;
  readonly incarnation: string;
  readonly fromSequence: number;
  readonly toSequence: number;
}

/** Gaps after the one with this id. */
export interface GapPage {
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface Reporters {
  /** Before a transaction: throws `too-many-incarnations` (429) for a new one that is one too many. Writes nothing. */
  admit(reporter: string, incarnation: string, nowMs: number): void;
  find(reporter: string, incarnation: string, nowMs: number): Reporter;
  /** Writes what was added to `received` since it was found or saved last. */
  save(reporter: Reporter): void;
  gaps(page: GapPage): Gap[];
  /** After a transaction that was rolled back: memory is not ahead of the disk. */
  forget(): void;
}

/**
 * Ranges of one reporter, over all of its incarnations, the first of each aside. An honest one has as many as batches that were lost for
 * good, about a hundred at most; one that leaves holes on purpose must not grow the table without end. A batch of 5,000 messages has no
 * more on the way, in whatever order they come.
 */
const MAXIMUM_RANGES = 2_500;

/** New ones of a reporter in a day (UTC, of booking): a machine that is set up anew makes one, a few on a bad day. */
const DAILY_INCARNATIONS = 16;

/** Reporters that are active within minutes of each other; the rest is read again from disk. */
const maximumCachedReporters = 10_000;
/** Of all of them, about 100 bytes each. Nearly every reporter has one. */
const maximumCachedRanges = 100_000;

const DAY_MS = 86_400_000;
const dayOf = (timeMs: number): number => Math.floor(timeMs / DAY_MS);

interface Entry extends Reporter {
  maximumRanges: number;
  saved: Map<number, number>;
}

export function createReporters(database: Database): Reporters {
  const selectId = database
    .prepare<[string, string], number>('SELECT id FROM reporters WHERE reporter = ? AND incarnation = ?')
    .pluck();
  const insert = database.prepare(
    'INSERT INTO reporters (reporter, incarnation, first_day) VALUES (?, ?, ?)',
  );
  const countNew = database
    .prepare<[string, number], number>('SELECT count(*) FROM reporters WHERE reporter = ? AND first_day = ?')
    .pluck();
  const countElsewhere = database
    .prepare<[string, number], number>(
      `SELECT count(*) - count(DISTINCT id) FROM reporters JOIN received ON received.reporter = id
       WHERE reporters.reporter = ? AND id <> ?`,
    )
    .pluck();
  const selectRanges = database.prepare<[number], SequenceRange>(
    'SELECT first, last FROM received WHERE reporter = ? ORDER BY first',
  );
  const upsertRange = database.prepare(
    'INSERT INTO received (reporter, first, last) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET last = excluded.last',
  );
  const removeRange = database.prepare('DELETE FROM received WHERE reporter = ? AND first = ?');
  // Reporters number from 0 or from 1, so that a missing 0 alone is no gap; before every other range there is one.
  const selectGaps = database.prepare<[number, number, number], Omit<Gap, 'id'> & { id: number }>(
    `SELECT later.reporter AS id, reporters.reporter, incarnation, later.first - 1 AS toSequence,
       coalesce((SELECT last + 1 FROM received AS earlier WHERE earlier.reporter = later.reporter AND earlier.first < later.first
         ORDER BY earlier.first DESC LIMIT 1), 1) AS fromSequence
     FROM received AS later JOIN reporters ON reporters.id = later.reporter
     WHERE later.first > 1 AND (later.reporter, later.first) > (?, ?) ORDER BY later.reporter, later.first LIMIT ?`,
  );
  const cache = new Map<string, Entry>();
  let cachedRanges = 0;

  const remove = (key: string): void => {
    const entry = cache.get(key);
    if (entry === undefined) return;
    cache.delete(key);
    cachedRanges -= entry.saved.size;
  };
  /** The one that was found last has fewer than all may have, and stays. */
  const trim = (): void => {
    while (cache.size > maximumCachedReporters || cachedRanges > maximumCachedRanges)
      remove(cache.keys().next().value!);
  };
  const load = (reporter: string, incarnation: string, nowMs: number): Entry => {
    const known = selectId.get(reporter, incarnation);
    const id = known ?? Number(insert.run(reporter, incarnation, dayOf(nowMs)).lastInsertRowid);
    const ranges = known === undefined ? [] : selectRanges.all(id);
    return {
      id,
      received: createSequenceRanges(ranges),
      maximumRanges: MAXIMUM_RANGES,
      saved: new Map(ranges.map(({ first, last }) => [first, last])),
    };
  };
  const keyOf = (reporter: string, incarnation: string): string => `${reporter} ${incarnation}`;
  return {
    admit(reporter, incarnation, nowMs) {
      if (cache.has(keyOf(reporter, incarnation))) return;
      if (selectId.get(reporter, incarnation) !== undefined) return;
      if (countNew.get(reporter, dayOf(nowMs))! < DAILY_INCARNATIONS) return;
      throw new FairhopError(
        'too-many-incarnations',
        `${reporter} reported as ${DAILY_INCARNATIONS} new incarnations today, the most in a day; ${incarnation} may come tomorrow`,
        { status: 429 },
      );
    },
    find(reporter, incarnation, nowMs) {
      const key = keyOf(reporter, incarnation);
      const entry = cache.get(key) ?? load(reporter, incarnation, nowMs);
      remove(key);
      cache.set(key, entry);
      cachedRanges += entry.saved.size;
      trim();
      // One is always right: numbers that go on.
      entry.maximumRanges = Math.max(1, MAXIMUM_RANGES - countElsewhere.get(reporter, entry.id)!);
      return entry;
    },
    save(reporter) {
      const entry = reporter as Entry;
      const now = new Map(entry.received.ranges.map(({ first, last }) => [first, last]));
      for (const first of entry.saved.keys()) if (!now.has(first)) removeRange.run(entry.id, first);
      for (const [first, last] of now)
        if (entry.saved.get(first) !== last) upsertRange.run(entry.id, first, last);
      cachedRanges += now.size - entry.saved.size;
      entry.saved = now;
      trim();
    },
    gaps({ after, limit }) {
      const [reporter, sequence] = (after ?? '0-0').split('-').map(Number) as [number, number];
      return selectGaps
        .all(reporter, sequence + 1, limit)
        .map(({ id, ...gap }) => ({ id: `${id}-${gap.toSequence}`, ...gap }));
    },
    forget() {
      cache.clear();
      cachedRanges = 0;
    },
  };
}
