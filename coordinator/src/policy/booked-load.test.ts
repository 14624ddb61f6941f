import { expect, it } from 'vitest';
import { createBookedLoad } from './booked-load.js';

const MBIT = 1_000_000;
const MINUTE_MS = 60_000;
const capacity = 100 * MBIT;

/** Live load of ten minutes at a rate. */
function watched(liveBitsPerSecond: number) {
  const load = createBookedLoad();
  for (let second = 0; second <= 600; second += 1)
    load.sample(second * 1_000, (liveBitsPerSecond / 8) * second);
  return load;
}

it('is unknown as far as more is booked of a time than was told live', () => {
  const load = watched(40 * MBIT);
  const window = { fromMs: 2 * MINUTE_MS, toMs: 7 * MINUTE_MS };
  expect(load.unknownBitsPerSecond(8 * MINUTE_MS, capacity)).toBe(0);
  load.book({ ...window, bitsPerSecond: 70 * MBIT });
  expect(load.unknownBitsPerSecond(8 * MINUTE_MS, capacity)).toBeCloseTo(30 * MBIT, -3);
  // Parts are spread over their time, and what is told live is a second off.
  load.book({ ...window, bitsPerSecond: 50 * MBIT });
  expect(load.unknownBitsPerSecond(8 * MINUTE_MS, capacity)).toBe(0);
  load.book({ ...window, bitsPerSecond: 400 * MBIT });
  expect(load.unknownBitsPerSecond(8 * MINUTE_MS, capacity)).toBe(capacity / 2);
  expect(load.unknownBitsPerSecond(20 * MINUTE_MS, capacity)).toBe(0);
});

it('is not told of times before anybody looked', () => {
  const load = createBookedLoad();
  load.sample(5 * MINUTE_MS, 0);
  load.book({ fromMs: 0, toMs: 5 * MINUTE_MS, bitsPerSecond: 70 * MBIT });
  expect(load.unknownBitsPerSecond(6 * MINUTE_MS, capacity)).toBe(0);
});
