import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { HASH_BYTES, pieceHash, verifyManifest } from '@fairhop/shared/crypto';
import { type Manifest, pieceCount, pieceSizeBytes } from '@fairhop/shared/model';
import { checkPieceLength, pieceNotHeld, writeError } from './piece-errors.js';
import type { PieceStore } from './piece-store.js';
import { openJournal, readJournal, type VerifiedJournal } from './verified-journal.js';

export const dataFile = (directory: string): string => join(directory, 'data');
const journalFile = (directory: string): string => join(directory, 'verified');

/**
 * Opens the store of one content in `directory`: `data` is sparse and has the content's size, `verified` names its pieces.
 * Pieces that the journal names are hashed again before they are trusted.
 * @throws `disk-full`, and what `verifyManifest` throws.
 */
export async function openFilePieceStore(directory: string, manifest: Manifest): Promise<PieceStore> {
  const { pieceLayer } = verifyManifest(manifest);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = dataFile(directory);
  const data = await open(path, 'a+').then(async (created) => {
    await created.close();
    return open(path, 'r+');
  });
  try {
    await data.truncate(manifest.sizeBytes);
    const held = new Set<number>();
    for (const piece of await readJournal(journalFile(directory), pieceCount(manifest))) {
      if (await matches(data, manifest, pieceLayer, piece)) held.add(piece);
    }
    const journal = await openJournal(journalFile(directory), [...held]);
    return filePieceStore({ path, data, journal, manifest, held });
  } catch (error) {
    await data.close();
    throw writeError(path, error);
  }
}

interface OpenFiles {
  path: string;
  data: FileHandle;
  journal: VerifiedJournal;
  manifest: Manifest;
  held: Set<number>;
}

function filePieceStore({ path, data, journal, manifest, held }: OpenFiles): PieceStore {
  const pieces = pieceCount(manifest);
  const running = new Set<Promise<unknown>>();
  let closed = false;

  /** Files are closed only after what is under way. */
  const tracked = async <Result>(work: Promise<Result>): Promise<Result> => {
    running.add(work);
    try {
      return await work;
    } finally {
      running.delete(work);
    }
  };

  const writePiece = async (piece: number, bytes: Uint8Array): Promise<void> => {
    try {
      await writeFully(data, bytes, piece * manifest.pieceLengthBytes);
      // After the data: an entry never names bytes that were not handed to the system.
      await journal.append(piece);
    } catch (error) {
      throw writeError(path, error);
    }
    held.add(piece);
  };

  const readRange = async (
    piece: number,
    offset: number,
    lengthBytes: number,
    into?: Uint8Array,
  ): Promise<Uint8Array> => {
    const bytes = into?.subarray(0, lengthBytes) ?? Buffer.allocUnsafeSlow(lengthBytes);
    const read = await readFully(data, bytes, piece * manifest.pieceLengthBytes + offset);
    if (read !== lengthBytes) throw pieceNotHeld(manifest, piece, offset, lengthBytes);
    return bytes;
  };

  return {
    manifest,
    has: (piece) => held.has(piece),
    get verifiedPieces() {
      return held.size;
    },
    get complete() {
      return held.size === pieces;
    },
    write: async (piece, bytes) => {
      checkPieceLength(manifest, piece, bytes.length);
      if (closed) throw pieceNotHeld(manifest, piece, 0, bytes.length);
      if (!held.has(piece)) await tracked(writePiece(piece, bytes));
    },
    read: async (piece, offset, lengthBytes, into) => {
      if (
        closed ||
        !held.has(piece) ||
        offset < 0 ||
        offset + lengthBytes > pieceSizeBytes(manifest, piece)
      ) {
        throw pieceNotHeld(manifest, piece, offset, lengthBytes);
      }
      return tracked(readRange(piece, offset, lengthBytes, into));
    },
    close: async () => {
      if (closed) return;
      closed = true;
      await Promise.allSettled(running);
      await Promise.all([data.close(), journal.close()]);
    },
  };
}

async function matches(
  data: FileHandle,
  manifest: Manifest,
  pieceLayer: Buffer,
  piece: number,
): Promise<boolean> {
  const bytes = Buffer.allocUnsafe(pieceSizeBytes(manifest, piece));
  if ((await readFully(data, bytes, piece * manifest.pieceLengthBytes)) !== bytes.length) return false;
  const expected = pieceLayer.subarray(piece * HASH_BYTES, (piece + 1) * HASH_BYTES);
  return pieceHash(manifest, bytes).equals(expected);
}

async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}

async function readFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}
