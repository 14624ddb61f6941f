import { asId, linkId, type Policy } from '@fairhop/shared/model';
import { createAsGraph, createAsPaths } from '@fairhop/shared/net';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createPathKnowledge } from '../selection/index.js';
import { createInForce } from './in-force.js';
import { createPolicyMetrics } from './metrics.js';
import { createToldWays } from './told-ways.js';
import { createPolicyViews } from './view.js';

/** Each ISP has two of the graph's ASes. */
const asns = [1, 2, 3, 4, 5, 6];
const ispOf = (asn: number): string | null => (asns.includes(asn) ? `sp${Math.ceil(asn / 2)}` : null);
const placeOf = (asn: number) => ({ asn, isp: ispOf(asn) });
const title = { id: 'studio/film', category: 'video' };

const pairs = asns.flatMap((from) => asns.filter((to) => to !== from).map((to) => [from, to] as const));
const linksAmong = fc.uniqueArray(
  fc.record({
    ends: fc.constantFrom(...pairs.filter(([from, to]) => from < to)),
    relationship: fc.constantFrom('peer' as const, 'customer-of' as const),
  }),
  { selector: ({ ends }) => ends.join(), maxLength: 6 },
);
const components = fc.constantFrom(
  ...[...pairs.map(([from, to]) => linkId(from, to)), ...asns.map(asId), 'isp:sp1', 'isp:sp2', 'isp:sp3'],
);

it('tells of a policy that acts for every network that selection refuses, and of none for those it takes', () => {
  // Ends that no graph has, too.
  const end = fc.constantFrom(...asns, 7, 8);
  fc.assert(
    fc.property(
      linksAmong,
      fc.array(fc.record({ component: components, isActing: fc.boolean() }), { maxLength: 4 }),
      end,
      end,
      (links, capped, from, to) => {
        const graph = createAsGraph({
          ...{ version: 1, prefixes: [] },
          ases: asns.map((asn) => ({ asn, name: `AS ${asn}`, isp: ispOf(asn) })),
          isps: ['sp1', 'sp2', 'sp3'].map((id) => ({ id, name: id })),
          links: links.map(({ ends: [one, other], relationship }) => ({
            from: one,
            to: other,
            relationship,
          })),
        });
        const paths = createAsPaths(graph);
        const acting = new Set<string>();
        const policies = capped.map(({ component, isActing }, index): Policy => {
          if (isActing) acting.add(`policy-${index}`);
          return {
            ...{ id: `policy-${index}`, component, capacityBitsPerSecond: 1_000_000, scope: { kind: 'all' } },
            ...{ releasePercent: 90, setBy: 'operator', createdMs: 0, changedMs: 0 },
          };
        });
        const store = { list: () => policies } as unknown as Parameters<typeof createInForce>[0]['store'];
        const views = createPolicyViews({
          inForce: createInForce({
            ...{ store, ways: createToldWays(() => 0) },
            ...{ paths: () => paths, graph: () => graph },
          }),
          engine: { isActing: ({ id }) => acting.has(id), firstRate: () => 0 },
          ...{ metrics: createPolicyMetrics(new Registry()), graph: () => graph, nowMs: () => 0 },
        });
        const view = views(placeOf(to), title);
        const cost = createPathKnowledge(paths, view.closed).costOf(
          { ...placeOf(from), country: null, id: from },
          { ...placeOf(to), country: null, id: to },
        );
        expect(view.actingFrom(placeOf(from)).length > 0).toBe(cost === undefined);
      },
    ),
    { numRuns: 1_000 },
  );
});
