import type { TopologyInput } from '@fairhop/shared/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { START_MS } from '../ledger/test-support.js';
import { startTestNetworks, type TestNetworks, topologyOf } from './fixture.js';

let test: TestNetworks;
beforeEach(async () => {
  test = await startTestNetworks();
});
afterEach(() => test.stop());

const MINUTE_MS = 60_000;
const asnOf = { sp1: 64501, sp2: 64502 } as const;
type Isp = keyof typeof asnOf;

/** A declaration of routers with these names, each with a link to the first. */
const routers = (isp: Isp, names: readonly string[]): Partial<TopologyInput> => ({
  nodes: names.map((name) => ({ name, kind: 'router', asn: asnOf[isp] })),
  internalLinks: names.slice(1).map((name) => ({ between: [names[0]!, name] })),
  peeringLinks: [],
  attachments: [],
});
const declare = (
  isp: Isp,
  names: readonly string[],
  options: { isConfirmed?: boolean; validFromMs?: number } = {},
) => {
  const { isConfirmed = false, validFromMs } = options;
  const declaredBy = isConfirmed ? 'operator' : `isp ${isp}`;
  const topology = topologyOf(routers(isp, names));
  return test.networks.topologies.declare({ isp, topology, declaredBy, isConfirmed, validFromMs });
};
const nodesOf = (isp: Isp, timeMs = test.clock.nowMs()) =>
  test.networks.topologies.declaredOf(asnOf[isp], timeMs)?.topology.nodes.map(({ name }) => name);
const ownersOf = (router: string) =>
  test.networks.owners.of(`router:${router}`).map(({ owner, fromMs }) => [owner, fromMs]);

describe('names of nodes', () => {
  it('are left out where another ISP has them, in whatever case, and the operator sees it', async () => {
    await declare('sp1', ['core1', 'core2']);
    const { topology, refused } = await declare('sp2', ['edge', 'CORE1']);
    expect(topology).toMatchObject({ nodes: [{ name: 'edge' }], internalLinks: [] });
    expect(refused).toMatchObject([{ what: 'node core1', code: 'name-taken' }]);
    const { conflicts } = await test.client.listConflicts({ query: { source: 'declared' } });
    expect(conflicts).toMatchObject([{ used: 'declared', usedAsPath: [64501], otherAsPath: [64502] }]);
    expect(conflicts[0]?.message).toMatch(/sp2.*core1 is a node of ISP sp1/);
  });

  it('go over to whom the operator confirms, from then on, and stay there', async () => {
    await declare('sp1', ['core1', 'core2']);
    test.clock.advance(MINUTE_MS);
    const confirmed = await declare('sp2', ['core1'], { isConfirmed: true });
    expect(confirmed).toMatchObject({ refused: [], topology: { nodes: [{ name: 'core1' }] } });
    expect(nodesOf('sp1', START_MS)).toEqual(['core1', 'core2']);
    expect(nodesOf('sp1')).toEqual(['core2']);
    expect(nodesOf('sp2')).toEqual(['core1']);
    expect(ownersOf('core1')).toEqual([
      ['sp1', START_MS],
      ['sp2', START_MS + MINUTE_MS],
    ]);
    await test.restart();
    test.clock.advance(MINUTE_MS);
    expect((await declare('sp2', ['core1', 'core3'])).refused).toEqual([]);
    expect((await declare('sp1', ['core1', 'core4'])).refused).toMatchObject([{ code: 'name-taken' }]);
    expect(nodesOf('sp2')).toEqual(['core1', 'core3']);
  });

  it('are free again once nobody in force has them', async () => {
    await declare('sp1', ['core1', 'core2']);
    test.clock.advance(MINUTE_MS);
    await declare('sp1', ['core2']);
    expect((await declare('sp2', ['core1'])).refused).toEqual([]);
    expect(ownersOf('core1').map(([isp]) => isp)).toEqual(['sp1', 'sp2']);
  });

  it('are nobody’s who declares them years ahead: who has them first keeps them', async () => {
    const laterMs = Date.UTC(2100, 0);
    await declare('sp1', ['core1', 'core2'], { validFromMs: laterMs });
    expect((await declare('sp2', ['core1'])).refused).toEqual([]);
    expect(nodesOf('sp2', laterMs)).toEqual(['core1']);
    expect(nodesOf('sp1', laterMs)).toEqual(['core2']);
    expect(ownersOf('core1')).toEqual([['sp2', START_MS]]);
    const network = test.networks.topologies.declaredOf(asnOf.sp1, laterMs);
    expect(test.networks.topologies.declaredOf(asnOf.sp1, laterMs + 1)).toBe(network);
  });

  it('under a domain of another ISP need the operator: one that is called like it, or under which it has names', async () => {
    expect((await declare('sp1', ['core1.sp2.example', 'core1.sp1.example'])).topology.nodes).toHaveLength(1);
    test.clock.advance(MINUTE_MS);
    expect((await declare('sp1', ['a.net.example', 'core1.sp1.example'])).refused).toEqual([]);
    const { refused, topology } = await declare('sp2', ['b.net.example', 'core1.sp2.example']);
    expect(refused).toMatchObject([{ what: 'node b.net.example', code: 'name-taken' }]);
    expect(topology.nodes).toHaveLength(1);
    test.clock.advance(MINUTE_MS);
    const confirmed = await declare('sp2', ['b.net.example', 'core1.sp2.example'], { isConfirmed: true });
    expect(confirmed.topology.nodes).toHaveLength(2);
    test.clock.advance(MINUTE_MS);
    expect((await declare('sp2', ['b.net.example', 'c.net.example'])).refused).toEqual([]);
  });
});
