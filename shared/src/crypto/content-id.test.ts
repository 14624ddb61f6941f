import { describe, expect, it } from 'vitest';
import { type Manifest, manifestSchema } from '../model/index.js';
import { createContentHasher } from './content-hasher.js';
import { contentId, verifyManifest } from './content-id.js';

const pieceLengthBytes = 256 * 1024;
const sizeBytes = 3 * pieceLengthBytes + 5;

function manifestOf(bytes: Uint8Array): Manifest {
  const hasher = createContentHasher({ sizeBytes: bytes.length, pieceLengthBytes });
  hasher.update(bytes);
  return hasher.finish();
}
const manifest = manifestOf(Buffer.alloc(sizeBytes, 'fairhop'));

function flipFirstByte(base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  bytes[0]! ^= 1;
  return bytes.toString('base64');
}

describe('content id', () => {
  it('binds the size and the piece length, which the root does not', () => {
    const ids = [
      contentId(manifest),
      contentId({ ...manifest, sizeBytes: sizeBytes + 1 }),
      contentId({ ...manifest, pieceLengthBytes: 2 * pieceLengthBytes }),
      contentId({ ...manifest, merkleRoot: '00'.repeat(32) }),
    ];
    expect(new Set(ids).size).toBe(4);
    expect(ids[0]).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('verifyManifest', () => {
  it('accepts what the hasher made and gives the hashes as bytes', () => {
    expect(manifestSchema.parse(manifest)).toEqual(manifest);
    const { pieceLayer, pieceSha256 } = verifyManifest(manifest, manifest.contentId);
    expect(pieceLayer).toHaveLength(4 * 32);
    expect(pieceSha256).toHaveLength(4 * 32);
  });

  it.each<[string, string, Partial<Manifest>]>([
    ['a changed piece hash', 'manifest-root-mismatch', { pieceLayer: flipFirstByte(manifest.pieceLayer) }],
    ['a changed root', 'manifest-root-mismatch', { merkleRoot: '11'.repeat(32) }],
    ['a missing piece hash', 'manifest-piece-count', { pieceLayer: manifest.pieceLayer.slice(0, 40) }],
    ['a missing flat hash', 'manifest-piece-count', { pieceSha256: '' }],
    ['a size of fewer pieces', 'manifest-piece-count', { sizeBytes: pieceLengthBytes }],
    ['another size', 'manifest-content-id-mismatch', { sizeBytes: sizeBytes + 1 }],
    ['another content id', 'manifest-content-id-mismatch', { contentId: 'ab'.repeat(32) }],
  ])('refuses %s with %s', (_name, code, change) => {
    expect(() => verifyManifest({ ...manifest, ...change })).toThrow(
      expect.objectContaining({ code, status: 422 }),
    );
  });

  it('refuses the sound manifest of another content', () => {
    const other = manifestOf(Buffer.alloc(10));
    expect(() => verifyManifest(other, manifest.contentId)).toThrow(
      expect.objectContaining({ code: 'manifest-content-id-mismatch' }),
    );
  });
});
