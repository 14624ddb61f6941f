import { hash } from 'node:crypto';
import {
  BLOCK_BYTES,
  FairhopError,
  MAX_PIECE_LENGTH_BYTES,
  MIN_PIECE_LENGTH_BYTES,
  pieceCount,
  pieceSizeBytes,
} from '../model/index.js';

/**
 * Merkle tree of BitTorrent v2 (BEP 52): SHA-256 over blocks of 16 KiB (the last as long as it is), leaves padded with 32
 * zero bytes. A piece's hash is the root of its subtree; a content of at most one piece is one tree over its own blocks.
 */
export const HASH_BYTES = 32;

/** Size and piece length of a content, as in its manifest. */
export interface ContentShape {
  readonly sizeBytes: number;
  readonly pieceLengthBytes: number;
}

/** Most pieces of a content whose pieces are not of the largest length yet: a piece layer of 128 KiB. */
const MANY_PIECES = 4096;

/** Power of two from 256 KiB to 16 MiB that cuts `sizeBytes` in at most 4,096 pieces; over 64 GiB there are more. */
export function choosePieceLength(sizeBytes: number): number {
  let pieceLengthBytes = MIN_PIECE_LENGTH_BYTES;
  while (pieceLengthBytes < MAX_PIECE_LENGTH_BYTES && sizeBytes / pieceLengthBytes > MANY_PIECES)
    pieceLengthBytes *= 2;
  return pieceLengthBytes;
}

export const sha256 = (bytes: Uint8Array): Buffer => hash('sha256', bytes, 'buffer');

/** Hashes of a piece's blocks, 32 bytes each, without the padding. */
export function leafLayer(pieceBytes: Uint8Array): Buffer {
  const leaves = Buffer.alloc(blockCount(pieceBytes.length) * HASH_BYTES);
  for (let block = 0; block * BLOCK_BYTES < pieceBytes.length; block++) {
    sha256(blockOf(pieceBytes, block)).copy(leaves, block * HASH_BYTES);
  }
  return leaves;
}

/** A piece's hash from its bytes. `content` tells how far its subtree is padded. */
export function pieceHash(content: ContentShape, pieceBytes: Uint8Array): Buffer {
  return pieceHashOfLeaves(content, leafLayer(pieceBytes));
}

/** A piece's hash from its leaf layer. */
export function pieceHashOfLeaves(content: ContentShape, leaves: Uint8Array): Buffer {
  return merkleRoot(leaves, pieceHeight(content), ZERO_LEAF);
}

/** Whether `leaves` are the block hashes of piece `index`, whose hash is `expectedPieceHash`. */
export function verifyLeafLayer(
  content: ContentShape,
  index: number,
  leaves: Uint8Array,
  expectedPieceHash: Uint8Array,
): boolean {
  if (index < 0 || index >= pieceCount(content)) return false;
  if (leaves.length !== blockCount(pieceSizeBytes(content, index)) * HASH_BYTES) return false;
  return pieceHashOfLeaves(content, leaves).equals(expectedPieceHash);
}

/** Indexes of the blocks of `pieceBytes` that differ from a verified leaf layer; blocks that are missing count. */
export function badBlocks(pieceBytes: Uint8Array, leaves: Uint8Array): number[] {
  const bad: number[] = [];
  const blocks = Math.max(leaves.length / HASH_BYTES, blockCount(pieceBytes.length));
  for (let block = 0; block < blocks; block++) {
    const expected = leaves.subarray(block * HASH_BYTES, (block + 1) * HASH_BYTES);
    if (!sha256(blockOf(pieceBytes, block)).equals(expected)) bad.push(block);
  }
  return bad;
}

/**
 * Root of a content's tree from its piece layer (concatenated piece hashes), padded with the hash of a piece of zero
 * leaves. No pieces give 32 zero bytes. Throws `piece-layer-length`.
 */
export function rootOfPieceLayer(content: ContentShape, pieceLayer: Uint8Array): Buffer {
  const pieces = pieceCount(content);
  if (pieceLayer.length !== pieces * HASH_BYTES) {
    throw new FairhopError(
      'piece-layer-length',
      `A piece layer of ${pieces} pieces has ${pieces * HASH_BYTES} bytes, this one has ${pieceLayer.length}`,
    );
  }
  const zeroPiece = merkleRoot(new Uint8Array(0), pieceHeight(content), ZERO_LEAF);
  return merkleRoot(pieceLayer, heightOf(pieces), zeroPiece);
}

export const blockCount = (sizeBytes: number): number => Math.ceil(sizeBytes / BLOCK_BYTES);

const ZERO_LEAF = Buffer.alloc(HASH_BYTES);

const blockOf = (pieceBytes: Uint8Array, block: number): Uint8Array =>
  pieceBytes.subarray(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES);

/** Levels above the leaves of a piece's subtree. A content of one piece is padded only to its own next power of two. */
function pieceHeight(content: ContentShape): number {
  return heightOf(blockCount(Math.min(content.pieceLengthBytes, content.sizeBytes)));
}

/** Levels above `leaves` leaves in a binary tree that holds them. */
const heightOf = (leaves: number): number => Math.ceil(Math.log2(Math.max(1, leaves)));

/** Root over concatenated `nodes`, filled up with `padding` on the right to 2^height. The padding is never laid out. */
function merkleRoot(nodes: Uint8Array, height: number, padding: Uint8Array): Buffer {
  let layer = Buffer.from(nodes);
  let pad = padding;
  for (let level = 0; level < height; level++) {
    const count = layer.length / HASH_BYTES;
    if (count % 2 === 1) layer = Buffer.concat([layer, pad]);
    const parents = Math.ceil(count / 2);
    for (let parent = 0; parent < parents; parent++) {
      const children = layer.subarray(parent * 2 * HASH_BYTES, (parent + 1) * 2 * HASH_BYTES);
      sha256(children).copy(layer, parent * HASH_BYTES);
    }
    layer = layer.subarray(0, parents * HASH_BYTES);
    pad = sha256(Buffer.concat([pad, pad]));
  }
  return layer.length === 0 ? Buffer.from(pad) : Buffer.from(layer);
}
