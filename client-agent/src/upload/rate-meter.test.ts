import { expect, it } from 'vitest';
import { createFrameBudget } from '../peer/frame-budget.js';
import { createRateMeter } from './rate-meter.js';

it('measures a rate over two seconds and forgets it', () => {
  const meter = createRateMeter();
  for (let nowMs = 0; nowMs < 5_000; nowMs += 10) meter.add(1_000, nowMs);
  expect(meter.bitsPerSecond(4_990)).toBe(800_000);
  expect(meter.bitsPerSecond(6_000)).toBeLessThan(800_000);
  expect(meter.bitsPerSecond(60_000)).toBe(0);
});

it('lets so many frames through in a second', () => {
  const budget = createFrameBudget(3);
  expect([0, 1, 2, 3].map((nowMs) => budget.spend(nowMs))).toEqual([true, true, true, false]);
  expect(budget.spend(1_000)).toBe(true);
});
