import { expect, it } from 'vitest';
import { simulate } from './simulate.js';

it('is the same world again for the same seed', { timeout: 120_000 }, async () => {
  const world = { seed: 3, agents: 24, cheatersPercent: 30 };
  const first = await simulate(world);
  expect(await simulate(world)).toEqual(first);
  expect(first.transferIds.length).toBeGreaterThan(0);
});
