import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AlignmentCosts, align } from './align.js';

const cell = fc.constantFrom(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0, 0.5, 1, 2);

const costs: fc.Arbitrary<AlignmentCosts> = fc
  .tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 4 }))
  .chain(([hops, positions]) => {
    const matrix = fc
      .array(cell, { minLength: hops * positions, maxLength: hops * positions })
      .map((values) => Float64Array.from(values));
    const leftOut = fc
      .array(fc.constantFrom(0, 1, 2, 3), { minLength: hops, maxLength: hops })
      .map((values) => Float64Array.from(values));
    return fc.record({
      hops: fc.constant(hops),
      positions: fc.constant(positions),
      anywhere: matrix,
      first: matrix,
      last: matrix,
      leftOut,
    });
  });

/** All ways to lay hops along the path, with their costs. */
function everyPlacement({ hops, positions, anywhere, first, last, leftOut }: AlignmentCosts) {
  const found: { cost: number; placement: number[] }[] = [];
  const extend = (placement: number[], cost: number, before: number, mustAdvance: boolean): void => {
    if (cost === Number.POSITIVE_INFINITY) return;
    const hop = placement.length;
    if (hop === hops) {
      found.push({ cost, placement });
      return;
    }
    extend([...placement, -1], cost + leftOut[hop]!, before, mustAdvance);
    for (let position = Math.max(before, 0); position < positions; position += 1) {
      if (position === before && mustAdvance) continue;
      const at = hop * positions + position;
      extend([...placement, position], cost + anywhere[at]!, position, false);
      if (position > before) extend([...placement, position], cost + first[at]!, position, false);
      extend([...placement, position], cost + last[at]!, position, true);
    }
  };
  extend([], 0, -1, false);
  return found;
}

describe('align', () => {
  it('finds what is cheapest of all ways, and places only what has one place in all that are as cheap', () => {
    fc.assert(
      fc.property(costs, (given) => {
        const all = everyPlacement(given);
        const best = Math.min(...all.map(({ cost }) => cost));
        const { cost, positions } = align(given);
        expect(cost).toBe(best);
        const cheapest = all.filter((one) => one.cost === best);
        for (let hop = 0; hop < given.hops; hop += 1) {
          const options = new Set(cheapest.map(({ placement }) => placement[hop]!));
          if (positions[hop] !== -1) {
            expect(options).toContain(positions[hop]);
            options.delete(-1);
            expect(options.size).toBe(1);
          }
          if (options.size === 1 && !options.has(-1)) expect(positions[hop]).not.toBe(-1);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
