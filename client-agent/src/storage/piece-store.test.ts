import { appendFile, mkdtemp, open, readFile, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from '@fairhop/shared/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeContent } from '../download/virtual-swarm.js';
import { openFilePieceStore } from './file-piece-store.js';
import { createMemoryPieceStore } from './memory-piece-store.js';
import type { PieceStore } from './piece-store.js';

const PIECE_BYTES = 256 * 1024;
/** Three pieces, the last one short. */
const { bytes, manifest } = makeContent(2 * PIECE_BYTES + 5000, PIECE_BYTES);
const piece = (index: number): Buffer => bytes.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES);

/** What every piece store does. */
function complies(name: string, open: (manifest: Manifest) => Promise<PieceStore>): void {
  describe(`${name} as a piece store`, () => {
    let store: PieceStore;
    beforeEach(async () => {
      store = await open(manifest);
    });
    afterEach(() => store.close());

    it('holds nothing at first', () => {
      expect([store.verifiedPieces, store.complete, store.has(0)]).toEqual([0, false, false]);
    });

    it('gives back what was written, in any order and range', async () => {
      for (const index of [2, 0, 1]) await store.write(index, piece(index));
      expect(store.complete).toBe(true);
      expect(Buffer.from(await store.read(1, 777, 100_000)).equals(piece(1).subarray(777, 100_777))).toBe(
        true,
      );
      expect(Buffer.from(await store.read(2, 0, 5000)).equals(piece(2))).toBe(true);
    });

    it('reads into memory that it is given, and touches nothing after it', async () => {
      for (const index of [0, 2]) await store.write(index, piece(index));
      const memory = Buffer.alloc(5010, 7);
      const range = await store.read(0, 300, 4000, memory.subarray(5));
      expect([range.buffer, range.byteOffset]).toEqual([memory.buffer, memory.byteOffset + 5]);
      expect(Buffer.from(range).equals(piece(0).subarray(300, 4300))).toBe(true);
      expect(memory.subarray(0, 5).every((byte) => byte === 7)).toBe(true);
      expect(memory.subarray(4005).every((byte) => byte === 7)).toBe(true);
      expect(Buffer.from(await store.read(2, 0, 5000, memory)).equals(piece(2))).toBe(true);
    });

    it('keeps its own copy of what was written', async () => {
      const given = Buffer.from(piece(0));
      await store.write(0, given);
      given.fill(0);
      expect(Buffer.from(await store.read(0, 0, PIECE_BYTES)).equals(piece(0))).toBe(true);
    });

    it('counts a piece once', async () => {
      await store.write(1, piece(1));
      await store.write(1, piece(1));
      expect(store.verifiedPieces).toBe(1);
    });

    it('reads only pieces that it holds, and only within them', async () => {
      await store.write(2, piece(2));
      await expect(store.read(0, 0, 10)).rejects.toMatchObject({ code: 'piece-not-held' });
      await expect(store.read(2, 4990, 20)).rejects.toMatchObject({ code: 'piece-not-held' });
    });

    it('refuses a piece that is not of the content, or of another length', async () => {
      await expect(store.write(3, piece(0))).rejects.toMatchObject({ code: 'piece-invalid' });
      await expect(store.write(2, piece(0))).rejects.toMatchObject({ code: 'piece-invalid' });
      expect(store.verifiedPieces).toBe(0);
    });
  });
}

const directories: string[] = [];
const newDirectory = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'fairhop-store-'));
  directories.push(directory);
  return directory;
};
afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true });
});

complies('memory', async (of) => createMemoryPieceStore(of));
complies('a directory', async (of) => openFilePieceStore(await newDirectory(), of));

describe('a piece store on disk, opened again', () => {
  it('has what was written, also without having been closed', async () => {
    const directory = await newDirectory();
    const killed = await openFilePieceStore(directory, manifest);
    await killed.write(2, piece(2));
    await killed.write(0, piece(0));
    const again = await openFilePieceStore(directory, manifest);
    expect([again.has(0), again.has(1), again.has(2)]).toEqual([true, false, true]);
    await again.write(1, piece(1));
    await again.close();
    await killed.close();
    expect((await readFile(join(directory, 'data'))).equals(bytes)).toBe(true);
  });

  it('does not trust the journal about bytes that are not there', async () => {
    const directory = await newDirectory();
    const store = await openFilePieceStore(directory, manifest);
    for (const index of [0, 1, 2]) await store.write(index, piece(index));
    await store.close();
    const data = await open(join(directory, 'data'), 'r+');
    await data.write(Buffer.from('x'), 0, 1, PIECE_BYTES + 9);
    await data.close();
    const again = await openFilePieceStore(directory, manifest);
    expect([again.has(0), again.has(1), again.has(2)]).toEqual([true, false, true]);
    await again.close();
  });

  it('survives a torn, an empty and a foreign tail of the journal', async () => {
    const directory = await newDirectory();
    const store = await openFilePieceStore(directory, manifest);
    await store.write(0, piece(0));
    await store.close();
    await appendFile(join(directory, 'verified'), Buffer.from([0, 0, 0, 1, 255, 255]));
    const torn = await openFilePieceStore(directory, manifest);
    expect([torn.has(0), torn.has(1)]).toEqual([true, false]);
    await torn.write(2, piece(2));
    await torn.close();
    await appendFile(join(directory, 'verified'), Buffer.alloc(64));
    const padded = await openFilePieceStore(directory, manifest);
    expect([padded.has(0), padded.has(2), padded.verifiedPieces]).toEqual([true, true, 2]);
    await padded.close();
    await truncate(join(directory, 'verified'), 0);
    const empty = await openFilePieceStore(directory, manifest);
    expect(empty.verifiedPieces).toBe(0);
    await empty.close();
  });
});
