import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBitfield, piecesOf } from './bitfield.js';

describe('bitfield', () => {
  it('holds the pieces that were put in', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 99 })), (held) => {
        expect([...piecesOf(createBitfield(100, held))]).toEqual(held.sort((a, b) => a - b));
      }),
    );
  });

  it('takes no piece outside', () => {
    for (const outside of [-1, 10, 0.5]) expect(() => createBitfield(10, [outside])).toThrow(RangeError);
  });
});
