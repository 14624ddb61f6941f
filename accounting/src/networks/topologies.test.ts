import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAsGraph } from '@fairhop/shared/net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { START_MS } from '../ledger/test-support.js';
import { graphFile, sp1Topology, startTestNetworks, type TestNetworks, topologyOf } from './fixture.js';

let test: TestNetworks;
beforeEach(async () => {
  test = await startTestNetworks();
});
afterEach(() => test.stop());

const params = { isp: 'sp1' };
const MINUTE_MS = 60_000;
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: { code: string }) => error.code,
  );
const put = (changes: object = {}, query: { validFromMs?: number } = {}) =>
  test.client.putTopology({ params, query, body: { ...sp1Topology, ...changes } });
const asSp1 = (changes: object = {}) =>
  test.networks.topologies.declare({
    isp: 'sp1',
    topology: topologyOf(changes),
    declaredBy: 'isp sp1',
    isConfirmed: false,
  });

describe('declared topologies', () => {
  it('are numbered, dated, kept over a restart, and hold until the next one', async () => {
    expect(await put()).toMatchObject({
      isp: 'sp1',
      version: 1,
      validFromMs: START_MS,
      validToMs: null,
      declaredBy: 'operator',
      refused: [],
    });
    test.clock.advance(MINUTE_MS);
    const second = await put({ attachments: [] });
    expect(second).toMatchObject({ version: 2, validFromMs: START_MS + MINUTE_MS });
    await test.restart();
    const at = (atMs?: number) => test.client.getTopology({ params, query: { atMs } });
    expect(await at()).toEqual(second);
    expect(await at(START_MS)).toMatchObject({ version: 1, validToMs: START_MS + MINUTE_MS });
    expect((await at(START_MS)).topology.attachments).toHaveLength(1);
    expect(await codeOf(at(START_MS - 1))).toBe('topology-unknown');
    const { topologies } = await test.client.listTopologies({ params, query: {} });
    expect(topologies.map(({ version }) => version)).toEqual([2, 1]);
    expect(topologies[0]).not.toHaveProperty('topology');
  });

  it('may begin in the future, and never before the one before', async () => {
    const { networks } = test;
    await put({}, { validFromMs: START_MS - MINUTE_MS });
    const laterMs = START_MS + MINUTE_MS;
    await put({ attachments: [] }, { validFromMs: laterMs });
    expect(await codeOf(put())).toBe('topology-out-of-order');
    expect(networks.topologies.declaredOf(64501, START_MS - MINUTE_MS - 1)).toBeUndefined();
    expect(networks.topologies.declaredOf(64501, laterMs - 1)?.topology.attachments).toHaveLength(1);
    expect(networks.topologies.declaredOf(64501, laterMs)?.topology.attachments).toHaveLength(0);
    expect(networks.topologies.changes(START_MS - MINUTE_MS, laterMs + 1)).toEqual([laterMs]);
  });

  it('stay as they are when the same is declared again', async () => {
    const first = await put();
    const { revision } = test.networks.topologies;
    test.clock.advance(MINUTE_MS);
    expect(await put()).toEqual(first);
    expect(test.networks.topologies.revision).toBe(revision);
  });

  it('answer with one object for as long as it is the same, in lower case', async () => {
    await put();
    const { topologies } = test.networks;
    const declared = topologies.declaredOf(64501, START_MS);
    expect(declared).toBe(topologies.declaredOf(64501, START_MS + 1));
    expect(declared).toMatchObject({ isp: 'sp1', asns: [64501] });
    expect(declared?.topology.nodes[0]?.name).toBe('core1.sp1.example');
    expect(declared?.topology.peeringLinks[0]?.name).toBe('to-sp2');
    expect(topologies.declaredOf(64502, START_MS)).toBeUndefined();
  });

  it('count for nothing of an AS that went to another ISP', async () => {
    await put();
    expect(test.networks.topologies.declaredOf(64501, START_MS)).toBeDefined();
    const { revision } = test.networks.topologies;
    const ases = graphFile.ases.map((entry) => (entry.asn === 64501 ? { ...entry, isp: 'sp2' } : entry));
    test.knowledge.graph = createAsGraph({
      ...graphFile,
      ases: [...ases, { asn: 64504, name: 'New', isp: 'sp1' }],
    });
    test.networks.graphChanged();
    expect(test.networks.topologies.revision).toBeGreaterThan(revision);
    expect(test.networks.topologies.declaredOf(64501, START_MS)).toBeUndefined();
    expect(test.networks.topologies.declaredOf(64504, START_MS)?.topology).toMatchObject({
      nodes: [],
      internalLinks: [],
      peeringLinks: [],
      attachments: [],
    });
  });

  it('are refused whole where they contradict themselves, with every place', async () => {
    const nodes = [{ name: 'r1', kind: 'router', asn: 64502 }];
    await expect(put({ nodes, internalLinks: [], peeringLinks: [] })).rejects.toMatchObject({
      code: 'invalid-request',
      status: 400,
      errors: [{ path: 'body.nodes.0.asn' }, { path: 'body.attachments.0.node' }],
    });
    expect(await codeOf(test.client.getTopology({ params, query: {} }))).toBe('topology-unknown');
    expect(
      await codeOf(test.client.putTopology({ params: { isp: 'nobody' }, query: {}, body: sp1Topology })),
    ).toBe('isp-unknown');
    expect(await codeOf(put({ nodes: [{ name: 'r 1', kind: 'router', asn: 64501 }] }))).toBe(
      'invalid-request',
    );
  });

  it('are left without others’ prefixes and addresses, unless the operator declares them', async () => {
    const foreign = { attachments: [{ prefix: '127.2.0.0/16', node: 'sw1.sp1.example' }] };
    const alone = await asSp1(foreign);
    expect(alone.refused).toMatchObject([{ code: 'prefix-not-own', what: 'attachment 127.2.0.0/16' }]);
    expect(alone.topology.attachments).toEqual([]);
    expect(alone.topology.nodes).toHaveLength(2);
    test.clock.advance(MINUTE_MS);
    const confirmed = await put(foreign);
    expect(confirmed).toMatchObject({ version: 2, refused: [] });
    expect(confirmed.topology.attachments).toHaveLength(1);
  });

  it('keep what contradicts BGP at AS level, for the operator to see', async () => {
    const peeringLinks = [{ name: 'secret', node: 'core1.sp1.example', neighbour: 64503 }];
    const declared = await put({ peeringLinks });
    expect(declared.conflicts).toMatchObject([{ code: 'neighbour-unknown', what: 'peering link secret' }]);
    expect(declared.topology.peeringLinks).toHaveLength(1);
    const met = {
      used: 'bgp' as const,
      usedAsPath: [64501, 64502],
      other: 'traceroute' as const,
      otherAsPath: [64501, 64500, 64502],
      message: 'differ',
      firstMs: START_MS - 5,
      lastMs: START_MS + 5,
      count: 3,
    };
    test.knowledge.conflicts = [met];
    const { conflicts } = await test.client.listConflicts({ query: {} });
    const standing = { used: 'operator', usedAsPath: [], other: 'declared', otherAsPath: [64501, 64503] };
    expect(conflicts).toMatchObject([{ ...standing, count: 1 }, met]);
    const page = async (query: { limit?: number; skip?: number; source?: 'declared' | 'traceroute' }) =>
      (await test.client.listConflicts({ query })).conflicts;
    expect(await page({ limit: 1 })).toMatchObject([standing]);
    expect(await page({ limit: 1, skip: 1 })).toEqual([met]);
    expect(await page({ skip: 2 })).toEqual([]);
    expect(await page({ source: 'declared' })).toMatchObject([standing]);
    expect(await page({ source: 'traceroute' })).toEqual([met]);
    // Found when routes change, not when it is asked for.
    test.knowledge.bgpNeighbours.set(64501, new Set([64503]));
    const standingConflicts = async () => (await test.client.getTopology({ params, query: {} })).conflicts;
    expect(await standingConflicts()).toHaveLength(1);
    test.networks.routesChanged();
    await expect.poll(standingConflicts).toEqual([]);
    expect(await page({ source: 'declared' })).toEqual([]);
  });
});

describe('a directory of topologies', () => {
  const patience = { timeout: 15_000 };
  let directory: string;
  let followed: TestNetworks;
  const write = (file: string, content: unknown): void =>
    writeFileSync(join(directory, file), typeof content === 'string' ? content : JSON.stringify(content));
  const versionsOf = (isp: string) =>
    followed.networks.topologies.list(isp, { limit: 10 }).map(({ version }) => version);
  const versions = () => versionsOf('sp1');

  beforeEach(async () => {
    directory = join(test.directory, 'topologies');
    mkdirSync(directory);
    write('sp1.json', sp1Topology);
    followed = await startTestNetworks({ topologyDirectory: directory });
  });
  afterEach(() => followed.stop());

  it('is followed: another content is another version, the same one is none, a wrong one changes nothing', async () => {
    expect(followed.networks.topologies.at('sp1', START_MS)).toMatchObject({
      version: 1,
      declaredBy: 'file sp1.json',
    });
    write('nobody.json', sp1Topology);
    write('sp2.json', '{ this is no topology');
    write('sp1.json', `${JSON.stringify(sp1Topology)}  `);
    write('sp3.json', {
      ...sp1Topology,
      nodes: [{ name: 'r.sp3', kind: 'router', asn: 64503 }],
      internalLinks: [],
      peeringLinks: [],
      attachments: [],
    });
    await expect.poll(() => versionsOf('sp3'), patience).toEqual([1]);
    expect(versions()).toEqual([1]);
    expect(versionsOf('sp2')).toEqual([]);
    followed.clock.advance(MINUTE_MS);
    write('sp1.json', { ...sp1Topology, attachments: [{ prefix: '127.2.0.0/16', node: 'sw1.sp1.example' }] });
    await expect.poll(versions, patience).toEqual([2, 1]);
    // A file is the ISP's word, not the operator's.
    expect(followed.networks.topologies.at('sp1', START_MS + MINUTE_MS).refused).toMatchObject([
      { code: 'prefix-not-own' },
    ]);
  });

  it('does not bring back what was declared otherwise since', async () => {
    followed.clock.advance(MINUTE_MS);
    await followed.client.putTopology({ params, query: {}, body: { ...sp1Topology, attachments: [] } });
    await followed.restart();
    expect(versions()).toEqual([2, 1]);
    expect(followed.networks.topologies.at('sp1', START_MS + MINUTE_MS).topology.attachments).toEqual([]);
  });

  it('is looked at again when the AS graph is another one: what was foreign may be own now', async () => {
    followed.clock.advance(MINUTE_MS);
    write('sp1.json', { ...sp1Topology, attachments: [{ prefix: '127.7.0.0/16', node: 'sw1.sp1.example' }] });
    await expect.poll(versions, patience).toEqual([2, 1]);
    followed.clock.advance(MINUTE_MS);
    const prefixes = [...graphFile.prefixes, { prefix: '127.7.0.0/16', asn: 64501 }];
    followed.knowledge.graph = createAsGraph({ ...graphFile, prefixes });
    followed.networks.graphChanged();
    await expect.poll(versions, patience).toEqual([3, 2, 1]);
    expect(followed.networks.topologies.at('sp1', START_MS + 2 * MINUTE_MS).refused).toEqual([]);
  });

  describe('of prefixes that only BGP confirms', () => {
    const attach = (...prefixes: string[]) => ({
      ...sp1Topology,
      nodes: [{ ...sp1Topology.nodes[0], addresses: ['192.0.2.0'] }, sp1Topology.nodes[1]],
      attachments: prefixes.map((prefix) => ({ prefix, node: 'sw1.sp1.example' })),
    });
    /** BGP has the whole of these /24s from that AS from now on, or not at all. */
    const route = (asn: number | undefined, ...nets: string[]): void => {
      for (const address of nets.flatMap((net) => [`${net}.0`, `${net}.255`]))
        if (asn === undefined) followed.knowledge.origins.delete(address);
        else followed.knowledge.origins.set(address, asn);
    };
    const refusals = () =>
      followed.networks.topologies.list('sp1', { limit: 10 }).map(({ refusedCount }) => refusedCount);
    /** The files are looked at once and once more, from now on. */
    const look = async () => {
      for (const _ of [1, 2]) {
        const before = versionsOf('sp3').length;
        followed.clock.advance(MINUTE_MS);
        write('sp3.json', {
          ...sp1Topology,
          nodes: [{ name: `r${before}.sp3`, kind: 'router', asn: 64503 }],
          ...{ internalLinks: [], peeringLinks: [], attachments: [] },
        });
        await expect.poll(() => versionsOf('sp3').length, patience).toBe(before + 1);
      }
    };

    beforeEach(async () => {
      followed.clock.advance(MINUTE_MS);
      write('sp1.json', attach('203.0.113.0/24', '198.51.100.0/24'));
      await expect.poll(refusals, patience).toEqual([3, 0]);
      followed.clock.advance(MINUTE_MS);
    });

    it('is looked at again when routes change, and not all the time', async () => {
      route(64501, '203.0.113');
      followed.networks.routesChanged();
      await expect.poll(refusals, patience).toEqual([2, 3, 0]);
      followed.clock.advance(MINUTE_MS);
      route(64501, '198.51.100');
      followed.networks.routesChanged();
      await look();
      expect(refusals()).toEqual([2, 3, 0]);
      followed.clock.advance(10 * MINUTE_MS);
      await expect.poll(refusals, patience).toEqual([1, 2, 3, 0]);
      expect(
        followed.networks.topologies.at('sp1', followed.clock.nowMs()).topology.attachments,
      ).toHaveLength(2);
    });

    it('counts no less while BGP has no routes, and less where it has others', async () => {
      route(64501, '203.0.113');
      followed.networks.routesChanged();
      await expect.poll(refusals, patience).toEqual([2, 3, 0]);
      followed.clock.advance(MINUTE_MS);
      route(undefined, '203.0.113');
      await followed.restart();
      followed.clock.advance(10 * MINUTE_MS);
      followed.networks.routesChanged();
      followed.networks.graphChanged();
      await look();
      expect(refusals()).toEqual([2, 3, 0]);
      // Nor where the AS graph confirmed it before, and BGP alone since.
      followed.knowledge.graph = createAsGraph({
        ...graphFile,
        prefixes: [...graphFile.prefixes, { prefix: '198.51.100.0/24', asn: 64501 }],
      });
      followed.networks.graphChanged();
      await expect.poll(refusals, patience).toEqual([1, 2, 3, 0]);
      followed.clock.advance(MINUTE_MS);
      route(64501, '198.51.100');
      followed.knowledge.graph = createAsGraph(graphFile);
      followed.networks.graphChanged();
      await look();
      route(undefined, '198.51.100');
      await followed.restart();
      expect(refusals()).toEqual([1, 2, 3, 0]);
      // What is refused in other words is refused as before.
      route(64502, '192.0.2');
      followed.networks.graphChanged();
      await look();
      expect(refusals()).toEqual([1, 2, 3, 0]);
      route(64502, '203.0.113');
      followed.networks.graphChanged();
      await expect.poll(refusals, patience).toEqual([2, 1, 2, 3, 0]);
    });
  });

  it('must be there', async () => {
    expect(await codeOf(startTestNetworks({ topologyDirectory: join(directory, 'none') }))).toBe(
      'topology-directory-unreadable',
    );
  });
});
