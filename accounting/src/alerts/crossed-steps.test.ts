import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crossedSteps } from './crossed-steps.js';

const budgets = fc.record({
  limitBytes: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  stepsPercent: fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 10 }),
});

describe('crossedSteps', () => {
  it('tells each step once and in order, whatever the bookings, and all that the last usage reached', () => {
    fc.assert(
      fc.property(budgets, fc.array(fc.double({ min: 0, max: 4, noNaN: true })), (budget, shares) => {
        const told: number[] = [];
        let usedBytes = 0;
        for (const share of [...shares].sort((left, right) => left - right)) {
          usedBytes = Math.max(
            usedBytes,
            Math.floor(Math.min(share * budget.limitBytes, Number.MAX_SAFE_INTEGER)),
          );
          const steps = crossedSteps({ ...budget, usedBytes, toldStepsPercent: new Set(told) });
          told.push(...steps.map(({ stepPercent }) => stepPercent));
        }
        const reached = [...new Set(budget.stepsPercent)]
          .filter((step) => BigInt(usedBytes) * 100n >= BigInt(budget.limitBytes) * BigInt(step))
          .sort((left, right) => left - right);
        expect(told).toEqual(reached);
      }),
    );
  });

  it('tells several steps that one booking reached, the lowest first', () => {
    const input = { limitBytes: 1000, stepsPercent: [100, 80, 120], toldStepsPercent: new Set<number>() };
    expect(crossedSteps({ ...input, usedBytes: 799 })).toEqual([]);
    expect(crossedSteps({ ...input, usedBytes: 1000 })).toEqual([
      { stepPercent: 80, thresholdBytes: 800 },
      { stepPercent: 100, thresholdBytes: 1000 },
    ]);
  });

  it('rounds the fraction of a byte up', () => {
    const input = { limitBytes: 3, stepsPercent: [50], toldStepsPercent: new Set<number>() };
    expect(crossedSteps({ ...input, usedBytes: 1 })).toEqual([]);
    expect(crossedSteps({ ...input, usedBytes: 2 })).toEqual([{ stepPercent: 50, thresholdBytes: 2 }]);
  });
});
