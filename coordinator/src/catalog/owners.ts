import { FairhopError } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';

interface Owner {
  readonly owner: string;
  readonly name: string;
}

export interface Owners {
  put(owner: Owner): void;
  /** Throws `owner-unknown` (404). */
  require(owner: string): Owner;
  list(): Owner[];
}

/** Content owners, as the operator registers them. */
export function createOwners(database: Database): Owners {
  const upsert = database.prepare(
    'INSERT INTO owners (owner, name) VALUES (?, ?) ON CONFLICT (owner) DO UPDATE SET name = excluded.name',
  );
  const select = database.prepare('SELECT owner, name FROM owners WHERE owner = ?');
  const selectAll = database.prepare('SELECT owner, name FROM owners ORDER BY owner');
  return {
    put: ({ owner, name }) => {
      upsert.run(owner, name);
    },
    require(id) {
      const owner = select.get(id) as Owner | undefined;
      if (owner) return owner;
      const message = `owner ${id} is not registered; register it with PUT /v1/owners/${id}`;
      throw new FairhopError('owner-unknown', message, { status: 404 });
    },
    list: () => selectAll.all() as Owner[],
  };
}
