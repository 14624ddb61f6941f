import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { percentileRank, rate } from './rate.js';

const binsWith = (bytes: readonly number[]): Map<number, number> =>
  new Map([...bytes.entries()].filter(([, value]) => value > 0));

describe('the 95th percentile', () => {
  it('is the 433rd of 8,640 bins and the 447th of 8,928', () => {
    expect(percentileRank(8_640)).toBe(433);
    expect(percentileRank(8_928)).toBe(447);
    const bytes = Array.from({ length: 8_640 }, (_, index) => (index + 1) * 300);
    expect(rate('percentile95', binsWith(bytes), 8_640)).toEqual({
      value: (8_640 - 432) * 8,
      bytes: (8_640 - 432) * 300,
      rank: 433,
    });
  });

  it('is nothing when one bin in twenty has bytes, and something when one more has', () => {
    const bytes = Array.from({ length: 432 }, () => 300);
    expect(rate('percentile95', binsWith(bytes), 8_640).value).toBe(0);
    expect(rate('percentile95', binsWith([...bytes, 600]), 8_640).value).toBe(8);
  });

  it('has at most one bin in twenty above it, whatever the bins', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { minLength: 1, maxLength: 200 }), (bytes) => {
        const { bytes: decided, rank } = rate('percentile95', binsWith(bytes), bytes.length);
        const sorted = [...bytes].sort((left, right) => right - left);
        expect(decided).toBe(sorted[Math.floor(bytes.length / 20)]);
        expect(rank).toBe(Math.floor(bytes.length / 20) + 1);
        expect(bytes.filter((one) => one > decided).length).toBeLessThanOrEqual(bytes.length / 20);
      }),
    );
  });
});

describe('rates', () => {
  it('are bits per second, rounded down, of integers beyond what a double multiplies exactly', () => {
    const bins = binsWith([Number.MAX_SAFE_INTEGER, 1]);
    expect(rate('maximumRate', bins, null)).toEqual({
      value: Number((BigInt(Number.MAX_SAFE_INTEGER) * 8n) / 300n),
      bytes: Number.MAX_SAFE_INTEGER,
    });
    expect(rate('averageRate', binsWith([299, 0, 1]), 3)).toEqual({ value: 2, bytes: 300 });
    expect(rate('averageRate', new Map(), 0)).toEqual({ value: 0, bytes: 0 });
  });
});
