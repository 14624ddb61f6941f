import { type Manifest, pieceCount, pieceSizeBytes } from '@fairhop/shared/model';
import { checkPieceLength, pieceNotHeld } from './piece-errors.js';
import type { PieceStore } from './piece-store.js';

/** A store in memory, for contents that need not outlive the process. */
export function createMemoryPieceStore(manifest: Manifest): PieceStore {
  const pieces = new Map<number, Uint8Array>();
  return {
    manifest,
    has: (piece) => pieces.has(piece),
    get verifiedPieces() {
      return pieces.size;
    },
    get complete() {
      return pieces.size === pieceCount(manifest);
    },
    write: async (piece, bytes) => {
      checkPieceLength(manifest, piece, bytes.length);
      pieces.set(piece, Uint8Array.from(bytes));
    },
    read: async (piece, offset, lengthBytes, into) => {
      const bytes = pieces.get(piece);
      if (bytes === undefined || offset + lengthBytes > pieceSizeBytes(manifest, piece)) {
        throw pieceNotHeld(manifest, piece, offset, lengthBytes);
      }
      const range = bytes.subarray(offset, offset + lengthBytes);
      if (into === undefined) return range.slice();
      into.set(range);
      return into.subarray(0, lengthBytes);
    },
    close: async () => pieces.clear(),
  };
}
