import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IndexedSet } from '../swarm/indexed-set.js';
import { seedOf } from './fixture.js';
import { drawSample } from './random-sample.js';
import { createSeededRandom } from './seeded-random.js';

function setsOf(sizes: readonly number[]): IndexedSet<number>[] {
  let next = 0;
  return sizes.map((size) => {
    const set = new IndexedSet<number>();
    for (let count = 0; count < size; count += 1) set.add(next++);
    return set;
  });
}

describe('drawSample', () => {
  it('gives different accepted elements, as many as there are up to the limit', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(60), { maxLength: 8 }),
        fc.nat(40),
        fc.integer({ min: 1, max: 4 }),
        fc.nat(),
        (sizes, limit, divisor, seed) => {
          const total = sizes.reduce((sum, size) => sum + size, 0);
          const accept = (element: number): boolean => element % divisor === 0;
          const drawn = drawSample(setsOf(sizes), limit, accept, createSeededRandom(seedOf(seed)));
          expect(new Set(drawn).size).toBe(drawn.length);
          expect(drawn.every((element) => accept(element) && element < total)).toBe(true);
          expect(drawn).toHaveLength(Math.min(limit, Math.ceil(total / divisor)));
        },
      ),
    );
  });

  it.each([
    ['a small set', [20, 10], 10],
    ['a large set', [3000, 5000, 2000], 10],
  ])('draws evenly from %s', (_name, sizes, limit) => {
    const sets = setsOf(sizes);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const random = createSeededRandom(seedOf(7));
    const buckets = new Array<number>(10).fill(0);
    const draws = 3_000;
    for (let count = 0; count < draws; count += 1) {
      for (const element of drawSample(sets, limit, () => true, random)) {
        buckets[Math.floor((element * 10) / total)]! += 1;
      }
    }
    // 3,000 expected in each bucket, with a deviation of about 52.
    for (const bucket of buckets) expect(Math.abs(bucket - (draws * limit) / 10)).toBeLessThan(260);
  });

  it('asks of each element once', () => {
    const asked: number[] = [];
    const refuse = (element: number): boolean => {
      asked.push(element);
      return false;
    };
    expect(drawSample(setsOf([500, 500]), 5, refuse, createSeededRandom(seedOf(1)))).toEqual([]);
    expect(new Set(asked).size).toBe(asked.length);
  });

  it('refuses a malformed seed', () => {
    expect(() => createSeededRandom('abc')).toThrow(expect.objectContaining({ code: 'seed-invalid' }));
  });
});
