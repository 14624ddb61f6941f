import { hash } from 'node:crypto';
import { badBlocks, HASH_BYTES, pieceHash, verifyLeafLayer, verifyManifest } from '@fairhop/shared/crypto';
import { BLOCK_BYTES, type Manifest } from '@fairhop/shared/model';

/** Pieces longer than this are verified and acknowledged by block, so that a receipt never waits for a whole one. */
const MAX_WHOLE_PIECE_BYTES = 4 * 1024 * 1024;
/** Leaf layers kept, 32 KiB each for the longest pieces: more than pieces can be under way. */
const MAX_LEAF_LAYERS = 64;

/** Where leaf layers come from; throws when it cannot get one. */
export type FetchLeaves = (piece: number) => Promise<Uint8Array>;

export interface PieceVerifier {
  readonly byBlock: boolean;
  matches(piece: number, bytes: Uint8Array): boolean;
  /** The leaf layer, checked against the piece's hash; undefined when no source gives a right one. */
  leaves(piece: number): Promise<Uint8Array | undefined>;
  /** The leaf layer if it is there already. */
  knownLeaves(piece: number): Uint8Array | undefined;
  forget(piece: number): void;
  badBlocks(bytes: Uint8Array, leaves: Uint8Array): number[];
  blockMatches(bytes: Uint8Array, block: number, leaves: Uint8Array): boolean;
}

/** @throws what `verifyManifest` throws */
export function createPieceVerifier(manifest: Manifest, fetchLeaves: FetchLeaves): PieceVerifier {
  const { pieceLayer } = verifyManifest(manifest);
  const known = new Map<number, Uint8Array>();
  const expected = (piece: number): Buffer =>
    pieceLayer.subarray(piece * HASH_BYTES, (piece + 1) * HASH_BYTES);
  return {
    byBlock: manifest.pieceLengthBytes > MAX_WHOLE_PIECE_BYTES,
    matches: (piece, bytes) => pieceHash(manifest, bytes).equals(expected(piece)),
    leaves: async (piece) => {
      const present = known.get(piece);
      if (present) return present;
      const leaves = await fetchLeaves(piece).catch(() => undefined);
      if (leaves === undefined || !verifyLeafLayer(manifest, piece, leaves, expected(piece)))
        return undefined;
      if (known.size >= MAX_LEAF_LAYERS) known.delete(known.keys().next().value!);
      known.set(piece, leaves);
      return leaves;
    },
    knownLeaves: (piece) => known.get(piece),
    forget: (piece) => {
      known.delete(piece);
    },
    badBlocks,
    blockMatches: (bytes, block, leaves) =>
      hash('sha256', bytes.subarray(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES), 'buffer').equals(
        leaves.subarray(block * HASH_BYTES, (block + 1) * HASH_BYTES),
      ),
  };
}
