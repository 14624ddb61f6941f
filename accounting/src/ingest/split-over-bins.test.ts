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
      { binMs: edgeMs, bytes: 7, startMs: edgeMs, endMs: edgeMs, bytesFromMs: edgeMs },
    ]);
    expect(splitOverBins(0, edgeMs, edgeMs)).toEqual([]);
  });

  it('gives no share to the bin that an interval only touches, nor to one without bytes', () => {
    expect(splitOverBins(10, startMs, startMs + BIN_MS).map(({ binMs }) => binMs)).toEqual([startMs]);
    const shares = splitOverBins(1, startMs, startMs + 3 * BIN_MS);
    const lastMs = startMs + 2 * BIN_MS;
    expect(shares).toEqual([
      { binMs: lastMs, bytes: 1, startMs: lastMs, endMs: lastMs + BIN_MS, bytesFromMs: lastMs },
    ]);
  });

  it('cuts where it is told to, and says the same of each bin as without cuts', () => {
    const part = fc.record({
      bytes: fc.oneof(fc.nat({ max: 20 }), fc.maxSafeNat()),
      offsetMs: fc.nat({ max: BIN_MS }),
      durationMs: fc.nat({ max: 4 * BIN_MS }),
      cuts: fc.array(fc.nat({ max: 5 * BIN_MS }), { maxLength: 12 }),
    });
    fc.assert(
      fc.property(part, ({ bytes, offsetMs, durationMs, cuts: cutsAfter }) => {
        const fromMs = startMs + offsetMs;
        const toMs = fromMs + durationMs;
        const cuts = [...new Set(cutsAfter)]
          .sort((left, right) => left - right)
          .map((cut) => startMs + cut)
          .filter((cut) => cut > fromMs && cut < toMs);
        const shares = splitOverBins(bytes, fromMs, toMs, cuts);
        const bins = splitOverBins(bytes, fromMs, toMs).map(({ binMs, ...whole }) => {
          const pieces = shares.filter((share) => share.binMs === binMs);
          expect(pieces.reduce((sum, piece) => sum + BigInt(piece.bytes), 0n)).toBe(BigInt(whole.bytes));
          expect([pieces[0]!.startMs, pieces.at(-1)!.endMs]).toEqual([whole.startMs, whole.endMs]);
          for (const [index, piece] of pieces.entries()) {
            expect(piece.bytes).toBeGreaterThan(0);
            expect(piece.startMs).toBe(pieces[index - 1]?.endMs ?? whole.startMs);
            // Bytes never went on both sides of a cut.
            expect(cuts.some((cut) => cut > piece.bytesFromMs && cut < piece.endMs && hasBytes(cut))).toBe(
              false,
            );
          }
          return binMs;
        });
        expect(bins).toEqual([...new Set(shares.map(({ binMs }) => binMs))]);
        function hasBytes(cut: number): boolean {
          const next = cuts.find((other) => other > cut) ?? toMs;
          const cumulative = (timeMs: number): bigint =>
            (BigInt(bytes) * BigInt(timeMs - fromMs)) / BigInt(toMs - fromMs);
          const edge = Math.min(next, (Math.floor(cut / BIN_MS) + 1) * BIN_MS);
          return cumulative(edge) > cumulative(cut);
        }
      }),
    );
  });
});
