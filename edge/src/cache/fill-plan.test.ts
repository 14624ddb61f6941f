import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { choosePiece, endOfRun } from './fill-plan.js';

const state = fc.record({
  pieces: fc.integer({ min: 1, max: 30 }),
  there: fc.array(fc.nat(29)),
  demands: fc.array(fc.tuple(fc.nat(29), fc.nat(29)), { maxLength: 4 }),
  streamAt: fc.option(fc.nat(29), { nil: undefined }),
  runPieces: fc.nat(10),
  aheadPieces: fc.integer({ min: 1, max: 8 }),
});

describe('the order of a fill', () => {
  it('serves every reader: following it, each gets all it asked for, and nothing twice', () => {
    fc.assert(
      fc.property(state, ({ pieces, there, demands, aheadPieces }) => {
        const present = new Set(there);
        const readers = demands.map(([next, end]) => ({
          next: Math.min(next, end),
          end: Math.min(Math.max(next, end), pieces),
        }));
        let streamAt: number | undefined;
        let runPieces = 0;
        for (let step = 0; step < 400; step += 1) {
          for (const reader of readers)
            while (reader.next < reader.end && present.has(reader.next)) reader.next += 1;
          const piece = choosePiece({
            demands: readers,
            has: (index) => present.has(index),
            streamAt,
            runPieces,
            maxRunPieces: 4,
            aheadPieces,
          });
          if (piece === undefined) break;
          expect(present.has(piece)).toBe(false);
          expect(readers.some(({ next, end }) => next <= piece && piece < end)).toBe(true);
          runPieces = piece === streamAt ? runPieces + 1 : 1;
          streamAt = piece + 1;
          present.add(piece);
        }
        for (const { next, end } of readers) expect(next).toBeGreaterThanOrEqual(end);
      }),
    );
  });

  it('goes where a reader waits before it goes ahead, and stays at most a run with others waiting', () => {
    const has = (piece: number): boolean => piece < 3;
    const demands = [
      { next: 0, end: 20 },
      { next: 10, end: 12 },
    ];
    const base = { demands, has, maxRunPieces: 4, aheadPieces: 8 };
    expect(choosePiece({ ...base, runPieces: 0 })).toBe(10);
    expect(choosePiece({ ...base, runPieces: 2, streamAt: 3 })).toBe(3);
    expect(choosePiece({ ...base, runPieces: 4, streamAt: 3 })).toBe(10);
  });

  it('opens streams that end before what is there and within the lead', () => {
    const demands = [{ next: 2, end: 20 }];
    expect(endOfRun(2, { demands, has: (piece) => piece === 6, aheadPieces: 8 })).toBe(6);
    expect(endOfRun(2, { demands, has: () => false, aheadPieces: 8 })).toBe(11);
    expect(endOfRun(2, { demands: [{ next: 2, end: 4 }], has: () => false, aheadPieces: 8 })).toBe(4);
  });
});
