import { createAsGraph } from '@fairhop/shared/net';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { START_MS } from '../ledger/test-support.js';
import { graphFile, sp1Topology, startTestNetworks, type TestNetworks } from './fixture.js';
import { type OwnerStep, ownerHistory, stepsOf } from './owner-history.js';

const owner = fc.constantFrom('a', 'b', 'c');
const fromMs = fc.integer({ min: 0, max: 20 });
const ascending = (steps: readonly OwnerStep[]) =>
  [...steps].sort((left, right) => left.fromMs - right.fromMs);
/** Of steps, by definition. */
const holderAt = (steps: readonly OwnerStep[], timeMs: number): string | null =>
  steps.findLast((step) => step.fromMs <= timeMs)?.owner ?? null;

describe('ownerHistory', () => {
  it('says at every moment what was learnt until the operator spoke, and then what it said', () => {
    const learnt = fc.uniqueArray(fc.record({ owner: fc.option(owner), fromMs }), {
      selector: (step) => step.fromMs,
    });
    const declared = fc.array(fc.record({ owner, fromMs }));
    fc.assert(
      fc.property(learnt, declared, (learntSteps, declaredSteps) => {
        const [words, facts] = [
          ascending(declaredSteps) as { owner: string; fromMs: number }[],
          ascending(learntSteps),
        ];
        const history = ownerHistory(facts, words);
        for (let timeMs = 0; timeMs <= 21; timeMs += 1) {
          const isSaid = words.some((word) => word.fromMs <= timeMs);
          const holding = history.filter(
            (entry) => entry.fromMs <= timeMs && timeMs < (entry.toMs ?? Infinity),
          );
          const expected = holderAt(isSaid ? words : facts, timeMs);
          expect(holding.map((entry) => entry.owner)).toEqual(expected === null ? [] : [expected]);
          for (const { basis } of holding) expect(basis).toBe(isSaid ? 'declared' : 'learnt');
        }
      }),
    );
  });
});

describe('stepsOf', () => {
  it('gives at every moment whom the operator confirmed last of those that hold, else who has had it longest', () => {
    const interval = fc.record({
      owner,
      fromMs,
      toMs: fc.option(fc.integer({ min: 21, max: 40 })),
      claimedMs: fc.integer({ min: 0, max: 40 }),
      isConfirmed: fc.constantFrom(0 as const, 1 as const),
    });
    fc.assert(
      fc.property(fc.uniqueArray(interval, { selector: (one) => one.fromMs }), (intervals) => {
        const steps = stepsOf(intervals);
        for (let timeMs = 0; timeMs <= 41; timeMs += 1) {
          const holding = intervals
            .filter((one) => one.fromMs <= timeMs && timeMs < (one.toMs ?? Infinity))
            .sort((left, right) => left.fromMs - right.fromMs);
          const claims = [...holding].sort((left, right) => left.claimedMs - right.claimedMs);
          const holder = holding.findLast(({ isConfirmed }) => isConfirmed === 1) ?? claims[0];
          expect(holderAt(steps, timeMs)).toBe(holder?.owner ?? null);
        }
      }),
    );
  });
});

describe('owners of components', () => {
  let test: TestNetworks;
  beforeEach(async () => {
    test = await startTestNetworks();
  });
  afterEach(() => test.stop());
  const of = async (component: string) => (await test.client.getComponent({ params: { component } })).owners;
  const put = (component: string, body: { owner: string; fromMs?: number }) =>
    test.client.putComponentOwner({ params: { component }, body });
  const codeOf = (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => 'no error',
      (error: { code: string }) => error.code,
    );

  it('are learnt: of an AS its ISP, of a link the ISP of the AS that bytes enter, of what is declared the declaring ISP', async () => {
    await test.client.putTopology({ params: { isp: 'sp1' }, query: {}, body: sp1Topology });
    const learnt = (isp: string, sinceMs = START_MS) => [
      { owner: isp, basis: 'learnt', fromMs: sinceMs, toMs: null },
    ];
    expect(await of('as:64501')).toEqual(learnt('sp1'));
    expect(await of('link:as:64501>as:64502')).toEqual(learnt('sp2'));
    expect(await of('link:as:64502>as:64501')).toEqual(learnt('sp1'));
    expect(await of('peering:as:64501>as:64502/to-sp2')).toEqual(learnt('sp2'));
    expect(await of('peering:as:64502>as:64501/to-sp2')).toEqual(learnt('sp1'));
    expect(await of('router:core1.sp1.example')).toEqual(learnt('sp1'));
    expect(await of('switch:sw1.sp1.example')).toEqual(learnt('sp1'));
    expect(await of('internal:sw1.sp1.example>core1.sp1.example')).toEqual(learnt('sp1'));
    expect(await of('isp:sp1')).toEqual(learnt('sp1', 0));
    expect(await of('ixp:xlan')).toEqual([]);
    expect(await of('place:us/ca')).toEqual([]);
  });

  it('change when the AS graph does, from that time on, and not on a restart', async () => {
    test.clock.advance(60_000);
    await test.restart();
    const ases = graphFile.ases.map((entry) => (entry.asn === 64502 ? { ...entry, isp: 'sp3' } : entry));
    test.knowledge.graph = createAsGraph({ ...graphFile, ases });
    test.networks.graphChanged();
    const sold = [
      { owner: 'sp2', basis: 'learnt', fromMs: START_MS, toMs: START_MS + 60_000 },
      { owner: 'sp3', basis: 'learnt', fromMs: START_MS + 60_000, toMs: null },
    ];
    expect(await of('as:64502')).toEqual(sold);
    expect(await of('link:as:64501>as:64502')).toEqual(sold);
    test.clock.advance(60_000);
    test.knowledge.graph = createAsGraph({
      ...graphFile,
      ases: graphFile.ases.filter(({ asn }) => asn !== 64510),
      prefixes: graphFile.prefixes.filter(({ asn }) => asn !== 64510),
    });
    test.networks.graphChanged();
    expect(await of('as:64510')).toEqual([
      { owner: 'island', basis: 'learnt', fromMs: START_MS, toMs: START_MS + 120_000 },
    ]);
  });

  it('are the operator’s word from a date on; what was before stays', async () => {
    const component = 'link:as:64501>as:64502';
    const laterMs = START_MS + 60_000;
    await put(component, { owner: 'sp1', fromMs: laterMs });
    await put(component, { owner: 'sp1', fromMs: laterMs + 1 });
    expect(await put(component, { owner: 'backbone', fromMs: laterMs + 5 })).toEqual({
      owners: [
        { owner: 'sp2', basis: 'learnt', fromMs: START_MS, toMs: laterMs },
        { owner: 'sp1', basis: 'declared', fromMs: laterMs, toMs: laterMs + 5 },
        { owner: 'backbone', basis: 'declared', fromMs: laterMs + 5, toMs: null },
      ],
    });
    expect(await codeOf(put(component, { owner: 'sp3', fromMs: laterMs }))).toBe('owner-out-of-order');
    expect((await put('ixp:xlan', { owner: 'xlan-operations' })).owners).toEqual([
      { owner: 'xlan-operations', basis: 'declared', fromMs: START_MS, toMs: null },
    ]);
    await test.restart();
    expect(await of('ixp:xlan')).toHaveLength(1);
    for (const nobodys of ['place:us/ca', 'host:127.1.0.5', 'isp:sp1'])
      expect(await codeOf(put(nobodys, { owner: 'sp1' }))).toBe('component-not-owned');
    expect(await codeOf(put('nonsense:1', { owner: 'sp1' }))).toBe('invalid-request');
  });
});
