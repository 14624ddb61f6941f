import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FairhopError, type Manifest, ownerIdSchema, slugSchema } from '@fairhop/shared/model';
import { hashFile } from './hash-file.js';

export interface Placement {
  readonly file: string;
  readonly sizeBytes: number;
  readonly directory: string;
  readonly owner: string;
  readonly name: string;
  readonly onBytes: (bytes: number) => void;
}

/**
 * Puts a file at `<directory>/<owner>/<name>`, whole or not at all, and gives the manifest of exactly what is there. Where
 * the file system can, the copy shares the file's blocks; else it is written as the file is read.
 */
export async function placeInOrigin(placement: Placement): Promise<Manifest> {
  const { file, sizeBytes, directory, owner, name, onBytes } = placement;
  requireSlug('--owner', owner, ownerIdSchema);
  requireSlug('--name', name, slugSchema);
  const target = join(directory, owner, name);
  await mkdir(dirname(target), { recursive: true });
  const temporary = `${target}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const manifest = (await clone(file, temporary))
      ? await hashFile(temporary, sizeBytes, { onBytes })
      : await copyAndHash(file, sizeBytes, temporary, onBytes);
    await rename(temporary, target);
    return manifest;
  } catch (error) {
    await rm(temporary, { force: true });
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

function requireSlug(option: string, value: string, schema: typeof slugSchema): void {
  const parsed = schema.safeParse(value);
  if (parsed.success) return;
  const message = `${option} ${JSON.stringify(value)} ${parsed.error.issues[0]?.message}`;
  throw new FairhopError('invalid-name', message, { status: 400 });
}
