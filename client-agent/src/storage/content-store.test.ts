import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Title } from '@fairhop/shared/model';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeContent } from '../download/virtual-swarm.js';
import { type ContentStore, createContentStore } from './content-store.js';
import { chooseEvictions } from './eviction.js';

const PIECE_BYTES = 256 * 1024;
const contents = [300_000, 300_001, 300_002].map((size) => makeContent(size, PIECE_BYTES));
const titleOf = (index: number): Title => ({
  id: `studio/film-${index}`,
  owner: 'studio',
  name: `film-${index}`,
  fileName: 'film.bin',
  category: 'video',
  mediaType: 'video/mp4',
  metadata: {},
  contentId: contents[index]!.manifest.contentId,
  sizeBytes: contents[index]!.manifest.sizeBytes,
  origin: { kind: 'directory', path: 'film.bin' },
  rules: { peersAllowed: true },
  state: 'published',
  publishedMs: 0,
});
const idOf = (index: number): string => contents[index]!.manifest.contentId;

describe('the content store', () => {
  let directory: string;
  let removed: string[];
  let unusable: string[];
  let nowMs: number;
  const openStore = (budgetBytes: number): ContentStore =>
    createContentStore(
      { directory: join(directory, 'contents'), budgetBytes },
      { nowMs: () => nowMs, onRemoved: (id) => removed.push(id), onUnusable: (path) => unusable.push(path) },
    );
  const fill = async (store: ContentStore, index: number, pieces = 2): Promise<void> => {
    const { bytes, manifest } = contents[index]!;
    const { store: of, release } = await store.openForDownload(titleOf(index), manifest);
    for (let piece = 0; piece < pieces; piece++)
      await of.write(piece, bytes.subarray(piece * PIECE_BYTES, (piece + 1) * PIECE_BYTES));
    release();
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fairhop-contents-'));
    removed = [];
    unusable = [];
    nowMs = 1_000_000;
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('evicts the complete content that was used least recently, and says so', async () => {
    const store = openStore(700_000);
    await store.start();
    await fill(store, 0);
    nowMs += 1000;
    await fill(store, 1);
    nowMs += 1000;
    store.touch(idOf(0));
    await fill(store, 2);
    expect(removed).toEqual([idOf(1)]);
    expect(await readdir(join(directory, 'contents'))).not.toContain(idOf(1));
    expect(
      store
        .list()
        .map(({ manifest }) => manifest.contentId)
        .sort(),
    ).toEqual([idOf(0), idOf(2)].sort());
    await store.stop();
  });

  it('refuses what does not fit beside running contents, and loses nothing', async () => {
    const store = openStore(600_000);
    await store.start();
    await fill(store, 0, 1);
    const running = await store.openForDownload(titleOf(0), contents[0]!.manifest);
    await expect(store.openForDownload(titleOf(1), contents[1]!.manifest)).rejects.toMatchObject({
      code: 'disk-budget-exceeded',
    });
    expect(running.store.verifiedPieces).toBe(1);
    expect(removed).toEqual([]);
    await store.stop();
  });

  it('evicts what a download left unfinished last, and counts what it has', async () => {
    const store = openStore(700_000);
    await store.start();
    await fill(store, 0, 1);
    nowMs += 1000;
    await fill(store, 1);
    nowMs += 1000;
    await fill(store, 2);
    expect(removed).toEqual([idOf(1)]);
    const running = await store.openForDownload(titleOf(2), contents[2]!.manifest);
    await fill(store, 1);
    expect(removed).toEqual([idOf(1), idOf(0)]);
    running.release();
    await store.stop();
  });

  it('gives two downloads that begin at once not the same room', async () => {
    const store = openStore(500_000);
    await store.start();
    const outcomes = await Promise.allSettled(
      [0, 1].map((index) => store.openForDownload(titleOf(index), contents[index]!.manifest)),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await store.stop();
  });

  it('opens again what it held, and leaves alone what it cannot read', async () => {
    const store = openStore(1_000_000);
    await store.start();
    await fill(store, 0);
    await fill(store, 1, 1);
    await store.stop();
    await writeFile(join(directory, 'contents', idOf(1), 'manifest.json'), '{}');
    const again = openStore(1_000_000);
    await again.start();
    expect(again.get(idOf(0))?.store.complete).toBe(true);
    expect(again.get(idOf(1))).toBeUndefined();
    expect(unusable).toEqual([join(directory, 'contents', idOf(1))]);
    await again.stop();
  });

  it('exports a complete content, and never over a file in the way unless forced', async () => {
    const store = openStore(1_000_000);
    await store.start();
    const output = join(directory, 'film.bin');
    await fill(store, 0, 1);
    await expect(store.exportTo(idOf(0), output, false)).rejects.toMatchObject({
      code: 'content-incomplete',
    });
    await fill(store, 0);
    await store.exportTo(idOf(0), output, false);
    expect((await readFile(output)).equals(contents[0]!.bytes)).toBe(true);
    await writeFile(output, 'mine');
    await expect(store.exportTo(idOf(0), output, false)).rejects.toMatchObject({ code: 'output-exists' });
    expect(await readFile(output, 'utf8')).toBe('mine');
    await store.exportTo(idOf(0), output, true);
    expect((await readFile(output)).equals(contents[0]!.bytes)).toBe(true);
    expect((await readdir(directory)).sort()).toEqual(['contents', 'film.bin']);
    await store.stop();
  });
});

describe('choosing what to evict', () => {
  it('frees enough, no more than needed, oldest first, and never what is in use', () => {
    const candidate = fc.record({
      contentId: fc.uuid(),
      usedBytes: fc.integer({ min: 1, max: 1000 }),
      lastUsedMs: fc.integer({ min: 0, max: 100 }),
      complete: fc.boolean(),
      running: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(candidate, { selector: ({ contentId }) => contentId }),
        fc.nat(3000),
        fc.nat(6000),
        (others, needed, budget) => {
          const total = (list: typeof others): number =>
            list.reduce((sum, { usedBytes }) => sum + usedBytes, 0);
          const evicted = chooseEvictions(others, needed, budget);
          if (evicted === undefined) {
            expect(total(others.filter(({ running }) => running)) + needed).toBeGreaterThan(budget);
            return;
          }
          const gone = evicted.map((id) => others.find(({ contentId }) => contentId === id)!);
          const kept = others.filter((other) => !gone.includes(other));
          expect(total(kept) + needed).toBeLessThanOrEqual(budget);
          expect(gone.some(({ running }) => running)).toBe(false);
          const youngest = gone.at(-1);
          if (!youngest) return;
          expect(total(kept) + youngest.usedBytes + needed).toBeGreaterThan(budget);
          for (const other of kept.filter(({ running }) => !running)) {
            if (other.complete) expect(youngest.complete).toBe(true);
            if (other.complete === youngest.complete)
              expect(other.lastUsedMs).toBeGreaterThanOrEqual(youngest.lastUsedMs);
          }
        },
      ),
    );
  });
});
