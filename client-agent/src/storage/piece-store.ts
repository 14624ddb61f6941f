import { type Manifest, pieceCount, pieceSizeBytes } from '@fairhop/shared/model';

/**
 * Verified bytes of one content. Implementations run the compliance suite beside this file. Only pieces that matched
 * their hash are written, and only written pieces are read.
 */
export interface PieceStore {
  readonly manifest: Manifest;
  /** Bit per piece, set once the piece is verified and written. */
  has(piece: number): boolean;
  readonly verifiedPieces: number;
  readonly complete: boolean;
  /** Writes a verified piece; a kill -9 after it resolved keeps the piece. @throws `disk-full`, `disk-budget-exceeded` */
  write(piece: number, bytes: Uint8Array): Promise<void>;
  /**
   * Reads a range of a held piece: into the beginning of `into`, which has room for it and of which a view is returned,
   * or else into memory of its own. @throws `piece-not-held`
   */
  read(piece: number, offset: number, lengthBytes: number, into?: Uint8Array): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Bytes of the pieces that a store holds; the last one may be short. */
export function verifiedBytesOf(store: PieceStore): number {
  const { manifest, verifiedPieces } = store;
  const last = pieceCount(manifest) - 1;
  const missingBytes = store.has(last) ? manifest.pieceLengthBytes - pieceSizeBytes(manifest, last) : 0;
  return verifiedPieces * manifest.pieceLengthBytes - missingBytes;
}
