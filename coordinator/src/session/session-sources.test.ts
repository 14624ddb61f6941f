import { verifyToken } from '@fairhop/shared/crypto';
import { edgeUrlClaimsSchema, grantClaimsSchema, linkId, tokenType } from '@fairhop/shared/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { contentA, contentB } from '../swarm/fixture.js';
import {
  joinAgent,
  joinLeecher,
  joinSeeder,
  settle,
  startCoordinator,
  type TestCoordinator,
  title,
} from './fixture.js';

let coordinator: TestCoordinator;
beforeEach(async () => {
  coordinator = await startCoordinator();
});
afterEach(() => coordinator.stop());

const read = { issuer: 'test', nowMs: Date.now() };
const keyOf = (kid: string): string | undefined => (kid === coordinator.identity.key ? kid : undefined);

describe('sources', () => {
  it('come with a grant for each peer, edge URLs and a draw', async () => {
    const seeder = await joinSeeder(coordinator, { address: '127.2.0.5' });
    const leecher = await joinLeecher(coordinator, { address: '127.1.0.5' });
    const sources = await leecher.findSources();
    expect(sources).toMatchObject({ contentId: contentA, swarmSize: 2, onNetFetchers: [] });
    const [peer] = sources.peers;
    expect(peer).toMatchObject({ agent: seeder.identity.key, asn: 64502, isp: 'sp2', onNet: false });
    const claims = await verifyToken({
      ...read,
      token: peer!.grant,
      type: tokenType.grant,
      schema: grantClaimsSchema,
      keyOf,
      audience: seeder.identity.key,
    });
    expect(claims).toMatchObject({
      jti: peer!.transferId,
      content: contentA,
      title: 'studio/film',
      category: 'video',
      sizeBytes: title.sizeBytes,
      uploader: seeder.identity.key,
      downloader: leecher.identity.key,
      maxBytes: title.sizeBytes,
      rateBitsPerSecond: 10_000_000,
      permit: { id: 'sp2/uplinks', isp: 'sp2', networks: ['127.0.0.0/8'] },
    });
    const [edge] = sources.edges;
    const url = new URL(edge!.url);
    expect(url.pathname).toBe(`/c/${contentA}/film.mp4`);
    const order = await verifyToken({
      ...read,
      token: url.searchParams.get('token')!,
      type: tokenType.edgeUrl,
      schema: edgeUrlClaimsSchema,
      keyOf,
      audience: 'edge-1',
    });
    expect(order).toMatchObject({ jti: edge!.transferId, content: contentA, client: leecher.identity.key });
    expect(coordinator.draws).toEqual([
      {
        timeMs: expect.any(Number),
        downloader: leecher.identity.key,
        contentId: contentA,
        candidates: [{ agent: seeder.identity.key, costClass: 4, costBasis: 'inferred', granted: true }],
        seed: expect.stringMatching(/^[0-9a-f]{32}$/),
      },
    ]);
    expect(coordinator.server.status()).toMatchObject({
      sessions: 2,
      grants: 1,
      swarms: [{ contentId: contentA, agents: 2, complete: 1 }],
    });
  });

  it('give the same edge URL again, and no second grant while the first connects', async () => {
    await joinSeeder(coordinator, { address: '127.2.0.5' });
    const leecher = await joinLeecher(coordinator, { address: '127.1.0.5' });
    const first = await leecher.findSources();
    const second = await leecher.findSources();
    expect(first.peers).toHaveLength(1);
    expect(second.peers).toEqual([]);
    expect(second.edges).toEqual(first.edges);
  });

  it('leave out the agents that the asker excludes', async () => {
    const seeders = [
      await joinSeeder(coordinator, { address: '127.2.0.5' }),
      await joinSeeder(coordinator, { address: '127.2.0.6' }),
    ];
    const leecher = await joinLeecher(coordinator, { address: '127.1.0.5' });
    const { peers } = await leecher.findSources({ exclude: [seeders[0]!.identity.key] });
    expect(peers.map(({ agent }) => agent)).toEqual([seeders[1]!.identity.key]);
  });

  it('are edges alone outside every prefix, over forbidden links, and from ISPs that do not permit uplinks', async () => {
    await joinSeeder(coordinator, { address: '127.2.0.5' });
    await joinSeeder(coordinator, { address: '127.3.0.5' });
    const outside = await joinLeecher(coordinator, { address: '127.9.0.5' });
    const leecher = await joinLeecher(coordinator, { address: '127.1.0.5' });
    coordinator.forbidden = new Set([linkId(64502, 64501)]);
    for (const agent of [outside, leecher]) {
      const sources = await agent.findSources();
      expect(sources.peers).toEqual([]);
      expect(sources.edges).toHaveLength(1);
    }
    coordinator.forbidden = new Set([linkId(64501, 64502)]);
    expect((await leecher.findSources()).peers).toMatchObject([{ isp: 'sp2' }]);
  });

  it('are an error for an unknown title and for one that was withdrawn', async () => {
    const leecher = await joinLeecher(coordinator, { address: '127.1.0.5' });
    leecher.send({
      type: 'find-sources',
      requestId: 77,
      title: 'studio/none',
      maxPeers: 1,
      exclude: [],
      bytesWanted: 1,
    });
    expect(await leecher.next('error')).toMatchObject({ code: 'title-unknown', requestId: 77 });
    coordinator.withdraw();
    leecher.send({
      type: 'find-sources',
      requestId: 78,
      title: title.id,
      maxPeers: 1,
      exclude: [],
      bytesWanted: 1,
    });
    expect(await leecher.next('error')).toMatchObject({ code: 'title-unknown', requestId: 78 });
  });

  it('connect a flash crowd: early joiners learn of later ones and end with a grant of everyone', async () => {
    const addresses = ['127.1.0.1', '127.2.0.1', '127.1.0.2', '127.2.0.2', '127.1.0.3', '127.2.0.3'];
    const granted = new Map<string, Set<string>>();
    const crowd = await Promise.all(
      addresses.map(async (address) => {
        const agent = await joinAgent(coordinator, { address });
        const { permit } = agent.welcome;
        const wanting = { contentId: contentA, pieces: Buffer.from([0]).toString('base64'), wants: true };
        agent.send({ type: 'holding', ...wanting });
        const limits = { slots: 16, rateBitsPerSecond: 30_000_000, bytesLeft: 20_000_000_000 };
        agent.send({
          type: 'readiness',
          readiness: { ready: true, reasons: [], permitId: permit!.id, ...limits },
        });
        return agent;
      }),
    );
    const ask = async (agent: (typeof crowd)[number]) => {
      const known = granted.get(agent.identity.key) ?? new Set<string>();
      granted.set(agent.identity.key, known);
      const { peers, onNetFetchers } = await agent.findSources({ exclude: [...known] });
      for (const peer of peers) known.add(peer.agent);
      return onNetFetchers;
    };
    const fetchers = await Promise.all(
      crowd.map(async (agent) => {
        let named = await ask(agent);
        while (granted.get(agent.identity.key)!.size < crowd.length - 1) {
          await agent.next('swarm-changed');
          named = await ask(agent);
        }
        return [...named].sort();
      }),
    );
    const onNet = (start: number) =>
      crowd.flatMap(({ identity }, index) => (index % 2 === start ? [identity.key] : [])).sort();
    expect(fetchers.at(-2)).toEqual(onNet(0));
    expect(fetchers.at(-1)).toEqual(onNet(1));
    expect(coordinator.server.status().grants).toBe(30);
  });

  it('tell of a holding that cannot be', async () => {
    const agent = await joinAgent(coordinator, { address: '127.1.0.5' });
    agent.send({ type: 'holding', contentId: contentB, pieces: 'all', wants: false });
    expect(await agent.next('error')).toMatchObject({ code: 'content-unknown' });
    agent.send({
      type: 'holding',
      contentId: contentA,
      pieces: Buffer.alloc(2).toString('base64'),
      wants: false,
    });
    expect(await agent.next('error')).toMatchObject({ code: 'holding-malformed' });
    agent.send({ type: 'have', contentId: contentB, pieces: [0] });
    expect(await agent.next('error')).toMatchObject({ code: 'holding-unknown' });
    await settle(agent);
  });
});

describe('signalling', () => {
  it('reaches the other end of a grant and nobody else', async () => {
    const seeder = await joinSeeder(coordinator, { address: '127.2.0.5' });
    const leecher = await joinLeecher(coordinator, { address: '127.1.0.5' });
    const stranger = await joinLeecher(coordinator, { address: '127.1.0.6' });
    const [peer] = (await leecher.findSources()).peers;
    const { transferId } = peer!;
    leecher.send({ type: 'signal', transferId, signal: '{"offer":1}' });
    expect(await seeder.next('signal')).toMatchObject({
      transferId,
      from: leecher.identity.key,
      signal: '{"offer":1}',
    });
    seeder.send({ type: 'signal', transferId, signal: '{"answer":1}' });
    expect(await leecher.next('signal')).toMatchObject({ from: seeder.identity.key, signal: '{"answer":1}' });
    stranger.send({ type: 'signal', transferId, signal: '{"offer":2}' });
    expect(await stranger.next('error')).toMatchObject({ code: 'signal-refused' });
    await settle(seeder);
    expect(seeder.heard.filter(({ type }) => type === 'signal')).toHaveLength(1);
  });

  it('ends with the grant', async () => {
    const seeder = await joinSeeder(coordinator, { address: '127.2.0.5' });
    const leecher = await joinLeecher(coordinator, { address: '127.1.0.5' });
    const [peer] = (await leecher.findSources()).peers;
    leecher.send({ type: 'release', transferId: peer!.transferId, reason: 'done' });
    await settle(leecher);
    seeder.send({ type: 'signal', transferId: peer!.transferId, signal: '{}' });
    expect(await seeder.next('error')).toMatchObject({ code: 'signal-refused' });
  });
});
