import { copyFileSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createManualClock } from '@fairhop/shared/service';
import { afterEach, expect, it, vi } from 'vitest';
import { createTestDirectory, demoGraph, startTestService, type TestService } from './fixture/service.js';

/** For what happens soon, on a machine that is busy. */
const patience = { timeout: 15_000 };
/** What AS 64501's router wrote, and wrote again a little later when AS 64502's routes were gone. */
const dump = fileURLToPath(new URL('../../shared/src/net/mrt/fixtures/as64501-twice.mrt', import.meta.url));

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

it('takes ways from RIB dumps that come while it runs, each for its time, and goes on beside wrong ones', async () => {
  const directory = createTestDirectory();
  cleanups.push(directory.remove);
  const graph = {
    ...demoGraph,
    prefixes: [...demoGraph.prefixes, { prefix: '198.18.0.0/20', asn: 64501 }],
  };
  writeFileSync(directory.graphFile, JSON.stringify(graph));
  const ribs = join(directory.path, 'ribs');
  mkdirSync(ribs);
  writeFileSync(join(ribs, 'wrong.mrt'), 'no dump');
  const accounting = await startTestService({
    asGraphFile: directory.graphFile,
    dataDirectory: directory.dataDirectory,
    ribSources: [{ path: ribs, asn: 64501 }],
    ribCheckIntervalMs: 100,
  });
  cleanups.push(accounting.stop);
  const explain = (atMs: number) =>
    accounting.client.explainPath({ query: { source: '198.18.4.5', destination: '198.18.16.9', atMs } });
  const [before, after] = [1_795_164_775_500, 1_795_164_778_000];
  expect((await explain(before)).path).toBeNull();
  copyFileSync(dump, join(ribs, 'as64501.mrt'));
  await vi.waitFor(async () => expect((await explain(before)).path).not.toBeNull(), patience);
  expect(await explain(before)).toMatchObject({
    sourceAs: 64501,
    destinationAs: 64502,
    path: {
      asPath: [64501, 64502],
      elements: [{ component: 'as:64501', source: 'bgp', confidence: 100 }, {}, {}, {}, {}],
    },
  });
  expect(await explain(after)).toMatchObject({
    destinationAs: 64505,
    path: { asPath: [64501, 64503, 64505] },
  });
});

it('takes what files declare as the routes have it, at the start, when dumps come, and over a restart', async () => {
  const directory = createTestDirectory();
  cleanups.push(directory.remove);
  const [ribs, topologyDirectory] = [join(directory.path, 'ribs'), join(directory.path, 'topologies')];
  mkdirSync(ribs);
  mkdirSync(topologyDirectory);
  const topology = {
    version: 1,
    nodes: [{ name: 'core1.sp1.example', kind: 'router', asn: 64501 }],
    ...{ internalLinks: [], peeringLinks: [] },
    attachments: [{ prefix: '198.18.4.0/24', node: 'core1.sp1.example' }],
  };
  writeFileSync(join(topologyDirectory, 'sp1.json'), JSON.stringify(topology));
  const clock = createManualClock(1_795_165_000_000);
  const start = (dataDirectory: string) =>
    startTestService(
      {
        ...{ asGraphFile: directory.graphFile, dataDirectory, topologyDirectory },
        ribSources: [{ path: ribs, asn: 64501 }],
        ...{ ribCheckIntervalMs: 100, topologyCheckIntervalMs: 100 },
      },
      clock,
    );
  const refusals = async ({ client }: TestService) =>
    (await client.listTopologies({ params: { isp: 'sp1' }, query: {} })).topologies.map(
      ({ version, refusedCount }) => [version, refusedCount],
    );
  const early = await start(directory.dataDirectory);
  cleanups.push(early.stop);
  expect(await refusals(early)).toEqual([[1, 1]]);
  clock.advance(60_000);
  copyFileSync(dump, join(ribs, 'as64501.mrt'));
  // Long ago, so that one look is enough.
  utimesSync(join(ribs, 'as64501.mrt'), 1_000_000, 1_000_000);
  const healed = [
    [2, 0],
    [1, 1],
  ];
  await vi.waitFor(async () => expect(await refusals(early)).toEqual(healed), patience);
  await early.stop();
  cleanups.pop();
  clock.advance(60_000);
  const again = await start(directory.dataDirectory);
  cleanups.push(again.stop);
  expect(await refusals(again)).toEqual(healed);
  const late = await start(join(directory.path, 'fresh'));
  cleanups.push(late.stop);
  expect(await refusals(late)).toEqual([[1, 0]]);
});

it('infers ways over relationships that others tell, and does not start without their file', async () => {
  const directory = createTestDirectory();
  cleanups.push(directory.remove);
  const graph = { ...demoGraph, links: [] };
  writeFileSync(directory.graphFile, JSON.stringify(graph));
  const asRelationshipsFile = join(directory.path, 'as-rel.txt');
  const config = {
    asGraphFile: directory.graphFile,
    dataDirectory: directory.dataDirectory,
    asRelationshipsFile,
  };
  await expect(startTestService(config)).rejects.toMatchObject({ code: 'as-relationships-unreadable' });
  writeFileSync(asRelationshipsFile, '# serial-2\n64501|64502|0|bgp\n');
  const accounting = await startTestService(config);
  cleanups.push(accounting.stop);
  const query = { source: '127.1.0.5', destination: '127.2.0.9' };
  expect((await accounting.client.explainPath({ query })).path).toMatchObject({
    asPath: [64501, 64502],
    elements: [{ source: 'inferred', confidence: 30 }, {}, {}, {}, {}],
  });
});
