/** Pieces that one agent holds of a content, 32 in a word. */
export class PieceSet {
  readonly #words: Uint32Array;
  #size = 0;

  /** @param held `all`, or a bitfield as agents send it: first piece in the highest bit of the first byte (BEP 3). */
  constructor(
    readonly pieceCount: number,
    held: 'all' | Uint8Array,
  ) {
    this.#words = new Uint32Array(Math.ceil(pieceCount / 32));
    const readable = held === 'all' ? pieceCount : Math.min(pieceCount, held.length * 8);
    for (let piece = 0; piece < readable; piece += 1) {
      if (held === 'all' || (held[piece >>> 3]! & (0x80 >>> (piece & 7))) !== 0) this.#put(piece);
    }
  }

  /** How many are held. */
  get size(): number {
    return this.#size;
  }

  has(piece: number): boolean {
    return piece < this.pieceCount && (this.#words[piece >>> 5]! & (1 << (piece & 31))) !== 0;
  }

  /** Adds pieces; those outside of the content are left out. Gives how many were new. */
  add(pieces: Iterable<number>): number {
    const before = this.#size;
    for (const piece of pieces) if (piece >= 0 && piece < this.pieceCount) this.#put(piece);
    return this.#size - before;
  }

  /** Whether it holds a piece that `other`, of the same content, lacks. */
  offersTo(other: PieceSet): boolean {
    if (this.#size > other.#size) return true;
    const theirs = other.#words;
    const words = this.#words;
    for (let index = 0; index < words.length; index += 1) {
      if ((words[index]! & ~theirs[index]!) !== 0) return true;
    }
    return false;
  }

  #put(piece: number): void {
    const bit = 1 << (piece & 31);
    if ((this.#words[piece >>> 5]! & bit) !== 0) return;
    this.#words[piece >>> 5]! |= bit;
    this.#size += 1;
  }
}
