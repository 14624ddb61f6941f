import { createHash } from 'node:crypto';
import { BLOCK_BYTES, FairhopError, type Manifest, pieceCount, pieceSizeBytes } from '../model/index.js';
import { contentId } from './content-id.js';
import {
  blockCount,
  type ContentShape,
  HASH_BYTES,
  pieceHashOfLeaves,
  rootOfPieceLayer,
  sha256,
} from './hash-tree.js';

/** Hashes a content in one pass, in memory that grows with the number of pieces only (64 bytes each). */
export interface ContentHasher {
  /** The next bytes, in chunks of any length. Throws `content-size-mismatch` past the size. */
  update(chunk: Uint8Array): void;
  /** The manifest, once. Throws `content-size-mismatch` when bytes are missing. */
  finish(): Manifest;
}

/** A hasher for exactly `sizeBytes` bytes in pieces of `pieceLengthBytes` (see `choosePieceLength`). */
export function createContentHasher(content: ContentShape): ContentHasher {
  const pieces = pieceCount(content);
  const pieceLayer = Buffer.alloc(pieces * HASH_BYTES);
  const pieceSha256 = Buffer.alloc(pieces * HASH_BYTES);
  const leaves = Buffer.alloc(blockCount(content.pieceLengthBytes) * HASH_BYTES);
  const partialBlock = Buffer.alloc(BLOCK_BYTES);
  const wholeHash = createHash('sha256');
  let flatHash = createHash('sha256');
  let receivedBytes = 0;
  let piece = 0;
  /** Bytes of the current piece so far, and of its current block. */
  let pieceBytes = 0;
  let blockBytes = 0;

  const endBlock = (block: Uint8Array): void => {
    sha256(block).copy(leaves, (blockCount(pieceBytes) - 1) * HASH_BYTES);
    blockBytes = 0;
  };

  const endPiece = (): void => {
    const pieceLeaves = leaves.subarray(0, blockCount(pieceBytes) * HASH_BYTES);
    pieceHashOfLeaves(content, pieceLeaves).copy(pieceLayer, piece * HASH_BYTES);
    flatHash.digest().copy(pieceSha256, piece * HASH_BYTES);
    flatHash = createHash('sha256');
    piece += 1;
    pieceBytes = 0;
  };

  /** Blocks of `bytes`, which stay within the current piece. */
  const takeBlocks = (bytes: Uint8Array, pieceEnds: boolean): void => {
    for (let offset = 0; offset < bytes.length; ) {
      const part = bytes.subarray(offset, offset + BLOCK_BYTES - blockBytes);
      offset += part.length;
      pieceBytes += part.length;
      if (part.length === BLOCK_BYTES) {
        endBlock(part);
        continue;
      }
      partialBlock.set(part, blockBytes);
      blockBytes += part.length;
      if (blockBytes === BLOCK_BYTES || (pieceEnds && offset === bytes.length)) {
        endBlock(partialBlock.subarray(0, blockBytes));
      }
    }
  };

  return {
    update(chunk) {
      receivedBytes += chunk.length;
      if (receivedBytes > content.sizeBytes) throw sizeMismatch(content, receivedBytes);
      wholeHash.update(chunk);
      for (let offset = 0; offset < chunk.length; ) {
        const missingBytes = pieceSizeBytes(content, piece) - pieceBytes;
        const part = chunk.subarray(offset, offset + missingBytes);
        offset += part.length;
        flatHash.update(part);
        const pieceEnds = part.length === missingBytes;
        takeBlocks(part, pieceEnds);
        if (pieceEnds) endPiece();
      }
    },
    finish() {
      if (receivedBytes !== content.sizeBytes) throw sizeMismatch(content, receivedBytes);
      const merkleRoot = rootOfPieceLayer(content, pieceLayer).toString('hex');
      const shape = {
        formatVersion: 1,
        sizeBytes: content.sizeBytes,
        pieceLengthBytes: content.pieceLengthBytes,
      } as const;
      return {
        ...shape,
        contentId: contentId({ ...shape, merkleRoot }),
        merkleRoot,
        pieceLayer: pieceLayer.toString('base64'),
        sha256: wholeHash.digest('hex'),
        pieceSha256: pieceSha256.toString('base64'),
      };
    },
  };
}

function sizeMismatch(content: ContentShape, receivedBytes: number): FairhopError {
  return new FairhopError(
    'content-size-mismatch',
    `The content was announced with ${content.sizeBytes} bytes and has ${receivedBytes > content.sizeBytes ? 'at least ' : ''}${receivedBytes}`,
  );
}
