import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSequenceRanges } from './sequence-ranges.js';

describe('sequence ranges', () => {
  it('hold what a set of the same numbers holds, in as few ranges as there can be', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(60)), (sequences) => {
        const ranges = createSequenceRanges();
        const set = new Set<number>();
        for (const sequence of sequences) {
          expect(ranges.add(sequence)).toBe(!set.has(sequence));
          set.add(sequence);
        }
        for (let sequence = 0; sequence <= 61; sequence += 1) {
          expect(ranges.has(sequence)).toBe(set.has(sequence));
          expect(ranges.touches(sequence)).toBe(set.has(sequence - 1) || set.has(sequence + 1));
        }
        const starts = [...set].filter((sequence) => !set.has(sequence - 1));
        expect(ranges.ranges).toHaveLength(starts.length);
      }),
    );
  });
});
