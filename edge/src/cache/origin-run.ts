import { FairhopError, type Manifest, pieceSizeBytes } from '@fairhop/shared/model';
import type { OriginStream } from '../origin/origin.js';
import { originError } from '../origin/origin.js';

/** Pieces out of one origin stream, in the stream's order. */
export interface OriginRun {
  /** First byte that the stream has not given yet. */
  readonly position: number;
  /** Piece at or after the position, whose start is not passed. */
  readonly nextPiece: number;
  /** Puts bytes [fromByte, …) of the content into `target` until it is full; skips what comes before. */
  readInto(target: Uint8Array, fromByte: number, onProgress: (bytes: number) => void): Promise<void>;
  close(): void;
}

/** `onBytes` counts what comes from the origin, used or not. */
export function createOriginRun(
  stream: OriginStream,
  { pieceLengthBytes }: Pick<Manifest, 'pieceLengthBytes'>,
  onBytes: (bytes: number) => void,
): OriginRun {
  const iterator = stream.chunks[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  let position = stream.offset;

  const nextChunk = async (): Promise<Uint8Array> => {
    if (rest.length > 0) return rest;
    const { done, value } = await iterator.next();
    if (done) throw originError('origin-truncated', `the origin's answer ended at byte ${position}`);
    onBytes(value.length);
    return value;
  };
  const consume = (chunk: Uint8Array, bytes: number): void => {
    rest = chunk.subarray(bytes);
    position += bytes;
  };

  return {
    get position() {
      return position;
    },
    get nextPiece() {
      return Math.ceil(position / pieceLengthBytes);
    },
    readInto: async (target, fromByte, onProgress) => {
      if (fromByte < position) throw new FairhopError('internal', `a stream at ${position} cannot go back`);
      let filled = 0;
      while (filled < target.length) {
        const chunk = await nextChunk();
        const skip = Math.min(chunk.length, fromByte - position);
        if (skip > 0) {
          consume(chunk, skip);
          continue;
        }
        const part = chunk.subarray(0, target.length - filled);
        target.set(part, filled);
        filled += part.length;
        fromByte += part.length;
        consume(chunk, part.length);
        onProgress(part.length);
      }
    },
    close: () => {
      stream.close();
      // Ends the generator behind the chunks; what it says about its end is of no use any more.
      iterator.return?.().catch(() => undefined);
    },
  };
}

/** Bytes [from, to) of a piece. */
export function pieceBounds(manifest: Manifest, piece: number): { fromByte: number; toByte: number } {
  const fromByte = piece * manifest.pieceLengthBytes;
  return { fromByte, toByte: fromByte + pieceSizeBytes(manifest, piece) };
}
