import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxBitsPerSecond } from './link-load.js';

const WINDOW_MS = 5_000;

describe('load of a link', () => {
  it('is that of the busiest window, wherever it begins', () => {
    const samples = [
      { timeMs: 0, bytes: 0 },
      { timeMs: 7_000, bytes: 700 },
      { timeMs: 10_000, bytes: 5_700 },
      { timeMs: 20_000, bytes: 5_700 },
    ];
    // From 5 s, which is between two samples, to 10 s.
    expect(maxBitsPerSecond(samples, WINDOW_MS)).toBe(8_320);
    const reversed = samples
      .map(({ timeMs, bytes }) => ({ timeMs: 20_000 - timeMs, bytes: 5_700 - bytes }))
      .reverse();
    expect(maxBitsPerSecond(reversed, WINDOW_MS)).toBe(8_320);
  });

  it('counts a burst that is shorter than the window over the whole window', () => {
    const burst = [
      { timeMs: 0, bytes: 0 },
      { timeMs: 1_000, bytes: 5_000 },
    ];
    expect(maxBitsPerSecond(burst, WINDOW_MS)).toBe(8_000);
  });

  it('is what every window of the samples stays below, and all together reach', () => {
    const samplesOf = fc
      .array(fc.tuple(fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: 0, max: 100_000 })), {
        minLength: 1,
        maxLength: 40,
      })
      .map((steps) => {
        let [timeMs, bytes] = [0, 0];
        return [
          { timeMs, bytes },
          ...steps.map(([stepMs, stepBytes]) => {
            timeMs += stepMs;
            bytes += stepBytes;
            return { timeMs, bytes };
          }),
        ];
      });
    fc.assert(
      fc.property(samplesOf, (samples) => {
        const most = maxBitsPerSecond(samples, WINDOW_MS);
        for (const [index, from] of samples.entries())
          for (const to of samples.slice(index))
            if (to.timeMs - from.timeMs <= WINDOW_MS)
              expect(((to.bytes - from.bytes) * 8_000) / WINDOW_MS).toBeLessThanOrEqual(most + 1e-6);
        const { bytes, timeMs } = samples.at(-1)!;
        const windowsInAll = Math.ceil(timeMs / WINDOW_MS);
        expect(most * windowsInAll * WINDOW_MS).toBeGreaterThanOrEqual(bytes * 8_000 - 1);
      }),
    );
  });
});
