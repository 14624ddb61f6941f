import type { Quarantine } from '@fairhop/shared/model';
import { createManualClock } from '@fairhop/shared/service';
import { afterEach, describe, expect, it } from 'vitest';
import { openCoordinatorDatabase } from '../database.js';
import { createMemoryUplinks } from '../grant/fixture.js';
import { createQuarantineBook } from '../quarantine/index.js';
import { contentA } from '../swarm/fixture.js';
import {
  joinAgent,
  joinLeecher,
  joinSeeder,
  settle,
  startCoordinator,
  type TestAgent,
  type TestCoordinator,
} from './fixture.js';

const startMs = 1_800_000_000_000;
const coordinators: TestCoordinator[] = [];
afterEach(async () => {
  await Promise.all(coordinators.splice(0).map((coordinator) => coordinator.stop()));
});

async function start(options: Parameters<typeof startCoordinator>[0] = {}): Promise<TestCoordinator> {
  const coordinator = await startCoordinator(options);
  coordinators.push(coordinator);
  return coordinator;
}

const because = (message: string, untilMs: number | null = null): Omit<Quarantine, 'agent' | 'sinceMs'> => ({
  by: 'accounting',
  untilMs,
  suspicions: [{ check: 'receipt-fork', score: 100, message, evidence: ['a', 'b'], timeMs: startMs }],
});

/** A transfer between two agents of SP1 that runs. */
async function startTransfer(coordinator: TestCoordinator) {
  const seeder = await joinSeeder(coordinator, { address: '127.1.0.4' });
  const leecher = await joinLeecher(coordinator, { address: '127.1.0.5' });
  const [peer] = (await leecher.findSources()).peers;
  expect(peer?.agent).toBe(seeder.identity.key);
  return { seeder, leecher, transferId: peer!.transferId };
}

const ready = (agent: Awaited<ReturnType<typeof joinAgent>>): void =>
  agent.send({
    type: 'readiness',
    readiness: {
      ready: true,
      reasons: [],
      permitId: agent.welcome.permit!.id,
      slots: 4,
      rateBitsPerSecond: 10_000_000,
      bytesLeft: 20_000_000_000,
    },
  });
const uploadersFor = async (agent: TestAgent): Promise<string[]> =>
  (await agent.findSources()).peers.map((peer) => peer.agent);

describe('an agent in quarantine', () => {
  it('is told why and until when, and its uploads end at both ends', async () => {
    const coordinator = await start();
    const { seeder, leecher, transferId } = await startTransfer(coordinator);
    const untilMs = Date.now() + 60_000;
    coordinator.quarantine.put(seeder.identity.key, because('it signed two histories', untilMs));
    expect((await seeder.next('quarantine')).quarantine).toEqual({
      reasons: ['it signed two histories'],
      untilMs,
    });
    for (const agent of [seeder, leecher])
      expect(await agent.next('revoke')).toMatchObject({
        transferId,
        reason: 'one of its ends is in quarantine',
      });
    expect(coordinator.server.status().grants).toBe(0);
    expect(await coordinator.registry.metrics()).toContain(
      'fairhop_grants_revoked_total{cause="quarantined"} 1',
    );
    expect(await uploadersFor(leecher)).toEqual([]);
  });

  it('gets edges alone, and its downloads end', async () => {
    const coordinator = await start();
    const { seeder, leecher, transferId } = await startTransfer(coordinator);
    const other = await joinLeecher(coordinator, { address: '127.1.0.6' });
    for (const agent of [leecher, other]) {
      ready(agent);
      await settle(agent);
    }
    const fetchers = (await leecher.findSources()).onNetFetchers;
    expect([...fetchers].sort()).toEqual([leecher.identity.key, other.identity.key].sort());
    coordinator.quarantine.put(leecher.identity.key, because('it claims what nobody sent'));
    for (const agent of [seeder, leecher]) expect(await agent.next('revoke')).toMatchObject({ transferId });
    const sources = await leecher.findSources();
    expect(sources).toMatchObject({ peers: [], onNetFetchers: [] });
    expect(sources.edges).toHaveLength(1);
    const { peers, onNetFetchers } = await other.findSources();
    expect(peers.map(({ agent }) => agent)).toEqual([seeder.identity.key]);
    expect(onNetFetchers).toEqual([]);
    // What the others do is no news to it.
    await joinSeeder(coordinator, { address: '127.1.0.7' });
    await other.next('swarm-changed');
    await settle(leecher);
    const before = leecher.heard.filter(({ type }) => type === 'swarm-changed').length;
    await joinSeeder(coordinator, { address: '127.1.0.8' });
    await other.next('swarm-changed');
    await settle(leecher);
    expect(leecher.heard.filter(({ type }) => type === 'swarm-changed')).toHaveLength(before);
  });

  it('stays in it when it comes back, whatever it says of itself, and is free when it is released', async () => {
    const coordinator = await start();
    const { seeder, leecher } = await startTransfer(coordinator);
    coordinator.quarantine.put(seeder.identity.key, because('it signed two histories'));
    const back = await joinSeeder(coordinator, { address: '127.1.0.4', identity: seeder.identity });
    expect((await back.next('quarantine')).quarantine?.untilMs).toBeNull();
    ready(back);
    await settle(back);
    expect(await uploadersFor(leecher)).toEqual([]);
    coordinator.quarantine.release(seeder.identity.key);
    expect((await back.next('quarantine')).quarantine).toBeNull();
    expect(await uploadersFor(leecher)).toEqual([seeder.identity.key]);
  });

  it('is free when its time is over', async () => {
    const clock = createManualClock(startMs);
    const coordinator = await start({ clock });
    const { seeder, leecher } = await startTransfer(coordinator);
    coordinator.quarantine.put(seeder.identity.key, because('it signed two histories', startMs + 60_000));
    await seeder.next('quarantine');
    clock.advance(59_999);
    expect(await uploadersFor(leecher)).toEqual([]);
    clock.advance(1);
    expect((await seeder.next('quarantine')).quarantine).toBeNull();
    expect(await uploadersFor(leecher)).toEqual([seeder.identity.key]);
  });

  it('loses the transfers that a former process granted it', async () => {
    const clock = createManualClock(startMs);
    const uplinks = createMemoryUplinks();
    const first = await start({ uplinks, clock });
    const { seeder, leecher } = await startTransfer(first);
    await first.server.stop();
    const quarantine = createQuarantineBook(openCoordinatorDatabase(':memory:'), clock);
    quarantine.put(seeder.identity.key, because('it signed two histories'));
    const second = await start({ uplinks, clock, identity: first.identity, quarantine });
    expect(second.server.status().grants).toBe(0);
    const back = await joinAgent(second, { address: '127.1.0.5', identity: leecher.identity });
    back.send({ type: 'holding', contentId: contentA, pieces: 'all', wants: false });
    await settle(back);
    expect(second.server.status().grants).toBe(0);
  });
});

describe('a grant', () => {
  it('is not given where it cannot be written down; edges are', async () => {
    const coordinator = await start();
    await joinSeeder(coordinator, { address: '127.1.0.4' });
    const leecher = await joinLeecher(coordinator, { address: '127.1.0.5' });
    coordinator.issueError = new Error('the disk is full');
    const sources = await leecher.findSources();
    expect(sources.peers).toEqual([]);
    expect(sources.edges).toHaveLength(1);
    expect(coordinator.server.status().grants).toBe(0);
    coordinator.issueError = undefined;
    expect((await leecher.findSources()).peers).toHaveLength(1);
  });
});

describe('pieces that may be audited', () => {
  it('are those that are acknowledged of contents for which peers were named', async () => {
    const coordinator = await start();
    const alone = await joinLeecher(coordinator, { address: '127.9.0.5' });
    alone.send({ type: 'have', contentId: contentA, pieces: [1] });
    await settle(alone);
    expect(coordinator.acknowledged).toEqual([]);
    const { leecher, transferId } = await startTransfer(coordinator);
    // Whoever ends a transfer before it tells evades nothing.
    leecher.send({ type: 'release', transferId, reason: 'done' });
    leecher.send({ type: 'have', contentId: contentA, pieces: [1, 2] });
    await settle(leecher);
    expect(coordinator.acknowledged).toMatchObject([{ agent: leecher.identity.key, pieces: [1, 2] }]);
    coordinator.quarantine.put(leecher.identity.key, because('it claims what nobody sent'));
    leecher.send({ type: 'have', contentId: contentA, pieces: [3] });
    await settle(leecher);
    expect(coordinator.acknowledged).toHaveLength(1);
  });

  it('are those that it says to hold at once too, in another session as well, and none twice', async () => {
    const coordinator = await start();
    const { leecher } = await startTransfer(coordinator);
    const hold = async (agent: TestAgent, pieces: string): Promise<readonly number[][]> => {
      agent.send({ type: 'holding', contentId: contentA, pieces, wants: false });
      await settle(agent);
      return coordinator.acknowledged.map((one) => [...one.pieces]);
    };
    expect(await hold(leecher, Buffer.from([0b0110_0000]).toString('base64'))).toEqual([[1, 2]]);
    expect(await hold(leecher, Buffer.from([0b0111_0000]).toString('base64'))).toEqual([[1, 2], [3]]);
    expect(await hold(leecher, Buffer.from([0b0111_0000]).toString('base64'))).toHaveLength(2);
    coordinator.acknowledged.length = 0;
    const again = await joinAgent(coordinator, { address: '127.1.0.5', identity: leecher.identity });
    expect(await hold(again, 'all')).toEqual([[0, 1, 2, 3, 4, 5, 6, 7]]);
  });
});
