import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createAsGraph } from '@fairhop/shared/net';
import { createLog, createManualClock, systemClock } from '@fairhop/shared/service';
import { expect, it, vi } from 'vitest';
import { coordinatorConfigSchema } from './config.js';
import { followRoutes } from './follow-routes.js';
import { createNetworkLookup } from './network-lookup.js';
import { createNetworkMap } from './network-map.js';

/** As BIRD wrote it on AS 64502's router, which reaches AS 64506 by way of two others. */
const dump = fileURLToPath(new URL('../../shared/src/net/mrt/fixtures/as64502.mrt.gz', import.meta.url));
const graph = createAsGraph({
  version: 1,
  isps: [{ id: 'sp', name: 'SP' }],
  ases: [64502, 64503, 64506].map((asn) => ({ asn, name: `AS ${asn}`, isp: 'sp' })),
  prefixes: [{ prefix: '198.18.0.0/16', asn: 64502 }],
  exchanges: [{ id: 'ix1', name: 'Exchange', lans: ['198.18.99.0/24'] }],
  links: [
    { from: 64502, to: 64506, relationship: 'peer' },
    { from: 64503, to: 64506, relationship: 'peer' },
  ],
});

it('takes the routes of a dump that is written while it runs, where the AS graph says otherwise', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairhop-routes-'));
  const config = coordinatorConfigSchema.parse({
    ribSources: [{ path: directory, asn: 64502, router: 'border' }],
    ribCheckIntervalMs: 100,
  });
  const networks = createNetworkMap(graph);
  const log = createLog({ name: 'test', level: 'silent' });
  const follower = followRoutes(config, { networks, clock: systemClock, log });
  try {
    await follower.start();
    const lookup = createNetworkLookup(
      { useBundledAsnDataset: false, useLiveAsnSource: false },
      { graph: networks.graph, routes: networks.routes, log, signal: new AbortController().signal },
    );
    expect(await lookup.of('198.18.4.1')).toMatchObject({ asn: 64502 });
    let changes = 0;
    networks.onChange(() => {
      changes += 1;
    });
    expect(networks.paths().path(64502, 64506)).toEqual([64502, 64506]);
    expect(networks.paths().basis(64502, 64506)).toBe('inferred');
    await copyFile(dump, join(directory, 'rib.mrt.gz'));
    await vi.waitFor(() => expect(networks.paths().basis(64502, 64506)).toBe('bgp'), { timeout: 10_000 });
    expect(networks.paths().path(64502, 64506)).toEqual([64502, 64501, 64510, 64506]);
    // A longer prefix of another AS inside the graph's, one of no AS of the graph, and one that no route is about.
    expect(await lookup.of('198.18.4.1')).toEqual({ asn: 64501, isp: null, country: null });
    expect(await lookup.of('2001:db8:1::1')).toMatchObject({ asn: 64501 });
    expect(await lookup.of('198.18.255.1')).toMatchObject({ asn: 64502, isp: 'sp' });
    expect(await lookup.of('198.18.99.1')).toBeNull();
    expect(await lookup.of('192.0.2.1')).toBeNull();
    expect(changes).toBe(1);
  } finally {
    await follower.stop();
    await rm(directory, { recursive: true, force: true });
  }
});

it('takes the routes of a dump by a clock that is ahead once their time has come', async () => {
  const twice = fileURLToPath(
    new URL('../../shared/src/net/mrt/fixtures/as64501-twice.mrt', import.meta.url),
  );
  const directory = await mkdtemp(join(tmpdir(), 'fairhop-routes-'));
  const config = coordinatorConfigSchema.parse({
    ribSources: [{ path: directory, asn: 64501 }],
    ribCheckIntervalMs: 100,
  });
  // Between the two dumps of the file.
  const clock = createManualClock(1_795_164_775_500);
  const networks = createNetworkMap(graph);
  const log = createLog({ name: 'test', level: 'silent' });
  const follower = followRoutes(config, { networks, clock, log });
  const origin = () => networks.routes()?.originsOf('198.18.16.1')?.asns[0];
  let changes = 0;
  networks.onChange(() => {
    changes += 1;
  });
  try {
    await copyFile(twice, join(directory, 'rib.mrt'));
    await follower.start();
    await vi.waitFor(() => expect(changes).toBe(1), { timeout: 10_000 });
    expect(origin()).toBe(64502);
    clock.advance(10_000);
    await vi.waitFor(() => expect(origin()).toBe(64505), { timeout: 10_000 });
    expect(changes).toBe(2);
  } finally {
    await follower.stop();
    await rm(directory, { recursive: true, force: true });
  }
});
