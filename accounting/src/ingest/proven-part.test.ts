import { BIN_MS } from '@fairhop/shared/model';
import { createAsGraph } from '@fairhop/shared/net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { demoGraph } from '../fixture/service.js';
import { event } from '../ledger/test-support.js';
import { createPathResolver } from '../paths/path-resolver.js';
import { declaredNetworks, knowledgeOf, ribHistory, ribOf } from '../paths/test-support.js';
import { eventsOf, type ProvenPart } from './proven-part.js';

const startMs = Date.UTC(2026, 10, 20, 18, 1);
const direct = ribOf({ '127.2.0.0/16': [[64501, 64502]], '127.3.0.0/16': [[64501, 64502, 64503]] });
const around = ribOf({ '127.2.0.0/16': [[64501, 64500, 64502]], '127.3.0.0/16': [[64501, 64502, 64503]] });

const partOf = (changes: Partial<ProvenPart>): ProvenPart => {
  const {
    binMs: _,
    owner: __,
    path: ___,
    sourceAs,
    sourceIsp,
    destinationAs,
    destinationIsp,
    ...facts
  } = event();
  return { ...facts, startMs, endMs: startMs + 60_000, bytes: 600, ...changes };
};
/** SP1 says that it has a link to SP2. */
const networks = declaredNetworks([
  {
    fromMs: 0,
    network: {
      isp: 'sp1',
      asns: [64501],
      topology: {
        version: 1,
        nodes: [{ name: 'r1.sp1.example', kind: 'router', asn: 64501, addresses: [] }],
        internalLinks: [],
        peeringLinks: [{ name: 'p1', node: 'r1.sp1.example', neighbour: 64502 }],
        attachments: [],
      },
    },
  },
]);
const resolverOf = (ribs: Parameters<typeof ribHistory>[0]) =>
  createPathResolver({
    graph: createAsGraph(demoGraph),
    knowledge: knowledgeOf({ ribs: ribHistory(ribs), networks }),
    furtherAsnSources: [],
    onSourceError: (error) => {
      throw error;
    },
  });
/** Directly at first, around from 20 to 50 seconds after the begin, directly again. */
const changing = resolverOf({ 0: direct, [startMs + 20_000]: around, [startMs + 50_000]: direct });

describe('the rows of a part', () => {
  it('are cut where its path changes, with bytes that add up and join', async () => {
    const { events, conflicts } = await eventsOf(partOf({ fromBytes: 1_000 }), changing);
    expect(
      events.map(({ binMs, bytes, fromBytes, startMs: from, endMs, path }) => [
        ...[binMs - startMs, bytes, fromBytes, from - startMs, endMs - startMs, path?.asPath.length],
      ]),
    ).toEqual([
      [-60_000, 200, 1_000, 0, 20_000, 2],
      [-60_000, 300, 1_200, 20_000, 50_000, 3],
      [-60_000, 100, 1_500, 50_000, 60_000, 2],
    ]);
    const around = { used: 'bgp', usedAsPath: [64501, 64500, 64502], other: 'declared' };
    expect(conflicts.length).toBeGreaterThan(0);
    for (const conflict of conflicts) expect(conflict).toMatchObject(around);
  });

  it('are not cut where another path changes', async () => {
    const { events } = await eventsOf(partOf({ destinationAddress: '127.3.0.9' }), changing);
    expect(events).toMatchObject([{ bytes: 600, startMs, endMs: startMs + 60_000 }]);
    expect((await eventsOf(partOf({ bytes: 0 }), changing)).events).toEqual([]);
  });

  it('have the path of the time at which their bytes went', async () => {
    // The only byte is whole at the end: the time before the change goes with it, its path does not.
    const { events } = await eventsOf(partOf({ bytes: 1, endMs: startMs + 40_000 }), changing);
    expect(events).toMatchObject([
      { bytes: 1, startMs, endMs: startMs + 40_000, path: { asPath: { length: 3 } } },
    ]);
  });

  it('say the same of each bin, whatever is known of the path', async () => {
    const part = fc.record({
      bytes: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.maxSafeNat()),
      durationMs: fc.nat({ max: 3 * BIN_MS }),
      changes: fc.uniqueArray(fc.integer({ min: 1, max: 3 * BIN_MS }), { maxLength: 6 }),
    });
    const wholes = (rows: Awaited<ReturnType<typeof eventsOf>>['events']) => {
      const bins = new Map<number, unknown[]>();
      for (const { binMs, bytes, fromBytes, startMs: from, endMs } of rows) {
        const [first, begin, sum] = (bins.get(binMs) ?? [fromBytes, from, 0]) as [number, number, number];
        bins.set(binMs, [first, begin, sum + bytes, endMs]);
      }
      return [...bins];
    };
    await fc.assert(
      fc.asyncProperty(part, async ({ bytes, durationMs, changes }) => {
        const told = partOf({ bytes, fromBytes: 0, endMs: startMs + durationMs });
        const times = changes.toSorted((left, right) => left - right);
        const views = Object.fromEntries(
          times.map((afterMs, index) => [startMs + afterMs, index % 2 === 0 ? around : direct]),
        );
        const cut = await eventsOf(told, resolverOf({ 0: direct, ...views }));
        const whole = await eventsOf(told, resolverOf({ 0: direct }));
        expect(wholes(cut.events)).toEqual(wholes(whole.events));
        for (const [index, row] of cut.events.entries()) {
          const before = cut.events[index - 1];
          if (before !== undefined) expect(row.fromBytes).toBe(before.fromBytes! + before.bytes);
        }
      }),
    );
  });
});
