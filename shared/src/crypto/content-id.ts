import { type ContentId, FairhopError, type Manifest, pieceCount } from '../model/index.js';
import { HASH_BYTES, rootOfPieceLayer, sha256 } from './hash-tree.js';

/** What names a content. A bare root would not bind the length. */
export type ContentIdentity = Pick<
  Manifest,
  'formatVersion' | 'sizeBytes' | 'pieceLengthBytes' | 'merkleRoot'
>;

/** SHA-256 over (version u8, size u64, piece length u32, root 32 bytes; big endian), as lower-case hex. */
export function contentId(identity: ContentIdentity): ContentId {
  const bytes = Buffer.alloc(1 + 8 + 4 + HASH_BYTES);
  bytes.writeUInt8(identity.formatVersion, 0);
  bytes.writeBigUInt64BE(BigInt(identity.sizeBytes), 1);
  bytes.writeUInt32BE(identity.pieceLengthBytes, 9);
  Buffer.from(identity.merkleRoot, 'hex').copy(bytes, 13);
  return sha256(bytes).toString('hex');
}

/** A manifest's piece hashes as bytes, once it is verified: piece `i`'s are `[32 i, 32 (i + 1))`. */
export interface VerifiedPieces {
  readonly pieceLayer: Buffer;
  readonly pieceSha256: Buffer;
}

/**
 * Checks that a manifest (already of `manifestSchema`) is consistent: piece counts, root, content id; and that it is the
 * manifest of `expected` where given. The flat hashes are bound to nothing but the publisher's word, as in Metalink.
 *
 * Throws `manifest-piece-count`, `manifest-root-mismatch`, `manifest-content-id-mismatch`.
 */
export function verifyManifest(manifest: Manifest, expected?: ContentId): VerifiedPieces {
  const pieceLayer = Buffer.from(manifest.pieceLayer, 'base64');
  const pieceSha256 = Buffer.from(manifest.pieceSha256, 'base64');
  const pieces = pieceCount(manifest);
  for (const [name, hashes] of Object.entries({ pieceLayer, pieceSha256 })) {
    if (hashes.length === pieces * HASH_BYTES) continue;
    throw new FairhopError(
      'manifest-piece-count',
      `Manifest ${manifest.contentId}: ${name} has ${hashes.length} bytes, ` +
        `${pieces} pieces of ${manifest.pieceLengthBytes} bytes need ${pieces * HASH_BYTES}`,
      INVALID_MANIFEST,
    );
  }
  const root = rootOfPieceLayer(manifest, pieceLayer).toString('hex');
  if (root !== manifest.merkleRoot) {
    throw new FairhopError(
      'manifest-root-mismatch',
      `Manifest ${manifest.contentId}: its piece layer has the root ${root}, it states ${manifest.merkleRoot}`,
      INVALID_MANIFEST,
    );
  }
  const id = contentId(manifest);
  if (id !== manifest.contentId) {
    throw new FairhopError(
      'manifest-content-id-mismatch',
      `Manifest ${manifest.contentId}: its size, piece length and root give the content id ${id}`,
      INVALID_MANIFEST,
    );
  }
  if (expected !== undefined && id !== expected) {
    throw new FairhopError(
      'manifest-content-id-mismatch',
      `The manifest is of content ${id}, expected ${expected}`,
      INVALID_MANIFEST,
    );
  }
  return { pieceLayer, pieceSha256 };
}

/** Well-formed but inconsistent: unprocessable content (RFC 9110 §15.5.21). */
const INVALID_MANIFEST = { status: 422 };
