import type { Database } from 'better-sqlite3';

interface Owner {
  readonly owner: string;
  readonly name: string;
}

export interface Owners {
  put(owner: Owner): void;
  get(owner: string): Owner | undefined;
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
    get: (owner) => select.get(owner) as Owner | undefined,
    list: () => selectAll.all() as Owner[],
  };
}
