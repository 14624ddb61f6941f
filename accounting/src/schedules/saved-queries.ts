import { type Query, querySchema, type SavedQuery } from '@fairhop/shared/contract';
import { FairhopError, type Party } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';
import { failureOf } from './failure.js';

/** As it is put: a question that may be asked. */
interface AskedQuery extends Omit<SavedQuery, 'query' | 'error'> {
  readonly query: Query;
}

export interface SavedQueries {
  /** Sets or replaces it. Throws `saved-query-taken` (409) when another party holds the name, `too-many-saved-queries` (409). */
  put(query: AskedQuery): SavedQuery;
  /** All, or those of one party; one that is not right any more with its error. */
  list(holder?: Party): SavedQuery[];
  /** Throws `saved-query-unknown` (404). */
  get(id: string): SavedQuery;
  /** Throws `saved-query-unknown` (404), and `saved-query-invalid` (409) where it was right once and is not any more. */
  question(id: string): Pick<AskedQuery, 'query' | 'holder'>;
  remove(id: string): void;
}

/** Each a few hundred bytes; a reporting desk has some dozens. */
const MAX_SAVED = 10_000;
/** So that one party's script does not take the place of all others. */
const MAX_SAVED_PER_PARTY = 1_000;

interface Row {
  readonly id: string;
  readonly name: string;
  readonly query: string;
  readonly holder: string;
}

export function createSavedQueries(database: Database): SavedQueries {
  const select = database.prepare<[string], Row>('SELECT * FROM saved_queries WHERE id = ?');
  const selectAll = database.prepare<[], Row>('SELECT * FROM saved_queries ORDER BY id');
  const count = database.prepare<[string], { count: number; own: number }>(
    'SELECT count(*) AS count, count(*) FILTER (WHERE holder = ?) AS own FROM saved_queries',
  );
  const upsert = database.prepare<[Row]>(
    'INSERT INTO saved_queries VALUES (@id, @name, @query, @holder) ON CONFLICT (id) DO UPDATE SET name = @name, query = @query',
  );
  const remove = database.prepare<[string]>('DELETE FROM saved_queries WHERE id = ?');
  const find = (id: string): Row => {
    const row = select.get(id);
    if (row !== undefined) return row;
    throw new FairhopError('saved-query-unknown', `there is no saved query ${id}`, { status: 404 });
  };
  return {
    put: database.transaction((saved: AskedQuery) => {
      const before = select.get(saved.id);
      const holder = JSON.stringify(saved.holder);
      const { count: all, own } = count.get(holder)!;
      if (before === undefined && (all >= MAX_SAVED || own >= MAX_SAVED_PER_PARTY)) {
        const message = `there are ${all} saved queries, ${own} of them yours; the most are ${MAX_SAVED} and ${MAX_SAVED_PER_PARTY}: remove one`;
        throw new FairhopError('too-many-saved-queries', message, { status: 409 });
      }
      if (before !== undefined && before.holder !== holder)
        throw new FairhopError(
          'saved-query-taken',
          `another party has a saved query ${saved.id}; take another name`,
          {
            status: 409,
          },
        );
      upsert.run({ id: saved.id, name: saved.name, query: JSON.stringify(saved.query), holder });
      return { ...saved, error: null };
    }),
    list: (holder) =>
      selectAll
        .all()
        .map(savedQueryOf)
        .filter((saved) => holder === undefined || isSameParty(saved.holder, holder)),
    get: (id) => savedQueryOf(find(id)),
    question(id) {
      const row = find(id);
      return { query: queryOf(row), holder: JSON.parse(row.holder) as Party };
    },
    remove: (id) => void remove.run(id),
  };
}

export const isSameParty = (one: Party, other: Party): boolean =>
  one.kind === other.kind && one.id === other.id;

function savedQueryOf(row: Row): SavedQuery {
  const { id, name, holder } = row;
  const saved = { id, name, holder: JSON.parse(holder) as Party };
  try {
    return { ...saved, query: queryOf(row), error: null };
  } catch (error) {
    return { ...saved, query: null, error: failureOf(error) };
  }
}

/** Queries were others when it was kept. */
function queryOf({ id, query }: Row): Query {
  const read = querySchema.safeParse(JSON.parse(query));
  if (read.success) return read.data;
  const { path, message } = read.error.issues[0]!;
  throw new FairhopError(
    'saved-query-invalid',
    `saved query ${id} cannot be asked any more, its ${path.join('.') || 'query'} is not right: ${message}; put it anew`,
    { status: 409 },
  );
}
