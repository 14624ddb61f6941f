import { randomBytes } from 'node:crypto';
import { type FileHandle, link, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FairhopError } from '../model/errors.js';

/**
 * Replaces a file so that a crash at any point leaves the old or the new content, whole (write beside, fsync, rename,
 * fsync of the directory). Throws `disk-full`.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  mode = 0o600,
): Promise<void> {
  await withDurableCopy(path, content, mode, async (temporary) => rename(temporary, path));
}

/** As `writeFileAtomic`, but leaves an existing file alone: returns false when there was one already. */
export async function createFileAtomic(
  path: string,
  content: string | Uint8Array,
  mode = 0o600,
): Promise<boolean> {
  return withDurableCopy(path, content, mode, async (temporary) => {
    try {
      // A link fails where a rename would replace, so of two processes that create at once one wins.
      await link(temporary, path);
      return true;
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      throw error;
    } finally {
      await unlink(temporary);
    }
  });
}

/** Name that a crash between write and rename may leave behind beside `format.json`, `token` and the like. */
export function isTemporaryName(name: string): boolean {
  return /\.[0-9a-f]{12}\.tmp$/.test(name);
}

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

async function withDurableCopy<Result>(
  path: string,
  content: string | Uint8Array,
  mode: number,
  place: (temporary: string) => Promise<Result>,
): Promise<Result> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeDurably(await open(temporary, 'wx', mode), content);
    const result = await place(temporary);
    await syncDirectory(dirname(path));
    return result;
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    if (errorCode(error) === 'ENOSPC' || errorCode(error) === 'EDQUOT') {
      const message = `${path}: no space left to write ${content.length} bytes; free some space and try again`;
      throw new FairhopError('disk-full', message, { status: 507, cause: error });
    }
    throw error;
  }
}

async function writeDurably(file: FileHandle, content: string | Uint8Array): Promise<void> {
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open a directory; its file systems journal the rename.
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
