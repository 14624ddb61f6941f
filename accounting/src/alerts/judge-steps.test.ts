import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeEnded, judgeSteps, type StepChange, type StepState, thresholdOf } from './judge-steps.js';

const budgets = fc.record({
  direction: fc.constantFrom('above' as const, 'below' as const),
  limitBytes: fc.integer({ min: 1, max: 2 ** 44 }),
  hysteresisPercent: fc.integer({ min: 0, max: 30 }),
  stepsPercent: fc
    .uniqueArray(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 6 })
    .map((steps) => steps.sort((left, right) => left - right)),
});

const apply = (states: Map<number, StepState>, changes: readonly StepChange[]): void => {
  for (const { kind, stepPercent, occurrence } of changes)
    states.set(stepPercent, { occurrence, status: kind === 'reached' ? 'active' : 'resolved' });
};

describe('judgeSteps', () => {
  it('tells of each step in turns that it is reached and resolved, with the margin between, whatever the values', () => {
    fc.assert(
      fc.property(budgets, fc.array(fc.integer({ min: 0, max: 450 }), { size: '+1' }), (budget, percents) => {
        const states = new Map<number, StepState>();
        for (const given of percents) {
          const valueBytes = Math.floor((given * budget.limitBytes) / 100);
          const changes = judgeSteps({ ...budget, valueBytes, states });
          const wasActive = new Set(
            [...states].filter(([, { status }]) => status === 'active').map(([step]) => step),
          );
          for (const { kind, stepPercent, occurrence } of changes) {
            const before = states.get(stepPercent);
            expect(before?.status === 'active').toBe(kind === 'resolved');
            expect(occurrence).toBe((before?.occurrence ?? 0) + (kind === 'reached' ? 1 : 0));
          }
          apply(states, changes);
          // The definition, in exact fractions: beyond the step it is active, beyond the margin it is not, between it stays.
          const percent = (Number(valueBytes) * 100) / budget.limitBytes;
          for (const step of budget.stepsPercent) {
            const isActive = states.get(step)?.status === 'active';
            const margin =
              budget.direction === 'above'
                ? Math.max(1, step - budget.hysteresisPercent)
                : step + budget.hysteresisPercent;
            const isBeyond = budget.direction === 'above' ? percent >= step : percent < step;
            const isBack = budget.direction === 'above' ? percent < margin : percent >= margin;
            expect(isActive).toBe(isBeyond || (wasActive.has(step) && !isBack));
          }
          expect(judgeSteps({ ...budget, valueBytes, states })).toEqual([]);
        }
      }),
    );
  });

  it('tells what gets worse in the order in which it does, and resolves it the other way round', () => {
    const budget = { limitBytes: 1_000, hysteresisPercent: 5, stepsPercent: [80, 100] };
    const told = (direction: 'above' | 'below', values: readonly number[]): string[] => {
      const states = new Map<number, StepState>();
      return values.flatMap((valueBytes) => {
        const changes = judgeSteps({ ...budget, direction, valueBytes, states });
        apply(states, changes);
        return changes.map(({ kind, stepPercent, occurrence }) => `${kind} ${stepPercent} #${occurrence}`);
      });
    };
    expect(told('above', [799, 1_000, 760, 750, 749, 800])).toEqual([
      ...['reached 80 #1', 'reached 100 #1', 'resolved 100 #1', 'resolved 80 #1', 'reached 80 #2'],
    ]);
    expect(told('below', [1_000, 700, 849, 850, 1_050, 999])).toEqual([
      ...['reached 100 #1', 'reached 80 #1', 'resolved 80 #1', 'resolved 100 #1', 'reached 100 #2'],
    ]);
  });

  it('rounds the fraction of a byte up, and is exact near the largest limits', () => {
    const input = { direction: 'above' as const, hysteresisPercent: 0, states: new Map() };
    expect(thresholdOf(3, 50)).toBe(2);
    expect(judgeSteps({ ...input, limitBytes: 3, stepsPercent: [50], valueBytes: 1 })).toEqual([]);
    const limitBytes = Number.MAX_SAFE_INTEGER;
    expect(judgeSteps({ ...input, limitBytes, stepsPercent: [100], valueBytes: limitBytes - 1 })).toEqual([]);
    expect(judgeSteps({ ...input, limitBytes, stepsPercent: [100], valueBytes: limitBytes })).toHaveLength(1);
  });
});

describe('judgeEnded', () => {
  it('tells what late reports reached, once, and nothing again', () => {
    const states = new Map<number, StepState>([
      [50, { occurrence: 1, status: 'over' }],
      [80, { occurrence: 2, status: 'active' }],
      [90, { occurrence: 1, status: 'resolved' }],
    ]);
    const budget = { direction: 'above' as const, limitBytes: 100, hysteresisPercent: 5 };
    const changes = judgeEnded({ ...budget, stepsPercent: [50, 80, 90, 100, 120], valueBytes: 100, states });
    expect(changes).toEqual([
      { kind: 'reached', stepPercent: 90, occurrence: 2 },
      { kind: 'reached', stepPercent: 100, occurrence: 1 },
    ]);
  });
});
