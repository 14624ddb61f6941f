import { type FileHandle, open, readFile } from 'node:fs/promises';
import { writeFileAtomic } from '@fairhop/shared/service';

/** Piece index u32, then its complement: a torn or zero-filled tail is no entry. */
const ENTRY_BYTES = 8;

/**
 * Which pieces were verified and written, appended one by one. A kill -9 loses no entry that was appended (the page cache
 * is the system's); what a power cut leaves is checked against the data by its reader.
 */
export interface VerifiedJournal {
  append(piece: number): Promise<void>;
  close(): Promise<void>;
}

/** Pieces that the journal names, each once, ascending; an unreadable tail is left out. */
export async function readJournal(path: string, pieces: number): Promise<number[]> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  const named = new Set<number>();
  for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
    const piece = bytes.readUInt32BE(at);
    if (~piece >>> 0 === bytes.readUInt32BE(at + 4) && piece < pieces) named.add(piece);
  }
  return [...named].sort((left, right) => left - right);
}

/** Opens the journal for appending, holding exactly `pieces`. */
export async function openJournal(path: string, pieces: readonly number[]): Promise<VerifiedJournal> {
  // Written anew, so that a torn tail never shifts the entries after it.
  await writeFileAtomic(path, Buffer.concat(pieces.map(entryOf)));
  const file: FileHandle = await open(path, 'a');
  return {
    append: async (piece) => {
      await file.appendFile(entryOf(piece));
    },
    close: () => file.close(),
  };
}

function entryOf(piece: number): Buffer {
  const entry = Buffer.alloc(ENTRY_BYTES);
  entry.writeUInt32BE(piece, 0);
  entry.writeUInt32BE(~piece >>> 0, 4);
  return entry;
}
