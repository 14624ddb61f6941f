import { createAltoMap } from '@fairhop/shared/net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { altoMapsOf } from '../selection/fixture.js';
import { costClass } from '../selection/index.js';
import { joinLeecher, joinSeeder, startCoordinator, type TestCoordinator } from './fixture.js';

let coordinator: TestCoordinator;
beforeEach(async () => {
  coordinator = await startCoordinator();
});
afterEach(() => coordinator.stop());

/** SP1's view: two halves of SP2, of which one is cheaper. */
const mapOf = (costs: { one: number; other: number }, tag: string) =>
  createAltoMap(
    altoMapsOf(
      ['home', 'one', 'other'],
      { one: { home: costs.one }, other: { home: costs.other } },
      { home: ['127.1.0.0/16'], one: ['127.2.0.0/17'], other: ['127.2.128.0/17'] },
      tag,
    ),
  );
const give = (costs: { one: number; other: number }, tag: string): void => {
  coordinator.altoMaps = new Map([['sp1', mapOf(costs, tag)]]);
  coordinator.altoChanged();
};
const lastBases = () =>
  coordinator.draws.at(-1)?.candidates.map(({ costClass: cost, costBasis }) => ({ cost, costBasis }));

it('follow the ALTO map of the downloader’s ISP from when it gives one, and running grants stay', async () => {
  const one = await joinSeeder(coordinator, { address: '127.2.0.5' });
  const other = await joinSeeder(coordinator, { address: '127.2.200.5' });
  const early = await joinLeecher(coordinator, { address: '127.1.0.5' });
  const before = await early.findSources();
  expect(new Set(before.peers.map((peer) => peer.costClass))).toEqual(new Set([costClass.adjacentInCountry]));
  expect(lastBases()?.[0]).toEqual({ cost: costClass.adjacentInCountry, costBasis: 'inferred' });

  for (const [costs, tag, expected] of [
    [{ one: 3, other: 8 }, 'a', [one, other]],
    [{ one: 8, other: 3 }, 'b', [other, one]],
  ] as const) {
    give(costs, tag);
    const late = await joinLeecher(coordinator, { address: '127.1.0.6' });
    const { peers } = await late.findSources();
    expect(peers.map(({ agent }) => agent)).toEqual(expected.map(({ identity }) => identity.key));
    expect(peers.map((peer) => peer.costClass)).toEqual([costClass.offNetByAlto, costClass.offNetByAlto + 1]);
    expect(lastBases()?.map(({ costBasis }) => costBasis)).toEqual(['alto', 'alto']);
    late.socket.close();
    await late.closed;
  }
  // Those of all three that asked: a change of costs ends none.
  expect(before.peers).toHaveLength(2);
  expect(coordinator.server.status().grants).toBe(6);
  expect(early.socket.readyState).toBe(early.socket.OPEN);

  coordinator.altoMaps = new Map();
  coordinator.altoChanged();
  const last = await joinLeecher(coordinator, { address: '127.1.0.7' });
  expect((await last.findSources()).peers[0]?.costClass).toBe(costClass.adjacentInCountry);
});

it('follow the routes, and tell that they are from BGP', async () => {
  await joinSeeder(coordinator, { address: '127.3.0.5' });
  const { paths } = coordinator;
  const leecher = await joinLeecher(coordinator, { address: '127.1.0.5' });
  await leecher.findSources({ maxPeers: 1 });
  expect(coordinator.draws).toHaveLength(0);
  const seeder = await joinSeeder(coordinator, { address: '127.2.0.5' });
  await leecher.findSources();
  expect(lastBases()).toEqual([{ cost: costClass.adjacentInCountry, costBasis: 'inferred' }]);
  coordinator.paths = {
    path: (source, destination) =>
      source === 64502 ? [64502, 64500, 64501] : paths.path(source, destination),
    basis: (source) => (source === 64502 ? 'bgp' : 'inferred'),
  };
  const late = await joinLeecher(coordinator, { address: '127.1.0.6' });
  const [peer] = (await late.findSources()).peers;
  expect(peer).toMatchObject({ agent: seeder.identity.key, costClass: costClass.oneHop + 1 });
  expect(lastBases()).toEqual([{ cost: costClass.oneHop + 1, costBasis: 'bgp' }]);
});
