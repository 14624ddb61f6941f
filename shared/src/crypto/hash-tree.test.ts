import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pieceCount, pieceSizeBytes } from '../model/index.js';
import { createContentHasher } from './content-hasher.js';
import {
  badBlocks,
  blockCount,
  choosePieceLength,
  leafLayer,
  pieceHash,
  rootOfPieceLayer,
  verifyLeafLayer,
} from './hash-tree.js';

const block = 16 * 1024;
const pieceLengthBytes = 256 * 1024;
const sha = (...parts: Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const dataOf = (sizeBytes: number): Buffer =>
  Buffer.from(Uint8Array.from({ length: sizeBytes }, (_, i) => i * 31 + (i >> 8)));
const powerOfTwo = (count: number): number => (count <= 1 ? 1 : 2 * powerOfTwo(Math.ceil(count / 2)));

/** BEP 52 as it reads: the whole tree over all leaves, laid out to a power of two, by recursion. */
function naiveRoot(data: Buffer, pieceLength: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(data.length / block) }, (_, i) =>
    sha(data.subarray(i * block, (i + 1) * block)),
  );
  const perPiece = pieceLength / block;
  const leaves =
    data.length <= pieceLength
      ? powerOfTwo(blocks.length)
      : powerOfTwo(Math.ceil(blocks.length / perPiece)) * perPiece;
  const root = (from: number, count: number): Buffer =>
    count === 1
      ? (blocks[from] ?? Buffer.alloc(32))
      : sha(root(from, count / 2), root(from + count / 2, count / 2));
  return root(0, leaves);
}

function pieceLayerOf(data: Buffer, content: { sizeBytes: number; pieceLengthBytes: number }): Buffer {
  const pieces = Array.from({ length: pieceCount(content) }, (_, piece) => {
    const start = piece * content.pieceLengthBytes;
    return pieceHash(content, data.subarray(start, start + pieceSizeBytes(content, piece)));
  });
  return Buffer.concat(pieces);
}

describe('hash tree', () => {
  const boundaries = [
    1,
    block,
    2 * block,
    3 * block,
    15 * block,
    pieceLengthBytes,
    2 * pieceLengthBytes,
    3 * pieceLengthBytes,
  ];
  const sizes = [...new Set(boundaries.flatMap((size) => [size - 1, size, size + 1]))].filter(
    (size) => size > 0,
  );

  it.each([...sizes, 5 * pieceLengthBytes + 12_345])(
    'of %i bytes has the root that BEP 52 describes',
    (sizeBytes) => {
      const data = dataOf(sizeBytes);
      const content = { sizeBytes, pieceLengthBytes };
      const pieceLayer = pieceLayerOf(data, content);
      const expected = naiveRoot(data, pieceLengthBytes);
      expect(rootOfPieceLayer(content, pieceLayer)).toEqual(expected);
      if (sizeBytes <= pieceLengthBytes) expect(pieceLayer).toEqual(expected);
    },
  );

  it('has a root of zeros without any bytes', () => {
    expect(rootOfPieceLayer({ sizeBytes: 0, pieceLengthBytes }, Buffer.alloc(0))).toEqual(Buffer.alloc(32));
  });

  it('refuses a piece layer of another length', () => {
    expect(() => rootOfPieceLayer({ sizeBytes: 1, pieceLengthBytes }, Buffer.alloc(64))).toThrow(
      expect.objectContaining({ code: 'piece-layer-length' }),
    );
  });

  it('tells which blocks of a piece are bad', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 * pieceLengthBytes }),
        fc.array(fc.nat(), { maxLength: 4 }),
        (sizeBytes, positions) => {
          const content = { sizeBytes, pieceLengthBytes };
          const index = pieceCount(content) - 1;
          const good = dataOf(sizeBytes).subarray(index * pieceLengthBytes);
          const leaves = leafLayer(good);
          expect(verifyLeafLayer(content, index, leaves, pieceHash(content, good))).toBe(true);

          const received = Buffer.from(good);
          const spoiled = new Set(positions.map((position) => position % good.length));
          for (const position of spoiled) received[position]! ^= 1;
          const badIndexes = [...new Set([...spoiled].map((position) => Math.floor(position / block)))];
          expect(badBlocks(received, leaves)).toEqual(badIndexes.sort((a, b) => a - b));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('counts missing and surplus blocks as bad', () => {
    const piece = dataOf(3 * block);
    expect(badBlocks(piece.subarray(0, 2 * block), leafLayer(piece))).toEqual([2]);
    expect(badBlocks(piece, leafLayer(piece.subarray(0, 2 * block)))).toEqual([2]);
  });

  it('refuses a leaf layer that is not the piece’s', () => {
    const content = { sizeBytes: pieceLengthBytes + 3 * block, pieceLengthBytes };
    const piece = dataOf(content.sizeBytes).subarray(pieceLengthBytes);
    const leaves = leafLayer(piece);
    const expected = pieceHash(content, piece);
    const changed = Buffer.from(leaves);
    changed[40]! ^= 1;
    expect(verifyLeafLayer(content, 1, changed, expected)).toBe(false);
    expect(verifyLeafLayer(content, 1, Buffer.concat([leaves, Buffer.alloc(32)]), expected)).toBe(false);
    expect(verifyLeafLayer(content, 1, leaves.subarray(32), expected)).toBe(false);
    expect(verifyLeafLayer(content, 0, leaves, expected)).toBe(false);
    expect(verifyLeafLayer(content, 2, leaves, expected)).toBe(false);
  });

  it('cuts contents of any size in at most 4,096 pieces up to 64 GiB', () => {
    const gibibyte = 2 ** 30;
    expect(choosePieceLength(1)).toBe(256 * 1024);
    expect(choosePieceLength(gibibyte)).toBe(256 * 1024);
    expect(choosePieceLength(gibibyte + 1)).toBe(512 * 1024);
    expect(choosePieceLength(64 * gibibyte)).toBe(16 * 1024 * 1024);
    expect(choosePieceLength(1000 * gibibyte)).toBe(16 * 1024 * 1024);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 * gibibyte }), (sizeBytes) => {
        const length = choosePieceLength(sizeBytes);
        expect(Math.log2(length) % 1).toBe(0);
        expect(pieceCount({ sizeBytes, pieceLengthBytes: length })).toBeLessThanOrEqual(4096);
      }),
    );
  });
});

describe('content hasher', () => {
  // Computed with an independent implementation (Python, hashlib) over the bytes of dataOf.
  it.each([
    [
      1,
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      'ee38e6983d94c15fe615196b0a8fad423b870f77e9d66ac7d1adec9a611801ef',
    ],
    [
      50_000,
      'a7964e3a651ed0fac37fe45cd0916b31d8300cf94c21ae860e9e4c93fa24e30b',
      '827a3d691178e53938ed20575d9a75283aa325733eaa3c49ea70bdcb14ebc027',
    ],
    [
      262_144,
      '82d676054bb3f5dd4e78d362e5737aff95537884de52db8613cb52bb2a46e26a',
      '08e097106e395fe6cd562e8d4769f833dc8b22d658aa53464add6c5ec1856c5a',
    ],
    [
      262_145,
      '0ca531f7a56e8d71b5a2aa29f068d289d542464bdf24c399310a47a95f08df96',
      'f1d846368ffe790d2f93ba75ce23a0c4e79c01119be78d26686d70d931485540',
    ],
    [
      1_400_000,
      '8d1e2e1c2fecbb0c8f72bc8d5a55b1e8157457c183c3c1612f332fd793ee2c4f',
      'd4e7e17ace3624a19376e75d0ea65919f4c56f9193b16e2dcc7467dcea71e75e',
    ],
  ])('gives the known root and content id of %i bytes', (sizeBytes, merkleRoot, contentId) => {
    const hasher = createContentHasher({ sizeBytes, pieceLengthBytes });
    hasher.update(dataOf(sizeBytes));
    expect(hasher.finish()).toMatchObject({ merkleRoot, contentId });
  });

  it('gives the same for any cut into chunks, and what the parts give', () => {
    const size = fc.oneof(fc.integer({ min: 1, max: 700_000 }), fc.constantFrom(...sizesNearPieces()));
    fc.assert(
      fc.property(
        size,
        fc.array(fc.integer({ min: 1, max: 90_000 }), { minLength: 1 }),
        (sizeBytes, cuts) => {
          const data = dataOf(sizeBytes);
          const content = { sizeBytes, pieceLengthBytes };
          const hasher = createContentHasher(content);
          for (let offset = 0, turn = 0; offset < sizeBytes; turn++) {
            const length = cuts[turn % cuts.length]!;
            // The chunk's memory is used again, as a reader of files does.
            const chunk = Buffer.from(data.subarray(offset, offset + length));
            hasher.update(chunk);
            chunk.fill(0);
            offset += length;
          }
          const manifest = hasher.finish();
          expect(manifest.merkleRoot).toBe(naiveRoot(data, pieceLengthBytes).toString('hex'));
          expect(manifest.pieceLayer).toBe(pieceLayerOf(data, content).toString('base64'));
          expect(manifest.sha256).toBe(sha(data).toString('hex'));
          const flat = Array.from({ length: pieceCount(content) }, (_, piece) =>
            sha(data.subarray(piece * pieceLengthBytes, (piece + 1) * pieceLengthBytes)),
          );
          expect(manifest.pieceSha256).toBe(Buffer.concat(flat).toString('base64'));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('refuses more or fewer bytes than announced', () => {
    const hasher = createContentHasher({ sizeBytes: 10, pieceLengthBytes });
    hasher.update(Buffer.alloc(9));
    expect(() => hasher.finish()).toThrow(expect.objectContaining({ code: 'content-size-mismatch' }));
    expect(() => hasher.update(Buffer.alloc(2))).toThrow(
      expect.objectContaining({ code: 'content-size-mismatch' }),
    );
  });

  it('gives an empty content no pieces', () => {
    const manifest = createContentHasher({ sizeBytes: 0, pieceLengthBytes }).finish();
    expect(manifest).toMatchObject({ pieceLayer: '', merkleRoot: '00'.repeat(32) });
    expect(blockCount(0)).toBe(0);
  });
});

function sizesNearPieces(): number[] {
  return [pieceLengthBytes, 2 * pieceLengthBytes].flatMap((size) => [size - 1, size, size + 1]);
}
