import { describe, expect, it } from 'vitest';
import { cheats } from './model.js';
import { simulate } from './simulate.js';

describe('a world in which three in ten cheat', () => {
  it('bills only what went, whatever is told', { timeout: 60_000 }, async () => {
    const result = await simulate({ seed: 1, agents: 100, cheatersPercent: 30 });
    expect(result.refusedOfHonest).toEqual([]);
    expect(result.honestUnsettledBytes).toBe(0);
    expect(result.honestOversettledBytes).toBe(0);
    expect(result.honestQuarantined).toEqual([]);
    for (const kind of cheats) {
      const { billedFalselyBytes, uncaught, knownBeforeCaught, cheaters } = result.kinds[kind];
      expect(cheaters, kind).toBeGreaterThan(0);
      if (kind === 'colludes') continue;
      expect(billedFalselyBytes, kind).toBe(0);
      expect(uncaught, kind).toBe(0);
      expect(knownBeforeCaught, kind).toBeLessThanOrEqual(3);
    }
  });
});
