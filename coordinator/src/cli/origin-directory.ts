import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FairhopError, type Manifest } from '@fairhop/shared/model';
import { hashFile } from './hash-file.js';

export interface Placement {
  readonly file: string;
  readonly sizeBytes: number;
  readonly directory: string;
  readonly owner: string;
  readonly name: string;
  readonly onBytes: (bytes: number) => void;
}

export interface PlacedCopy {
  /** Of exactly what is there. */
  readonly manifest: Manifest;
  /** Puts the copy in its place, over what is there. */
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/**
 * Copies a file beside `<directory>/<owner>/<name>`, where `commit` puts it. Where the file system can, the copy shares the
 * file's blocks; else it is written as the file is read. Throws `disk-full`.
 */
export async function copyToOrigin(placement: Placement): Promise<PlacedCopy> {
  const { file, sizeBytes, directory, owner, name, onBytes } = placement;
  const target = join(directory, owner, name);
  await mkdir(dirname(target), { recursive: true });
  const temporary = `${target}.${randomBytes(6).toString('hex')}.tmp`;
  const discard = (): Promise<void> => rm(temporary, { force: true });
  try {
    const manifest = (await clone(file, temporary))
      ? await hashFile(temporary, sizeBytes, { onBytes })
      : await copyAndHash(file, sizeBytes, temporary, onBytes);
    return { manifest, commit: () => rename(temporary, target), discard };
  } catch (error) {
    await discard();
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'ENOSPC') throw error;
    const message = `${directory} has no space left for ${sizeBytes} bytes; free some and try again`;
    throw new FairhopError('disk-full', message, { status: 507, cause: error });
  }
}

async function clone(file: string, target: string): Promise<boolean> {
  try {
    await copyFile(file, target, constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch {
    return false;
  }
}

async function copyAndHash(
  file: string,
  sizeBytes: number,
  target: string,
  onBytes: (bytes: number) => void,
): Promise<Manifest> {
  const copy: FileHandle = await open(target, 'w');
  try {
    const manifest = await hashFile(file, sizeBytes, {
      onBytes,
      onChunk: async (chunk) => {
        await copy.writeFile(chunk);
      },
    });
    await copy.sync();
    return manifest;
  } finally {
    await copy.close();
  }
}
