import { BLOCK_BYTES, type Manifest, pieceCount, pieceSizeBytes } from '@fairhop/shared/model';
import { createBufferPool } from './buffer-pool.js';
import { PieceAssembly } from './piece-assembly.js';
import { PIECE } from './scheduler-view.js';
import type { SourceState } from './source-state.js';

/** Memory for pieces under way, and how many they are at most whatever their length. */
const ASSEMBLY_BYTES = 64 * 1024 * 1024;
const MAX_ASSEMBLIES = 256;

export type Assembly = PieceAssembly<SourceState>;

/** How each piece of a download stands, and those that are being put together. */
export class PieceBoard {
  /** `PIECE` of each piece. */
  readonly states: Uint8Array;
  readonly #assemblies = new Map<number, Assembly>();
  readonly #pool;
  readonly #maxAssemblies: number;
  /** The pieces that something may be asked of, in no order; `#at` is where each is in it, or -1. */
  readonly #askable: number[] = [];
  readonly #at: Int32Array;
  #heldPieces = 0;
  #heldBytes = 0;
  #firstMissing = 0;
  #openings = 0;

  constructor(readonly manifest: Manifest) {
    const pieces = pieceCount(manifest);
    this.states = new Uint8Array(pieces).fill(PIECE.missing);
    this.#at = new Int32Array(pieces);
    for (let piece = 0; piece < pieces; piece++) {
      this.#at[piece] = piece;
      this.#askable.push(piece);
    }
    this.#maxAssemblies = Math.max(
      4,
      Math.min(MAX_ASSEMBLIES, Math.floor(ASSEMBLY_BYTES / manifest.pieceLengthBytes)),
    );
    this.#pool = createBufferPool(manifest.pieceLengthBytes);
  }

  /** Pieces that are missing, or under way with blocks that nobody is asked for. */
  get askable(): readonly number[] {
    return this.#askable;
  }

  /** Grows when there may be something to ask for where there was nothing before. */
  get openings(): number {
    return this.#openings;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  get complete(): boolean {
    return this.#heldPieces === this.states.length;
  }

  /** The first piece that is not held. */
  get firstMissing(): number {
    while (this.states[this.#firstMissing] === PIECE.held) this.#firstMissing += 1;
    return this.#firstMissing;
  }

  /** Room for another piece in memory. */
  get mayBegin(): boolean {
    return this.#assemblies.size < this.#maxAssemblies;
  }

  under(piece: number): Assembly | undefined {
    return this.#assemblies.get(piece);
  }

  /** False once a piece was written, or the download ended. */
  isUnderWay(assembly: Assembly): boolean {
    return this.#assemblies.get(assembly.piece) === assembly;
  }

  begin(piece: number): Assembly {
    const bytes = this.#pool.take().subarray(0, pieceSizeBytes(this.manifest, piece));
    const assembly: Assembly = new PieceAssembly(piece, bytes);
    this.#assemblies.set(piece, assembly);
    return assembly;
  }

  /** Looks at a piece under way again: are all of its blocks asked for? */
  update(assembly: Assembly): void {
    if (!this.isUnderWay(assembly)) return;
    const isCovered = assembly.complete || assembly.firstUncovered(BLOCK_BYTES) === undefined;
    this.#set(assembly.piece, isCovered ? PIECE.covered : PIECE.open);
  }

  /** A piece is verified and written, now or in an earlier run. */
  hold(piece: number): void {
    const assembly = this.#assemblies.get(piece);
    if (assembly) {
      if (!this.mayBegin) this.#openings += 1;
      this.#assemblies.delete(piece);
      this.#pool.give(assembly.bytes);
    }
    this.#set(piece, PIECE.held);
    this.#heldPieces += 1;
    this.#heldBytes += pieceSizeBytes(this.manifest, piece);
  }

  clear(): void {
    this.#assemblies.clear();
  }

  #set(piece: number, state: number): void {
    const isAskable = state === PIECE.missing || state === PIECE.open;
    const at = this.#at[piece]!;
    this.states[piece] = state;
    if (isAskable && at < 0) {
      this.#at[piece] = this.#askable.push(piece) - 1;
      this.#openings += 1;
    } else if (!isAskable && at >= 0) {
      const last = this.#askable.pop()!;
      this.#at[piece] = -1;
      if (last === piece) return;
      this.#askable[at] = last;
      this.#at[last] = at;
    }
  }
}
