/** Pieces held, one bit each, the first piece in the highest bit of the first byte, spare bits zero (as in BEP 3). */
export interface Bitfield {
  pieceCount: number;
  bits: Uint8Array;
}

/** A bitfield of `pieceCount` pieces with `held` set. Throws RangeError for a piece outside. */
export function createBitfield(pieceCount: number, held: Iterable<number>): Bitfield {
  const bits = new Uint8Array(bitfieldBytes(pieceCount));
  for (const piece of held) {
    if (!Number.isInteger(piece) || piece < 0 || piece >= pieceCount) {
      throw new RangeError(`Piece ${piece} is outside of a bitfield of ${pieceCount} pieces`);
    }
    bits[piece >>> 3] = bits[piece >>> 3]! | (0x80 >>> (piece & 7));
  }
  return { pieceCount, bits };
}

/** Indexes of the pieces held, ascending. */
export function* piecesOf({ pieceCount, bits }: Bitfield): Generator<number> {
  for (let piece = 0; piece < pieceCount; piece++) {
    if ((bits[piece >>> 3]! & (0x80 >>> (piece & 7))) !== 0) yield piece;
  }
}

export const bitfieldBytes = (pieceCount: number): number => Math.ceil(pieceCount / 8);

/** Whether the bits after the last piece are zero, so that a set of pieces has one form only. */
export function spareBitsAreZero({ pieceCount, bits }: Bitfield): boolean {
  const used = pieceCount & 7;
  return used === 0 || (bits.at(-1)! & (0xff >>> used)) === 0;
}
