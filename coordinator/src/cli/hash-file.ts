import { createReadStream } from 'node:fs';
import { choosePieceLength, createContentHasher } from '@fairhop/shared/crypto';
import type { Manifest } from '@fairhop/shared/model';

/** Large reads keep the hashing busy; memory stays at a few of them. */
const READ_BYTES = 1024 * 1024;

/**
 * The manifest of a file of that size, read once. `onChunk` gets each chunk too and holds the reading up until it is done.
 * Throws `content-size-mismatch` when the file changed meanwhile.
 */
export async function hashFile(
  file: string,
  sizeBytes: number,
  { onBytes, onChunk }: { onBytes: (bytes: number) => void; onChunk?: (chunk: Buffer) => Promise<void> },
): Promise<Manifest> {
  const hasher = createContentHasher({ sizeBytes, pieceLengthBytes: choosePieceLength(sizeBytes) });
  const stream = createReadStream(file, { highWaterMark: READ_BYTES });
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    hasher.update(chunk);
    await onChunk?.(chunk);
    onBytes(chunk.length);
  }
  return hasher.finish();
}
