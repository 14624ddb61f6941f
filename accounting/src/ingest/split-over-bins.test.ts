import { BIN_MS } from '@fairhop/shared/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitOverBins } from './split-over-bins.js';

const startMs = Date.UTC(2026, 10, 20, 18, 0);

describe('splitOverBins', () => {
  it('gives shares that add up, cover the interval in order, and lie in their bins', () => {
    const part = fc.record({
      bytes: fc.maxSafeNat(),
      offsetMs: fc.nat({ max: 3 * BIN_MS }),
      durationMs: fc.nat({ max: 40 * BIN_MS }),
    });
    fc.assert(
      fc.property(part, ({ bytes, offsetMs, durationMs }) => {
        const fromMs = startMs + offsetMs;
        const toMs = fromMs + durationMs;
        const shares = splitOverBins(bytes, fromMs, toMs);
        expect(shares.reduce((sum, share) => sum + BigInt(share.bytes), 0n)).toBe(BigInt(bytes));
        for (const [index, share] of shares.entries()) {
          expect(share.bytes).toBeGreaterThan(0);
          expect(share.binMs % BIN_MS).toBe(0);
          expect(share.startMs).toBeGreaterThanOrEqual(Math.max(fromMs, share.binMs));
          expect(share.endMs).toBeLessThanOrEqual(Math.min(toMs, share.binMs + BIN_MS));
          expect(share.binMs).toBeGreaterThan(shares[index - 1]?.binMs ?? -1);
        }
      }),
    );
  });

  it('gives each bin its share of the time, rounded by less than a byte', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.nat({ max: BIN_MS }),
        fc.integer({ min: 1, max: 10 * BIN_MS }),
        (bytes, offsetMs, durationMs) => {
          for (const share of splitOverBins(bytes, startMs + offsetMs, startMs + offsetMs + durationMs)) {
            const exact = (bytes * (share.endMs - share.startMs)) / durationMs;
            expect(Math.abs(share.bytes - exact)).toBeLessThan(1.001);
          }
        },
      ),
    );
  });

  it('puts an interval without length into one bin, also on its edge', () => {
    const edgeMs = startMs + BIN_MS;
    expect(splitOverBins(7, edgeMs, edgeMs)).toEqual([
      { binMs: edgeMs, bytes: 7, startMs: edgeMs, endMs: edgeMs },
    ]);
    expect(splitOverBins(0, edgeMs, edgeMs)).toEqual([]);
  });

  it('gives no share to the bin that an interval only touches, nor to one without bytes', () => {
    expect(splitOverBins(10, startMs, startMs + BIN_MS).map(({ binMs }) => binMs)).toEqual([startMs]);
    const shares = splitOverBins(1, startMs, startMs + 3 * BIN_MS);
    expect(shares).toEqual([
      { binMs: startMs + 2 * BIN_MS, bytes: 1, startMs: startMs + 2 * BIN_MS, endMs: startMs + 3 * BIN_MS },
    ]);
  });
});
