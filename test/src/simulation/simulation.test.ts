import { describe, expect, it } from 'vitest';
import { cheats } from './model.js';
import { simulate } from './simulate.js';

const SEEDS = [1, 2, 3];

describe('a world in which three in ten cheat', () => {
  it.each(SEEDS)('bills only what went, whatever is told (seed %i)', { timeout: 60_000 }, async (seed) => {
    const result = await simulate({ seed, agents: 60, cheatersPercent: 30 });
    expect(result.refusedOfHonest).toEqual([]);
    expect(result.honestSettledBytes).toBe(result.honestBytes);
    expect(result.honestQuarantined).toEqual([]);
    for (const kind of cheats) {
      const { billedFalselyBytes, uncaught, cheaters } = result.kinds[kind];
      expect(cheaters, kind).toBeGreaterThan(0);
      if (kind === 'colludes') continue;
      expect(billedFalselyBytes, kind).toBe(0);
      expect(uncaught, kind).toBe(0);
    }
  });
});
