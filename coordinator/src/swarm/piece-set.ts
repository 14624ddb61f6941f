/** Pieces that one agent holds of a content, 32 in a word. */
export interface PieceSet {
  readonly pieceCount: number;
  /** How many are held. */
  readonly size: number;
  has(piece: number): boolean;
  /** Adds pieces; those outside of the content are left out. Gives how many were new. */
  add(pieces: Iterable<number>): number;
  /** Whether it holds a piece that `other` lacks. Both are of the same content. */
  offersTo(other: PieceSet): boolean;
  /** The n-th word. */
  readonly words: Uint32Array;
}

const BITS = 32;

/** @param held `all`, or a bitfield as agents send it: first piece in the highest bit of the first byte (BEP 3). */
export function createPieceSet(pieceCount: number, held: 'all' | Uint8Array): PieceSet {
  const words = new Uint32Array(Math.ceil(pieceCount / BITS));
  let size = 0;
  const put = (piece: number): void => {
    const word = piece >>> 5;
    const bit = 1 << (piece & 31);
    if ((words[word]! & bit) !== 0) return;
    words[word]! |= bit;
    size += 1;
  };
  if (held === 'all') for (let piece = 0; piece < pieceCount; piece += 1) put(piece);
  else {
    const readable = Math.min(pieceCount, held.length * 8);
    for (let piece = 0; piece < readable; piece += 1) {
      if ((held[piece >>> 3]! & (0x80 >>> (piece & 7))) !== 0) put(piece);
    }
  }
  return {
    pieceCount,
    words,
    get size() {
      return size;
    },
    has: (piece) => piece < pieceCount && (words[piece >>> 5]! & (1 << (piece & 31))) !== 0,
    add(pieces) {
      const before = size;
      for (const piece of pieces) if (piece >= 0 && piece < pieceCount) put(piece);
      return size - before;
    },
    offersTo(other) {
      if (size > other.size) return true;
      for (let index = 0; index < words.length; index += 1) {
        if ((words[index]! & ~other.words[index]!) !== 0) return true;
      }
      return false;
    },
  };
}
