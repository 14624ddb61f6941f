import type { FairhopError } from '@fairhop/shared/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { START_MS } from '../ledger/test-support.js';
import { sp1Topology, startTestNetworks, type TestNetworks, topologyOf } from './fixture.js';
import { readTopology } from './read-topology.js';
import { atOnce, inSlices } from './steps.js';

let test: TestNetworks;
beforeEach(async () => {
  test = await startTestNetworks();
});
afterEach(() => test.stop());

const MINUTE_MS = 60_000;
const params = { isp: 'sp1' };
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: { code: string }) => error.code,
  );
/** Each number another declaration. */
const put = (number: number, validFromMs?: number) =>
  test.client.putTopology({
    params,
    query: { validFromMs },
    body: { ...sp1Topology, attachments: [{ prefix: `127.1.${number}.0/24`, node: 'sw1.sp1.example' }] },
  });
const withdraw = (version: number) => test.client.withdrawTopology({ params: { ...params, version } });
const prefixAt = (timeMs: number) =>
  test.networks.topologies.declaredOf(64501, timeMs)?.topology.attachments[0]?.prefix;

describe('declarations of one ISP', () => {
  it('begin at least a minute apart', async () => {
    await put(1);
    expect(await codeOf(put(2, START_MS + MINUTE_MS - 1))).toBe('topology-too-soon');
    // Where no time is asked for, as soon as it may.
    expect((await put(2)).validFromMs).toBe(START_MS + MINUTE_MS);
  });

  it('are at most fifty a day, whatever was withdrawn', async () => {
    for (let number = 1; number <= 50; number += 1) {
      const { version } = await put(number, START_MS + number * MINUTE_MS);
      if (number > 1) await withdraw(version);
    }
    expect(await codeOf(put(51, START_MS + 51 * MINUTE_MS))).toBe('too-many-versions');
    test.clock.advance(24 * 60 * MINUTE_MS + 1);
    expect((await put(51)).version).toBe(51);
  });

  it('are listed in pages', async () => {
    for (const number of [1, 2, 3]) await put(number, START_MS + number * MINUTE_MS);
    const page = async (query: { limit?: number; beforeVersion?: number }) =>
      (await test.client.listTopologies({ params, query })).topologies;
    expect(await page({ limit: 2 })).toMatchObject([{ version: 3 }, { version: 2 }]);
    expect(await page({ limit: 2, beforeVersion: 2 })).toMatchObject([
      { version: 1, validToMs: START_MS + 2 * MINUTE_MS, refusedCount: 0, conflictCount: 0 },
    ]);
  });

  it('are taken back before they begin, with all that they changed, and not afterwards', async () => {
    await put(1);
    const laterMs = Date.UTC(2100, 0);
    const gone = { ...sp1Topology, nodes: sp1Topology.nodes.slice(0, 1), internalLinks: [], attachments: [] };
    await test.client.putTopology({ params, query: { validFromMs: laterMs }, body: gone });
    expect(await codeOf(put(3))).toBe('topology-out-of-order');
    const history = () => test.networks.components.history('switch:sw1.sp1.example');
    expect(history()).toMatchObject([{ toMs: laterMs }]);
    expect(await withdraw(2)).toMatchObject({ withdrawn: { version: 2, validFromMs: laterMs } });
    expect(history()).toMatchObject([{ fromMs: START_MS, toMs: null }]);
    expect(prefixAt(laterMs)).toBe('127.1.1.0/24');
    expect(test.networks.topologies.changes(0, laterMs + 1)).toEqual([START_MS]);
    expect(await codeOf(withdraw(2))).toBe('topology-unknown');
    expect(await codeOf(withdraw(1))).toBe('topology-begun');
    await test.restart();
    expect(prefixAt(laterMs)).toBe('127.1.1.0/24');
    test.clock.advance(MINUTE_MS);
    // Numbers are not given twice.
    expect((await put(3)).version).toBe(3);
    await put(4, laterMs);
    await put(5, laterMs + MINUTE_MS);
    expect(await codeOf(withdraw(4))).toBe('topology-not-newest');
  });
});

describe('a large declaration', () => {
  const count = 3_000;
  const text = JSON.stringify({
    version: 1,
    nodes: Array.from({ length: count }, (_, index) => ({
      name: `r${index}.sp1.example`,
      kind: 'router',
      asn: 64501,
      addresses: [`127.1.${index >> 8}.${index & 255}`],
    })),
    internalLinks: Array.from({ length: 4 * count }, (_, index) => ({
      between: [
        `r${index % count}.sp1.example`,
        `r${((index % count) + 1 + Math.floor(index / count) * 7) % count}.sp1.example`,
      ],
    })),
    peeringLinks: [],
    attachments: [],
  });

  it('is read, checked and indexed in slices, and reads as the schema does', async () => {
    const topology = await inSlices(readTopology(JSON.parse(text)));
    expect(topology).toEqual(topologyOf(JSON.parse(text)));
    let turns = 0;
    let isDone = false;
    const other = () => {
      turns += 1;
      if (!isDone) setImmediate(other);
    };
    setImmediate(other);
    const declared = await test.networks.topologies.declare({
      ...{ isp: 'sp1', topology, declaredBy: 'isp sp1', isConfirmed: false },
    });
    isDone = true;
    expect(declared.refused).toEqual([]);
    expect(turns).toBeGreaterThan(20);
    expect(test.networks.components.history(`router:r${count - 1}.sp1.example`)).toHaveLength(1);
  });

  it('names the places that are wrong as the schema does', () => {
    const pathsOf = (wrong: unknown): string[] => {
      try {
        atOnce(readTopology(wrong));
        return [];
      } catch (error) {
        return (error as FairhopError).errors!.map(({ path }) => path);
      }
    };
    const wrong = { ...JSON.parse(text), nodes: [{ name: 'r1', kind: 'hub', asn: 64501 }], further: 1 };
    expect(pathsOf(wrong)).toEqual(['body.nodes.0.kind', 'body.further']);
    expect(pathsOf({ version: 1, nodes: [{}] })).toContain('body.attachments');
    expect(pathsOf(null)).toEqual(['body']);
    const many = pathsOf({ ...JSON.parse(text), nodes: Array(50_001).fill({}) });
    expect(many).toContain('body.nodes');
    expect(many.length).toBeLessThan(120);
  });

  it('that was broken off while it was indexed is taken up at the next start', async () => {
    await test.networks.topologies.declare({
      ...{ isp: 'sp1', topology: topologyOf(), declaredBy: 'isp sp1', isConfirmed: false },
    });
    test.clock.advance(MINUTE_MS);
    const topology = topologyOf(JSON.parse(text));
    const declared = test.networks.topologies.declare({
      ...{ isp: 'sp1', topology, declaredBy: 'isp sp1', isConfirmed: false },
    });
    const isFirstThere = () => test.networks.components.history('router:r0.sp1.example').length === 1;
    const ended = codeOf(declared);
    while (!isFirstThere()) await new Promise((resolve) => setImmediate(resolve));
    await test.restart();
    expect(await ended).toBe('networks-stopped');
    expect(test.networks.topologies.declaredOf(64501, test.clock.nowMs())?.topology.nodes).toHaveLength(
      count,
    );
    expect(test.networks.components.history(`router:r${count - 1}.sp1.example`)).toHaveLength(1);
    expect(test.networks.components.history('switch:sw1.sp1.example')).toMatchObject([
      { toMs: START_MS + MINUTE_MS },
    ]);
  });
});
