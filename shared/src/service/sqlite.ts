import Database from 'better-sqlite3';
import { FairhopError } from '../model/errors.js';
import { errorCode } from './atomic-file.js';

/** How long a statement waits for another connection's write: longer than any transaction of ours takes. */
const busyTimeoutMs = 5000;

/** SQL text or code; runs once, in its own transaction. Its place in the list is its number and never changes. */
export type Migration = string | ((database: Database.Database) => void);

export interface DatabaseOptions {
  /** FULL: a commit survives a power cut. NORMAL: it survives kill -9, and a power cut may take the last ones. */
  synchronous: 'FULL' | 'NORMAL';
}

/**
 * Opens a SQLite database (WAL, foreign keys on) and brings it to the version `migrations.length`, kept in SQLite's
 * `user_version`. A migration that fails leaves the database at the version before it.
 * Throws `database-newer`, `database-migration-failed`, `database-unreadable` (damaged, or no database).
 */
export function openDatabase(
  file: string,
  migrations: readonly Migration[],
  { synchronous }: DatabaseOptions,
): Database.Database {
  const database = openFile(file);
  try {
    database.pragma('journal_mode = WAL');
    database.pragma(`synchronous = ${synchronous}`);
    database.pragma('foreign_keys = ON');
    migrate(file, database, migrations);
    return database;
  } catch (error) {
    database.close();
    if (error instanceof FairhopError) throw error;
    throw unreadable(file, error);
  }
}

/** A number for an integer column's value; throws `integer-unsafe` where a double would lose digits. */
export function toSafeInteger(value: bigint | number, name: string): number {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  const message = `${name} is ${value}; an integer between ±${Number.MAX_SAFE_INTEGER} is right`;
  throw new FairhopError('integer-unsafe', message);
}

function openFile(file: string): Database.Database {
  try {
    return new Database(file, { timeout: busyTimeoutMs });
  } catch (error) {
    throw unreadable(file, error);
  }
}

function migrate(file: string, database: Database.Database, migrations: readonly Migration[]): void {
  while (applyNext(file, database, migrations));
}

function applyNext(file: string, database: Database.Database, migrations: readonly Migration[]): boolean {
  if (readVersion(file, database, migrations.length) === migrations.length) return false;
  const step = database.transaction((): void => {
    // Read again under the write lock: another process may have migrated meanwhile.
    const version = readVersion(file, database, migrations.length);
    const migration = migrations[version];
    if (migration === undefined) return;
    try {
      if (typeof migration === 'string') database.exec(migration);
      else migration(database);
    } catch (error) {
      const message = `database ${file}: migration ${version + 1} of ${migrations.length} failed (${String(error)}); it stays at version ${version}`;
      throw new FairhopError('database-migration-failed', message, { cause: error });
    }
    database.pragma(`user_version = ${version + 1}`);
  });
  step.immediate();
  return true;
}

function readVersion(file: string, database: Database.Database, known: number): number {
  const version = Number(database.pragma('user_version', { simple: true }));
  if (version <= known) return version;
  const message = `database ${file} has version ${version}, this software knows up to ${known}; run a later version of Fairhop on it`;
  throw new FairhopError('database-newer', message);
}

function unreadable(file: string, cause: unknown): FairhopError {
  const message = `database ${file} cannot be used (${errorCode(cause) ?? String(cause)}); restore it from a backup or name another file`;
  return new FairhopError('database-unreadable', message, { cause });
}
