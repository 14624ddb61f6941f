import type { Database } from 'better-sqlite3';
import type { Route } from '../ledger/routes.js';
import { createRouteIndex } from './route-index.js';
import type { EventBlock } from './statement.js';

interface NameReader {
  id(name: string): number | undefined;
  name(id: number): string;
}

/** The little that is looked up to ask a question, and to name its answer. */
export interface QueryStore {
  readonly database: Database;
  routes(): ReadonlyMap<number, Route>;
  readonly owners: NameReader;
  readonly titles: NameReader;
  readonly hosts: NameReader;
  /** First and last bin of all events that are or were there; null without events. */
  bounds(): { first: number | null; last: number | null };
  blocks(): EventBlock[];
  /** Of hours before it single events are dropped, and only rollups tell; 0 while all are kept. */
  keptFromHour(): number;
}

export function createQueryStore(database: Database): QueryStore {
  const nameReader = (table: 'owners' | 'titles' | 'hosts'): NameReader => {
    const id = database.prepare<[string], number>(`SELECT id FROM ${table} WHERE name = ?`).pluck();
    const name = database.prepare<[number], string>(`SELECT name FROM ${table} WHERE id = ?`).pluck();
    return { id: (text: string) => id.get(text), name: (number: number) => name.get(number)! };
  };
  const selectBounds = database.prepare<[], { first: number | null; last: number | null }>(
    `SELECT min(first) AS first, max(last) AS last FROM
       (SELECT min(first_bin) AS first, max(last_bin) AS last FROM event_blocks
        UNION ALL SELECT min(hour) * 12, max(hour) * 12 + 11 FROM dropped_hours)`,
  );
  const selectBlocks = database.prepare<[], EventBlock>(
    'SELECT block, first_bin AS first, last_bin AS last FROM event_blocks ORDER BY block',
  );
  const selectKept = database
    .prepare<[], number>(`SELECT value FROM counters WHERE name = 'kept-from-hour'`)
    .pluck();
  return {
    database,
    keptFromHour: () => selectKept.get()!,
    routes: createRouteIndex(database),
    owners: nameReader('owners'),
    titles: nameReader('titles'),
    hosts: nameReader('hosts'),
    bounds: () => selectBounds.get()!,
    blocks: () => selectBlocks.all(),
  };
}
