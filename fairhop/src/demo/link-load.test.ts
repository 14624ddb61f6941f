import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LoadSample, maxBitsPerSecond } from './link-load.js';

const WINDOW_MS = 5_000;
/** Asked for and answered at once. */
const sampleAt = (timeMs: number, bytes: number): LoadSample => ({
  askedMs: timeMs,
  answeredMs: timeMs,
  bytes,
});

describe('load of a link', () => {
  it('is that of the busiest window, wherever it begins', () => {
    const samples = [
      [0, 0],
      [4_500, 500],
      [7_000, 700],
      [10_000, 6_200],
      [20_000, 6_200],
    ] as const;
    const most = (all: readonly (readonly [number, number])[]): number =>
      maxBitsPerSecond(
        all.map(([timeMs, bytes]) => sampleAt(timeMs, bytes)),
        WINDOW_MS,
      );
    // 5500 bytes within 3 s; 5700 within 5.5 s are less.
    expect(most(samples)).toBe(8_800);
    expect(most(samples.map(([timeMs, bytes]) => [20_000 - timeMs, 6_200 - bytes] as const).reverse())).toBe(
      8_800,
    );
    // Where none ends within the window, that up to the first beyond it.
    expect(
      most([
        [0, 0],
        [8_000, 8_000],
        [16_000, 8_000],
      ]),
    ).toBe(8_000);
  });

  it('is never more than went, however long some answers took', () => {
    const bytesPerMs = 500;
    const waitMs = fc.integer({ min: 0, max: 3_000 });
    const polls = fc.array(fc.record({ pause: waitMs, before: waitMs, after: waitMs }), { minLength: 2 });
    fc.assert(
      fc.property(polls, (waits) => {
        let nowMs = 0;
        const samples = waits.map(({ pause, before, after }) => {
          const askedMs = nowMs + pause;
          const countedMs = askedMs + before;
          nowMs = countedMs + after;
          return { askedMs, answeredMs: nowMs, bytes: countedMs * bytesPerMs };
        });
        expect(maxBitsPerSecond(samples, WINDOW_MS)).toBeLessThanOrEqual(bytesPerMs * 8_000);
      }),
    );
  });

  it('counts a burst that is shorter than the window over the whole window', () => {
    expect(maxBitsPerSecond([sampleAt(0, 0), sampleAt(1_000, 5_000)], WINDOW_MS)).toBe(8_000);
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
          sampleAt(timeMs, bytes),
          ...steps.map(([stepMs, stepBytes]) => {
            timeMs += stepMs;
            bytes += stepBytes;
            return sampleAt(timeMs, bytes);
          }),
        ];
      });
    fc.assert(
      fc.property(samplesOf, (samples) => {
        const most = maxBitsPerSecond(samples, WINDOW_MS);
        for (const [index, from] of samples.entries())
          for (const to of samples.slice(index))
            if (to.answeredMs - from.askedMs <= WINDOW_MS)
              expect(((to.bytes - from.bytes) * 8_000) / WINDOW_MS).toBeLessThanOrEqual(most + 1e-6);
        // Windows that each end at the sample where the next one begins, of which only the last one is cut.
        const { bytes, answeredMs } = samples.at(-1)!;
        expect(most * (answeredMs + WINDOW_MS)).toBeGreaterThanOrEqual(bytes * 8_000 - 1);
      }),
    );
  });
});
