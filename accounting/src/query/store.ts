import { FairhopError } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';
import type { Route } from '../ledger/routes.js';
import { createReceivedFiles, type FilesFilter, type ReceivedFile } from './files.js';
import { createRouteIndex } from './route-index.js';
import type { EventBlock, Statement } from './source.js';

export interface SumRow {
  readonly route?: number;
  readonly owner?: number;
  readonly title?: number;
  readonly slot?: number;
  /** Null: nothing was there to add up. */
  readonly value: number | null;
}

/** Shapes of queries in use; a prepared one takes some 10 KiB. */
const maximumPrepared = 200;

interface NameReader {
  id(name: string): number | undefined;
  name(id: number): string;
}

/** What queries read of the ledger's database. */
export interface QueryStore {
  readonly database: Database;
  routes(): ReadonlyMap<number, Route>;
  receivedFiles(filter: FilesFilter): Iterable<ReceivedFile>;
  readonly owners: NameReader;
  readonly titles: NameReader;
  hostId(host: string): number | undefined;
  /** First and last bin of all events; null without events. */
  bounds(): { first: number | null; last: number | null };
  blocks(): EventBlock[];
  /** Throws `sum-beyond-limit`. */
  sums(statement: Statement): SumRow[];
}

export function createQueryStore(database: Database): QueryStore {
  const prepared = new Map<string, ReturnType<typeof database.prepare>>();
  const prepare = (sql: string) => {
    let statement = prepared.get(sql);
    if (statement === undefined) {
      if (prepared.size >= maximumPrepared) prepared.clear();
      statement = database.prepare(sql);
      prepared.set(sql, statement);
    }
    return statement;
  };
  const nameReader = (table: 'owners' | 'titles'): NameReader => {
    const id = database.prepare<[string], number>(`SELECT id FROM ${table} WHERE name = ?`).pluck();
    const name = database.prepare<[number], string>(`SELECT name FROM ${table} WHERE id = ?`).pluck();
    return { id: (text: string) => id.get(text), name: (number: number) => name.get(number)! };
  };
  const selectHost = database.prepare<[string], number>('SELECT id FROM hosts WHERE name = ?').pluck();
  const selectBounds = database.prepare<[], { first: number | null; last: number | null }>(
    'SELECT min(first_bin) AS first, max(last_bin) AS last FROM event_blocks',
  );
  const selectBlocks = database.prepare<[], EventBlock>(
    'SELECT block, first_bin AS first, last_bin AS last FROM event_blocks ORDER BY block',
  );
  return {
    database,
    routes: createRouteIndex(database),
    receivedFiles: createReceivedFiles(database),
    owners: nameReader('owners'),
    titles: nameReader('titles'),
    hostId: (host) => selectHost.get(host),
    bounds: () => selectBounds.get()!,
    blocks: () => selectBlocks.all(),
    sums: ({ sql, parameters }) => {
      try {
        return prepare(sql).all(parameters) as SumRow[];
      } catch (error) {
        if (error instanceof Error && error.message === 'integer overflow') throw beyondExact();
        throw error;
      }
    },
  };
}

export const beyondExact = (): FairhopError =>
  new FairhopError(
    'sum-beyond-limit',
    `the sum is beyond ${Number.MAX_SAFE_INTEGER}; a shorter time or fewer networks are right`,
    { status: 422 },
  );
