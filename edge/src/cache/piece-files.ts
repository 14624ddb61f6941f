import { randomBytes } from 'node:crypto';
import { renameSync, rmSync } from 'node:fs';
import { open, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FairhopError } from '@fairhop/shared/model';
import { errorCode } from '@fairhop/shared/service';

/** Bytes of a piece, held open for one reader. */
export interface PieceFile {
  /** Fills `target` with the bytes from `offset` on. Throws `piece-unreadable` when the file does not have them. */
  readInto(target: Uint8Array, offset: number): Promise<void>;
  close(): Promise<void>;
}

/** How a piece's bytes get to disk; tests put a full disk here. */
export type WriteFile = (file: string, bytes: Uint8Array) => Promise<void>;
export const writeToDisk: WriteFile = (file, bytes) => writeFile(file, bytes, { flag: 'wx', mode: 0o600 });

const pieceName = (index: number): string => `${index}.piece`;

/**
 * Writes a piece beside its place and renames it there: a name in the directory stands for a whole piece, whenever the
 * process dies. There is no fsync, since a piece is hashed again before its first use by another process.
 * Throws `disk-full` (507).
 */
export async function writePiece(
  directory: string,
  index: number,
  bytes: Uint8Array,
  write: WriteFile,
): Promise<void> {
  const temporary = join(directory, `${index}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await write(temporary, bytes);
    renameSync(temporary, join(directory, pieceName(index)));
  } catch (error) {
    await rm(temporary, { force: true });
    const code = errorCode(error);
    if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error;
    const message = `no space left on disk for a piece of ${bytes.length} bytes; free some space or lower cacheBytes`;
    throw new FairhopError('disk-full', message, { status: 507, cause: error });
  }
}

/** Synchronous, so that no new piece is written between the decision and the removal. Readers keep what they opened. */
export const removePiece = (directory: string, index: number): void =>
  rmSync(join(directory, pieceName(index)), { force: true });

/** Pieces in a content's directory; what a killed process left half written is removed. */
export async function listPieces(directory: string): Promise<number[]> {
  const indexes: number[] = [];
  for (const name of await readdir(directory)) {
    const index = /^(0|[1-9]\d{0,5})\.piece$/.exec(name)?.[1];
    if (index !== undefined) indexes.push(Number(index));
    else if (name.endsWith('.tmp')) await rm(join(directory, name), { force: true });
  }
  return indexes;
}

export async function openPiece(directory: string, index: number): Promise<PieceFile> {
  const handle = await open(join(directory, pieceName(index)), 'r');
  return {
    readInto: async (target, offset) => {
      const { bytesRead } = await handle.read(target, 0, target.length, offset);
      if (bytesRead === target.length) return;
      const message = `piece ${index} in ${directory} has ${bytesRead} bytes from ${offset}, ${target.length} are right`;
      throw new FairhopError('piece-unreadable', message);
    },
    close: () => handle.close(),
  };
}
