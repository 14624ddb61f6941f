import { join } from 'node:path';
import type { TopologyInput } from '@fairhop/shared/model';
import { openDatabase } from '@fairhop/shared/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { START_MS } from '../ledger/test-support.js';
import { createDeclaredComponents } from './declared-components.js';
import { startTestNetworks, type TestNetworks, topologyOf } from './fixture.js';
import { networksMigrations } from './schema.js';

let test: TestNetworks;
beforeEach(async () => {
  test = await startTestNetworks();
});
afterEach(() => test.stop());

const MINUTE_MS = 60_000;
const asnOf = { sp1: 64501, sp2: 64502, sp3: 64503 } as const;
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

  it('stay whose they are when another dates its declaration back: only the operator may', async () => {
    const names = ['core1.net.example', 'core2.net.example'];
    await declare('sp1', names);
    test.clock.advance(2 * MINUTE_MS);
    const nowMs = test.clock.nowMs();
    await expect(declare('sp2', names, { validFromMs: START_MS - 1 })).rejects.toMatchObject({
      code: 'topology-backdated',
      message: expect.stringContaining('leave the time out'),
    });
    // By a clock that is a little behind it begins now.
    const late = await declare('sp2', ['edge', 'core1.net.example'], { validFromMs: nowMs - 1_000 });
    expect(late).toMatchObject({ validFromMs: nowMs, refused: [{ code: 'name-taken' }] });
    expect(nodesOf('sp1')).toEqual(names);
    expect(ownersOf('core1.net.example')).toEqual([['sp1', START_MS]]);
    const confirmed = await declare('sp3', names, { isConfirmed: true, validFromMs: START_MS - 1 });
    expect(confirmed).toMatchObject({ validFromMs: START_MS - 1, refused: [] });
  });

  it('stay whose they are when more is said of them, though another declared them ahead', async () => {
    const change = (place: string) =>
      test.networks.topologies.declare({
        ...{ isp: 'sp1', declaredBy: 'isp sp1', isConfirmed: false },
        topology: topologyOf({
          ...routers('sp1', []),
          nodes: [{ name: 'core1', kind: 'router', asn: asnOf.sp1, place }],
        }),
      });
    await declare('sp2', ['core1'], { validFromMs: START_MS + 2 * MINUTE_MS });
    await change('us/ca/sanjose');
    test.clock.advance(3 * MINUTE_MS);
    expect((await change('us/ca/fresno')).refused).toEqual([]);
    expect(nodesOf('sp1')).toEqual(['core1']);
    expect(nodesOf('sp2')).toEqual([]);
    expect(ownersOf('core1').map(([isp]) => isp)).toEqual(['sp1']);
  });

  it('are not to be had ahead while another has them', async () => {
    await declare('sp1', ['core1', 'core2']);
    test.clock.advance(MINUTE_MS);
    const laterMs = START_MS + 10 * MINUTE_MS;
    await declare('sp1', ['core2'], { validFromMs: laterMs });
    const { refused } = await declare('sp2', ['core1'], { validFromMs: laterMs });
    expect(refused).toMatchObject([{ what: 'node core1', code: 'name-taken' }]);
  });

  it('are theirs to say more of ahead to whom the operator gave them from then on', async () => {
    const laterMs = START_MS + 10 * MINUTE_MS;
    await declare('sp1', ['a.net.example']);
    await declare('sp2', ['a.net.example'], { isConfirmed: true, validFromMs: laterMs });
    const names = ['a.net.example', 'b.net.example'];
    const { refused } = await declare('sp2', names, { validFromMs: laterMs + MINUTE_MS });
    expect(refused).toEqual([]);
    expect(nodesOf('sp1')).toEqual(['a.net.example']);
    expect(nodesOf('sp2', laterMs + MINUTE_MS)).toEqual(names);
  });

  it('go back to who declared them first where another had dated its declaration before', async () => {
    const file = join(test.directory, 'before.db');
    const before = openDatabase(file, networksMigrations.slice(0, 2), { synchronous: 'FULL' });
    const declared = before.prepare(
      `INSERT INTO topologies (isp, version, valid_from_ms, declared_ms, declared_by, digest, refused)
       VALUES (?, 1, ?, ?, 'isp', '', '[]')`,
    );
    const component = before.prepare(
      "INSERT INTO declared_components (component, isp, from_ms, asn) VALUES ('router:core1', ?, ?, ?)",
    );
    declared.run('sp1', START_MS, START_MS);
    component.run('sp1', START_MS, asnOf.sp1);
    declared.run('sp2', START_MS - MINUTE_MS, START_MS + MINUTE_MS);
    component.run('sp2', START_MS - MINUTE_MS, asnOf.sp2);
    before.close();
    const after = openDatabase(file, networksMigrations, { synchronous: 'FULL' });
    expect(createDeclaredComponents(after).holderOf('core1', START_MS + 2 * MINUTE_MS)?.isp).toBe('sp1');
    after.close();
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
