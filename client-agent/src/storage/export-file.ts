import { randomBytes } from 'node:crypto';
import { constants, copyFile, link, lstat, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { FairhopError } from '@fairhop/shared/model';
import { writeError } from './piece-errors.js';

/** @throws `output-exists`, `output-directory-missing` */
export async function checkOutput(output: string, force: boolean): Promise<void> {
  const path = resolve(output);
  const there = await lstat(path).catch(() => undefined);
  if (there?.isDirectory()) {
    throw new FairhopError('output-exists', `${path} is a directory; name a file in it`, { status: 409 });
  }
  if (there && !force) throw outputExists(path);
  const directory = await stat(dirname(path)).catch(() => undefined);
  if (directory?.isDirectory()) return;
  const what = directory ? 'is no directory; name a file in one' : 'does not exist; make it first';
  throw new FairhopError('output-directory-missing', `${dirname(path)} ${what}`, { status: 404 });
}

/**
 * Copies a file to `output`, whole or not at all: beside it under a temporary name, sharing its blocks where the file
 * system can, then renamed. @throws `output-exists` (unless `force`), `disk-full`, `not-writable`
 */
export async function exportFile(source: string, output: string, force: boolean): Promise<void> {
  const path = resolve(output);
  await checkOutput(path, force);
  const temporary = `${path}.${randomBytes(6).toString('hex')}.part`;
  try {
    await copyFile(source, temporary, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    if (force) await rename(temporary, path);
    else await placeIfAbsent(temporary, path);
  } catch (error) {
    throw writeError(path, error);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** A link fails where a rename would replace; file systems without links get the rename. */
async function placeIfAbsent(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'EEXIST') throw outputExists(path);
    if (!['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'].includes(code)) throw error;
    await rename(temporary, path);
  }
}

function outputExists(path: string): FairhopError {
  return new FairhopError('output-exists', `${path} is there already; name another file or give --force`, {
    status: 409,
  });
}
