import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commitShares } from './commit.js';
import { type DecidedFlow, type DecidedPolicy, decide, USABLE_SHARE } from './decide.js';
import { demandOf } from './demand.js';
import { FULL, nextPhase, type Phase, RELEASE_AFTER_MS, resting } from './phase.js';
import { shareCapacity } from './share-capacity.js';
import { MIN_SHARE_BITS_PER_SECOND, surplusGrants } from './surplus.js';

const NAMES = ['a', 'b', 'c'];
const MBIT = 1_000_000;
const policiesOfFlow = fc.subarray(NAMES, { minLength: 1 });
const capacitiesOf = fc
  .tuple(...NAMES.map(() => fc.integer({ min: 0, max: 1000 * MBIT })))
  .map((values) => new Map(NAMES.map((name, index) => [name, values[index]!])));
const flowsOf = fc
  .array(
    fc.record({
      policies: policiesOfFlow,
      weight: fc.constantFrom(1 / 7, 1 / 3, 0.5, 1, 2, 40),
      demand: fc.integer({ min: 0, max: 400 * MBIT }),
      more: fc.oneof(fc.integer({ min: 0, max: 400 * MBIT }), fc.constant(Number.POSITIVE_INFINITY)),
    }),
    { maxLength: 40 },
  )
  .map((flows) =>
    flows.map(({ more, ...flow }, index) => ({ id: `f${index}`, ...flow, ceiling: flow.demand + more })),
  );
const sumOver = (
  policy: string,
  flows: readonly { id: string; policies: readonly string[] }[],
  rates: ReadonlyMap<string, number>,
): number => flows.reduce((sum, flow) => sum + (flow.policies.includes(policy) ? rates.get(flow.id)! : 0), 0);

describe('shares of a capacity', () => {
  it('are never above it nor above what a flow may have, and leave nothing that somebody could take', () => {
    fc.assert(
      fc.property(capacitiesOf, flowsOf, (capacities, flows) => {
        const { rates, expected } = shareCapacity(capacities, flows);
        const isFull = (policy: string): boolean =>
          sumOver(policy, flows, rates) >= capacities.get(policy)! * (1 - 1e-6) - flows.length - 1;
        for (const [policy, capacity] of capacities) {
          expect(sumOver(policy, flows, rates)).toBeLessThanOrEqual(capacity);
          expect(expected.get(policy)).toBeLessThanOrEqual(capacity);
        }
        for (const { id, ceiling, policies } of flows) {
          expect(rates.get(id)).toBeLessThanOrEqual(ceiling);
          if (rates.get(id)! < ceiling - 2) expect(policies.some(isFull)).toBe(true);
        }
      }),
    );
  });

  it('are fair by weight: who gets less for its weight than another one wants no more, or is held by a policy of its own', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 * MBIT }), flowsOf, (capacity, flows) => {
        const alone = flows.map((flow) => ({ ...flow, policies: ['a'], ceiling: flow.demand }));
        const { rates } = shareCapacity(new Map([['a', capacity]]), alone);
        for (const one of alone) {
          for (const other of alone) {
            const [mine, its] = [rates.get(one.id)! / one.weight, rates.get(other.id)! / other.weight];
            if (mine < its - 20) expect(rates.get(one.id)).toBeGreaterThanOrEqual(one.demand - 2);
          }
        }
      }),
    );
  });

  it('give what rests to those who want it, as the textbook example has it', () => {
    const flow = (id: string, policies: string[], demand: number, weight = 1) => ({
      ...{ id, policies, demand, weight },
      ceiling: demand,
    });
    const flows = [
      flow('p', ['a'], 2),
      flow('q', ['a', 'b'], 100),
      flow('r', ['a', 'b'], 100),
      flow('s', ['b'], 100),
    ];
    const scaled = flows.map((one) => ({ ...one, demand: one.demand * MBIT, ceiling: one.ceiling * MBIT }));
    const { rates } = shareCapacity(
      new Map([
        ['a', 30 * MBIT],
        ['b', 12 * MBIT],
      ]),
      scaled,
    );
    const inMbit = [...rates].map(([id, rate]) => [id, Math.round(rate / MBIT)]);
    expect(Object.fromEntries(inMbit)).toEqual({ p: 2, q: 4, r: 4, s: 4 });
  });
});

describe('what senders are told', () => {
  it('never adds up to more than a capacity, if it did not before, whoever can be told', () => {
    fc.assert(
      fc.property(capacitiesOf, flowsOf, fc.infiniteStream(fc.nat(1)), (capacities, flows, coins) => {
        const { rates } = shareCapacity(capacities, flows);
        const before = shareCapacity(
          capacities,
          [...flows].reverse().map((flow) => ({ ...flow, demand: 0 })),
        );
        const commitments = flows.map(({ id, policies }) => ({
          ...{ id, policies, committed: before.rates.get(id)!, target: rates.get(id)! },
          isTellable: coins.next().value === 1,
        }));
        const told = commitShares(capacities, commitments);
        for (const [policy, capacity] of capacities)
          expect(sumOver(policy, flows, told)).toBeLessThanOrEqual(capacity + 1e-3);
        for (const { id, committed, isTellable } of commitments)
          if (!isTellable) expect(told.get(id)).toBe(committed);
      }),
    );
  });

  it('comes to the shares once all were told', () => {
    fc.assert(
      fc.property(capacitiesOf, flowsOf, (capacities, flows) => {
        const { rates } = shareCapacity(capacities, flows);
        const commitments = flows.map(({ id, policies }) => ({
          ...{ id, policies, committed: 500 * MBIT, target: rates.get(id)!, isTellable: true },
        }));
        const told = commitShares(capacities, commitments);
        for (const [id, rate] of rates) expect(told.get(id)).toBeCloseTo(rate, 0);
      }),
    );
  });
});

describe('demand', () => {
  it('of a flow that uses half of its rate sinks to a little more than it uses, and rises when it uses all of it', () => {
    let committed = 10 * MBIT;
    const use = (measured: number): void => {
      committed = demandOf({ measured, committed, ceiling: 40 * MBIT });
    };
    for (let round = 0; round < 10; round += 1) use(5 * MBIT);
    expect(committed).toBeGreaterThan(5 * MBIT);
    expect(committed).toBeLessThan(5.5 * MBIT);
    use(committed);
    expect(committed).toBe(40 * MBIT);
  });
});

describe('grants that are ended', () => {
  it('are as few as leave a share of use to each, those with the least progress', () => {
    const grants = Array.from({ length: 10 }, (_, index) => ({
      ...{ id: `g${index}`, policies: ['a'], progress: index / 10 },
    }));
    const capacities = new Map([['a', 6.5 * MIN_SHARE_BITS_PER_SECOND]]);
    expect([...surplusGrants(capacities, grants, [{ policies: ['a'] }])].sort()).toEqual([
      'g0',
      'g1',
      'g2',
      'g3',
      'g4',
    ]);
    expect(surplusGrants(capacities, grants.slice(5), [{ policies: ['a'] }]).size).toBe(0);
  });
});

describe('the phase', () => {
  const input = { nowMs: 0, isInForce: true, capacity: 100, releasePercent: 90 };
  const acting: Phase = { name: 'acting', sinceMs: 0 };

  it('acts at the capacity, and is open again when the load was below the release share for some seconds', () => {
    let phase = nextPhase(resting(0), { ...input, load: 50 });
    expect(phase.name).toBe('open');
    phase = nextPhase(phase, { ...input, load: 98 });
    expect(phase.name).toBe('open');
    phase = nextPhase(phase, { ...input, load: 100, nowMs: 1 });
    expect(phase).toEqual({ name: 'acting', sinceMs: 1 });
    phase = nextPhase(phase, { ...input, load: 89, nowMs: 2_000 });
    phase = nextPhase(phase, { ...input, load: 91, nowMs: 6_000 });
    phase = nextPhase(phase, { ...input, load: 89, nowMs: 8_000 });
    expect(nextPhase(phase, { ...input, load: 89, nowMs: 12_999 }).name).toBe('acting');
    expect(nextPhase(phase, { ...input, load: 89, nowMs: 13_000 }).name).toBe('open');
    expect(nextPhase(phase, { ...input, load: 200, isInForce: false }).name).toBe('resting');
  });

  it('does not flap: whatever the load, it is open only after seconds of low load, and a load between the thresholds changes nothing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 130 }), fc.integer({ min: 1, max: 4_000 }))),
        (steps) => {
          let phase: Phase = acting;
          let nowMs = 0;
          let lastHighMs = 0;
          for (const [load, waitMs] of steps) {
            nowMs += waitMs;
            const before = phase;
            phase = nextPhase(before, { ...input, load, nowMs });
            if (load >= 90) lastHighMs = nowMs;
            if (before.name === 'acting' && phase.name === 'open')
              expect(nowMs - lastHighMs).toBeGreaterThanOrEqual(RELEASE_AFTER_MS);
            if (load >= 90 && load < 99) expect(phase.name).toBe(before.name);
          }
        },
      ),
    );
  });
});

describe('decisions', () => {
  const policy = (changes: Partial<DecidedPolicy> = {}): DecidedPolicy => ({
    id: 'a',
    isInForce: true,
    capacityBitsPerSecond: 30 * MBIT,
    releasePercent: 90,
    phase: resting(0),
    unknownBitsPerSecond: 0,
    ...changes,
  });
  const flow = (id: string, changes: Partial<DecidedFlow> = {}): DecidedFlow => ({
    ...{ id, policies: ['a'], weight: 1, progress: 0.5, isTellable: true },
    ...{ measured: undefined, committed: 100 * MBIT, ceiling: 100 * MBIT },
    ...changes,
  });

  it('bring running flows below the capacity at once, use nine tenths of it, and close the component', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 10 * MBIT, max: 1000 * MBIT }),
        fc.array(fc.integer({ min: 1, max: 100 * MBIT }), { minLength: 1, maxLength: 30 }),
        (capacityBitsPerSecond, measured) => {
          const flows = measured.map((rate, index) => flow(`f${index}`, { measured: rate, committed: rate }));
          const decision = decide([policy({ capacityBitsPerSecond })], flows, 0);
          const sum = sumOver('a', flows, decision.committed);
          expect(sum).toBeLessThanOrEqual(capacityBitsPerSecond);
          // All are held up by what they have, and may have 100 Mbit/s each.
          const wanted = Math.min(capacityBitsPerSecond, flows.length * 100 * MBIT);
          expect(sum).toBeGreaterThanOrEqual(0.9 * wanted);
          const isFull = flows.length * 100 * MBIT >= FULL * USABLE_SHARE * capacityBitsPerSecond;
          expect(decision.phases.get('a')?.name).toBe(isFull ? 'acting' : 'open');
        },
      ),
    );
  });

  it('leave flows alone that are out of the hours, and count load that nobody told of', () => {
    const flows = [flow('one'), flow('two')];
    const outOfHours = decide([policy({ isInForce: false })], [], 0);
    expect(outOfHours.phases.get('a')?.name).toBe('resting');
    const { committed, loads } = decide([policy({ unknownBitsPerSecond: 10 * MBIT })], flows, 0);
    expect(sumOver('a', flows, committed)).toBeLessThanOrEqual(20 * MBIT);
    expect(loads.get('a')).toBeGreaterThan(28 * MBIT);
  });

  it('raise nobody before an edge was told that it has less', () => {
    const edge = flow('edge', { progress: undefined, isTellable: false, committed: 29 * MBIT });
    const grant = flow('grant', { committed: 0 });
    const before = decide([policy()], [edge, grant], 0);
    expect(before.committed.get('edge')).toBe(29 * MBIT);
    expect(before.committed.get('grant')).toBeLessThanOrEqual(MBIT);
    const told = decide([policy()], [{ ...edge, isTellable: true }, grant], 0);
    expect(told.committed.get('edge')).toBeCloseTo(told.committed.get('grant')!, -4);
  });
});
