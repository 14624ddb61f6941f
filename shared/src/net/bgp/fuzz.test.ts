import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { MrtError } from '../mrt/mrt-error.js';
import { createRandom, mutate } from '../mrt/mutate.test-support.js';
import { asPath, attribute, peers, rib } from '../mrt/test-support.js';
import { parseRibs, readRibs } from './read-rib.js';

const inputs = 100_000;
const compressedInputs = 3_000;

describe('mutated dumps', () => {
  it('give a RIB or a typed error, never anything else', async () => {
    const compressed = await readFile(new URL('../mrt/fixtures/as64502.mrt.gz', import.meta.url));
    const twice = await readFile(new URL('../mrt/fixtures/as64501-twice.mrt', import.meta.url));
    const handMade = [
      ...peers([64_501, 64_502], 'main'),
      ...rib('198.18.0.0/15', [{ peer: 0, attributes: asPath(64_501, [1, 2]) }]),
      ...rib('198.18.0.0/15', [
        { peer: 1, pathId: 7, attributes: [...asPath(64_502, 3, 3), ...attribute(1, [0])] },
      ]),
      ...rib('2001:db8::/32', [{ peer: 1, attributes: attribute(14, [16, ...Buffer.alloc(16, 1)]) }]),
    ];
    const seeds = [gunzipSync(compressed).subarray(0, 500), twice.subarray(0, 700), Buffer.from(handMade)];
    const random = createRandom(20_261_120);
    const outcomes = new Map<string, number>();
    for (let index = 0; index < inputs; index += 1) {
      const bytes = mutate(seeds[index % seeds.length]!, random);
      let outcome: string;
      try {
        const tables = parseRibs(bytes, { asn: 64_501 });
        for (const table of tables) {
          table.route(64_501, '198.18.0.1');
          table.route(64_502, '2001:db8::1');
          for (const [low, high] of table.links)
            if (low === 0 || low >= high) throw new Error(`link ${low} ${high}`);
        }
        outcome = 'rib';
      } catch (error) {
        if (!(error instanceof MrtError)) throw error;
        outcome = error.code;
      }
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    expect(Array.from(outcomes.keys()).sort()).toEqual([
      'mrt-malformed',
      'mrt-too-large',
      'mrt-truncated',
      'rib',
    ]);
    for (const count of outcomes.values()) expect(count).toBeGreaterThan(500);
  }, 240_000);

  it('give the same in compressed files, whose bytes or contents are mutated', async () => {
    const gzip = await readFile(new URL('../mrt/fixtures/as64502.mrt.gz', import.meta.url));
    const bzip2 = await readFile(new URL('../mrt/fixtures/as64503-add-path.mrt.bz2', import.meta.url));
    const plain = gunzipSync(gzip);
    const directory = await mkdtemp(join(tmpdir(), 'fairhop-fuzz-'));
    const file = join(directory, 'rib');
    const random = createRandom(64_502);
    const makers = [
      () => mutate(gzip, random),
      () => mutate(gzip, random),
      () => mutate(bzip2, random),
      // Whole to the decompressor, so that what is wrong is found after it.
      () => gzipSync(mutate(plain, random), { level: 1 }),
      () => Buffer.concat([gzip, mutate(gzip, random)]),
    ];
    const outcomes = new Map<string, number>();
    try {
      for (let index = 0; index < compressedInputs; index += 1) {
        await writeFile(file, makers[index % makers.length]!());
        let outcome = 'rib';
        try {
          for await (const table of readRibs(file, { asn: 64_502 })) table.route(64_502, '198.18.4.1');
        } catch (error) {
          if (!(error instanceof MrtError)) throw error;
          outcome = error.code;
        }
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    } finally {
      await rm(directory, { recursive: true });
    }
    for (const outcome of ['mrt-malformed', 'mrt-truncated', 'rib'])
      expect(outcomes.get(outcome) ?? 0).toBeGreaterThan(50);
    expect(outcomes.has('mrt-unreadable')).toBe(false);
  }, 240_000);
});
