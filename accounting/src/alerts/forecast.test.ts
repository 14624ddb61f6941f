import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FORECAST_MINIMUM_MS, forecastBytes } from './forecast.js';

const dayMs = 24 * 3_600_000;

describe('forecastBytes', () => {
  it('is what is used, and the rate of the window for the rest', () => {
    const input = { usedBytes: 1_000, windowBytes: 700, windowMs: 7 * dayMs };
    expect(forecastBytes({ ...input, remainingMs: 10 * dayMs })).toBe(2_000);
    expect(forecastBytes({ ...input, remainingMs: 0 })).toBe(1_000);
    expect(forecastBytes({ ...input, windowMs: FORECAST_MINIMUM_MS - 1, remainingMs: dayMs })).toBeNull();
  });

  it('is exact for a steady rate, whenever it is asked, and never less than what is used', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 40 }),
        fc.integer({ min: 1, max: 29 }),
        fc.integer({ min: 0, max: 2 ** 52 }),
        (bytesPerDay, days, usedBytes) => {
          const windowDays = Math.min(days, 7);
          const steady = { windowBytes: bytesPerDay * windowDays, windowMs: windowDays * dayMs };
          const remainingMs = (30 - days) * dayMs;
          expect(forecastBytes({ ...steady, usedBytes: bytesPerDay * days, remainingMs })).toBe(
            bytesPerDay * 30,
          );
          expect(forecastBytes({ ...steady, usedBytes, remainingMs })).toBeGreaterThanOrEqual(usedBytes);
        },
      ),
    );
  });
});
