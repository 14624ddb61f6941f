import { type Migration, openDatabase } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';

const migrations: readonly Migration[] = [
  `
  -- What the edge knows of itself and its coordinator.
  CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE withdrawn (content_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  -- Reports that are not acknowledged yet; rejected ones stay to be looked at.
  CREATE TABLE message (
    sequence INTEGER PRIMARY KEY,
    record TEXT NOT NULL,
    rejection TEXT
  ) STRICT;
  CREATE INDEX message_waiting ON message (sequence) WHERE rejection IS NULL;
  -- Parts that were still growing at the last look.
  CREATE TABLE open_part (
    transfer_id TEXT NOT NULL,
    part INTEGER NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (transfer_id, part)
  ) STRICT, WITHOUT ROWID;
  -- Part numbers used so far, so that a token used again after a restart goes on counting.
  CREATE TABLE transfer (
    transfer_id TEXT PRIMARY KEY,
    next_part INTEGER NOT NULL,
    used_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`,
];

/**
 * With `synchronous=NORMAL` a commit survives kill -9; a power cut may take the last ones, and with them bytes that
 * nobody was told of yet.
 */
export const openEdgeDatabase = (file: string): Database =>
  openDatabase(file, migrations, { synchronous: 'NORMAL' });

/** Named values that outlive the process. */
export interface Facts {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
}

export function createFacts(database: Database): Facts {
  const select = database.prepare<[string], { value: string }>('SELECT value FROM fact WHERE name = ?');
  const upsert = database.prepare<[string, string]>(
    'INSERT INTO fact (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  );
  return {
    get: (name) => select.get(name)?.value,
    set: (name, value) => {
      upsert.run(name, value);
    },
  };
}
