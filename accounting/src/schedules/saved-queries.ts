import { querySchema, type SavedQuery } from '@fairhop/shared/contract';
import { FairhopError, type Party } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';

export interface SavedQueries {
  /** Sets or replaces it. Throws `saved-query-taken` (409) when another party holds the name, `too-many-saved-queries` (409). */
  put(query: SavedQuery): SavedQuery;
  /** All, or those of one party. */
  list(holder?: Party): SavedQuery[];
  /** Throws `saved-query-unknown` (404). */
  get(id: string): SavedQuery;
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
  return {
    put: database.transaction((saved: SavedQuery) => {
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
      return saved;
    }),
    list: (holder) =>
      selectAll
        .all()
        .map(savedQueryOf)
        .filter((saved) => holder === undefined || isSameParty(saved.holder, holder)),
    get(id) {
      const row = select.get(id);
      if (row !== undefined) return savedQueryOf(row);
      throw new FairhopError('saved-query-unknown', `there is no saved query ${id}`, { status: 404 });
    },
    remove: (id) => void remove.run(id),
  };
}

export const isSameParty = (one: Party, other: Party): boolean =>
  one.kind === other.kind && one.id === other.id;

const savedQueryOf = ({ id, name, query, holder }: Row): SavedQuery => ({
  id,
  name,
  query: querySchema.parse(JSON.parse(query)),
  holder: JSON.parse(holder) as Party,
});
