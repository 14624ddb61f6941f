import { chmod, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import type { Logger } from 'pino';
import { z } from 'zod';
import { FairhopError } from '../model/errors.js';
import { errorCode, isTemporaryName, writeFileAtomic } from './atomic-file.js';

const formatFileName = 'format.json';
const lockFileName = 'lock.db';
const formatSchema = z.strictObject({ name: z.string().min(1), version: z.int().min(1) });

export interface DataDirectory {
  /** Absolute path. */
  readonly path: string;
  /** Path of a file in it. */
  file(name: string): string;
  /** Gives the lock back. */
  close(): void;
}

export interface DataDirectoryOptions {
  /** Whose directory it is, for example `coordinator`. */
  name: string;
  /** Version of the layout that this software reads and writes, from 1. Databases in it carry their own version. */
  formatVersion: number;
  log: Logger;
}

/**
 * Opens the directory that holds what a service must not lose, for this process alone; makes it (mode 0700) when it is
 * not there.
 * Throws `data-directory-locked` (another process has it), `data-directory-foreign` (of another service, or no data
 * directory at all), `data-directory-newer` (written by a later version), `data-directory-older` and
 * `data-directory-unusable` (not a directory, not ours to write).
 */
export async function openDataDirectory(path: string, options: DataDirectoryOptions): Promise<DataDirectory> {
  const directory = resolve(path);
  const isNew = await makeDirectory(directory);
  // Looked at before the lock too, so that not even a lock file is put into a directory that is not ours.
  await checkFormat(directory, options);
  const lock = takeLock(directory, options.name);
  try {
    const isOurs = await checkFormat(directory, options);
    // Only now: the mode of a directory that is refused is not ours to change.
    await closeToOthers(directory, { isNew, log: options.log });
    if (!isOurs) {
      const format = { name: options.name, version: options.formatVersion };
      await writeFileAtomic(join(directory, formatFileName), `${JSON.stringify(format)}\n`);
    }
  } catch (error) {
    lock.close();
    throw error;
  }
  return { path: directory, file: (name) => join(directory, name), close: () => lock.close() };
}

/** True when it was not there. */
async function makeDirectory(directory: string): Promise<boolean> {
  try {
    const created = await mkdir(directory, { recursive: true, mode: 0o700 });
    const status = await stat(directory);
    if (!status.isDirectory()) throw Object.assign(new Error('not a directory'), { code: 'ENOTDIR' });
    return created !== undefined;
  } catch (error) {
    throw unusable(directory, error);
  }
}

async function closeToOthers(
  directory: string,
  { isNew, log }: { isNew: boolean; log: Logger },
): Promise<void> {
  if (process.platform === 'win32') return;
  try {
    if (((await stat(directory)).mode & 0o077) === 0) return;
    if (!isNew) log.warn({ directory }, 'data directory was open to other users; closed it');
    await chmod(directory, 0o700);
  } catch (error) {
    throw unusable(directory, error);
  }
}

function unusable(directory: string, cause: unknown): FairhopError {
  const message = `data directory ${directory} cannot be made or opened (${errorCode(cause) ?? cause}); name a directory that this user may write`;
  return new FairhopError('data-directory-unusable', message, { cause });
}

/** True when the directory is ours and of our version, false when it is still empty. */
async function checkFormat(
  directory: string,
  { name, formatVersion }: DataDirectoryOptions,
): Promise<boolean> {
  const text = await readFormat(directory);
  if (text === undefined) {
    const names = await readdir(directory);
    const strange = names.find((entry) => !entry.startsWith(lockFileName) && !isTemporaryName(entry));
    if (strange === undefined) return false;
    throw foreign(directory, `holds ${strange} but no ${formatFileName}`, name);
  }
  const format = formatSchema.safeParse(parseJson(text));
  if (!format.success) throw foreign(directory, `has a ${formatFileName} that is not Fairhop's`, name);
  if (format.data.name !== name) throw foreign(directory, `belongs to ${format.data.name}`, name);
  if (format.data.version !== formatVersion) {
    const newer = format.data.version > formatVersion;
    const message = `data directory ${directory} has format version ${format.data.version}, this ${name} knows ${formatVersion}; run ${newer ? 'a later' : 'an earlier'} version of Fairhop on it`;
    throw new FairhopError(newer ? 'data-directory-newer' : 'data-directory-older', message);
  }
  return true;
}

async function readFormat(directory: string): Promise<string | undefined> {
  try {
    return await readFile(join(directory, formatFileName), 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** SQLite's lock on a file is the operating system's, which takes it back however the process ends. */
function takeLock(directory: string, name: string): Database.Database {
  const file = join(directory, lockFileName);
  const database = new Database(file, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    if (errorCode(error) !== 'SQLITE_BUSY') throw error;
    const message = `data directory ${directory} is in use by another process; stop that ${name} or name another directory`;
    throw new FairhopError('data-directory-locked', message, { status: 409, cause: error });
  }
}

function foreign(directory: string, what: string, name: string): FairhopError {
  const message = `data directory ${directory} ${what}; name an empty directory or one of this ${name}`;
  return new FairhopError('data-directory-foreign', message);
}
