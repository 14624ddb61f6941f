import { MAX_AUDIT_BYTES } from '@fairhop/shared/contract';
import { MIN_PIECE_LENGTH_BYTES, pieceSizeBytes } from '@fairhop/shared/model';

export interface ContentSize {
  readonly sizeBytes: number;
  readonly pieceCount: number;
}

/** Less says nothing of a disk's page. */
const MIN_AUDIT_BYTES = 4 * 1024;

/** A random range of a piece. @param random uniform in [0, 1) */
export function randomRange(
  content: ContentSize,
  piece: number,
  random: () => number,
): { offset: number; lengthBytes: number } {
  const pieceBytes = pieceSizeBytes(
    { sizeBytes: content.sizeBytes, pieceLengthBytes: pieceLengthOf(content) },
    piece,
  );
  const most = Math.min(pieceBytes, MAX_AUDIT_BYTES);
  const least = Math.min(most, MIN_AUDIT_BYTES);
  const lengthBytes = least + Math.floor(random() * (most - least + 1));
  return { offset: Math.floor(random() * (pieceBytes - lengthBytes + 1)), lengthBytes };
}

/** A power of two, so that size and number of pieces leave one length only; of a single piece its size says all. */
function pieceLengthOf({ sizeBytes, pieceCount }: ContentSize): number {
  let lengthBytes = MIN_PIECE_LENGTH_BYTES;
  while (lengthBytes * pieceCount < sizeBytes) lengthBytes *= 2;
  return lengthBytes;
}
