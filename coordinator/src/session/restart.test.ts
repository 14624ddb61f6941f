import { createManualClock } from '@fairhop/shared/service';
import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryUplinks } from '../grant/fixture.js';
import { monthOf } from '../month.js';
import {
  joinAgent,
  joinLeecher,
  joinSeeder,
  settle,
  startCoordinator,
  type TestAgent,
  type TestCoordinator,
} from './fixture.js';

const MIB = 1024 * 1024;
const startMs = 1_800_000_000_000;
const coordinators: TestCoordinator[] = [];
afterEach(async () => {
  await Promise.all(coordinators.splice(0).map((coordinator) => coordinator.stop()));
});

async function start(options: Parameters<typeof startCoordinator>[0]): Promise<TestCoordinator> {
  const coordinator = await startCoordinator(options);
  coordinators.push(coordinator);
  return coordinator;
}

const clock = createManualClock(startMs);

/** A transfer with 2 MiB reported, and a coordinator after it that has what the one before wrote. */
async function restartWithTransfer(config: Parameters<typeof startCoordinator>[0] = {}) {
  const uplinks = createMemoryUplinks();
  const first = await start({ uplinks, clock });
  const seeder = await joinSeeder(first, { address: '127.2.0.5' });
  const leecher = await joinLeecher(first, { address: '127.1.0.5' });
  const [peer] = (await leecher.findSources()).peers;
  const { transferId } = peer!;
  seeder.send({ type: 'progress', transfers: [{ transferId, bytes: 2 * MIB }] });
  await settle(seeder);
  await first.server.stop();
  const second = await start({ uplinks, clock, identity: first.identity, ...config });
  const rejoin = (agent: TestAgent, address: string) =>
    joinAgent(second, { address, identity: agent.identity });
  return { second, uplinks, transferId, seeder, leecher, rejoin };
}

const ready = (agent: Awaited<ReturnType<typeof joinAgent>>, slots = 1): void =>
  agent.send({
    type: 'readiness',
    readiness: {
      ready: true,
      reasons: [],
      permitId: agent.welcome.permit!.id,
      slots,
      rateBitsPerSecond: 10_000_000,
      bytesLeft: 20_000_000_000,
    },
  });

describe('a coordinator that was restarted', () => {
  it('knows the running transfers: signals pass, bytes count once, slots are taken', async () => {
    const { second, uplinks, transferId, seeder, leecher, rejoin } = await restartWithTransfer();
    expect(second.server.status().grants).toBe(1);
    const uploader = await rejoin(seeder, '127.2.0.5');
    const downloader = await rejoin(leecher, '127.1.0.5');
    ready(uploader);
    downloader.send({ type: 'signal', transferId, signal: '{"renegotiate":true}' });
    expect(await uploader.next('signal')).toMatchObject({ transferId, from: leecher.identity.key });
    downloader.send({ type: 'progress', transfers: [{ transferId, bytes: 5 * MIB }] });
    uploader.send({ type: 'progress', transfers: [{ transferId, bytes: 5 * MIB }] });
    await settle(downloader);
    await settle(uploader);
    expect(second.server.status().uploadBytesReported).toBe(3 * MIB);
    const other = await joinLeecher(second, { address: '127.1.0.6' });
    // Its one slot is the running transfer's.
    expect((await other.findSources()).peers).toEqual([]);
    await second.server.stop();
    const scope = `agent:sp2/uplinks:${seeder.identity.key}`;
    expect(uplinks.bytes(scope, monthOf(startMs))).toBe(5 * MIB);
  });

  it('ends them when the permit is withdrawn', async () => {
    const { second, transferId, seeder, leecher, rejoin } = await restartWithTransfer();
    const uploader = await rejoin(seeder, '127.2.0.5');
    const downloader = await rejoin(leecher, '127.1.0.5');
    second.permits.delete('sp2');
    second.permissionChanged();
    expect(await uploader.next('permit')).toMatchObject({ permit: null });
    for (const agent of [uploader, downloader])
      expect(await agent.next('revoke')).toMatchObject({ transferId });
  });

  it('ends them when the permit was withdrawn meanwhile, or the uploader comes back from another network', async () => {
    for (const address of ['127.3.0.5', '127.1.0.7']) {
      const { transferId, seeder, leecher, rejoin } = await restartWithTransfer();
      const downloader = await rejoin(leecher, '127.1.0.5');
      const uploader = await rejoin(seeder, address);
      expect(uploader.welcome.permit?.isp).not.toBe('sp2');
      expect(await uploader.next('revoke')).toMatchObject({ transferId });
      expect(await downloader.next('revoke')).toMatchObject({ transferId });
    }
  });

  it('ends them when an end does not come back', async () => {
    const { transferId, leecher, rejoin, second } = await restartWithTransfer({
      config: { restartGraceMs: 1_000 },
    });
    const downloader = await rejoin(leecher, '127.1.0.5');
    expect(await downloader.next('revoke')).toMatchObject({ transferId, reason: 'the other end left' });
    expect(second.server.status().grants).toBe(0);
  });

  it('tells an uploader that its permit ended, though it does not know what it uploads', async () => {
    const { seeder } = await restartWithTransfer();
    const third = await start({ clock });
    const uploader = await joinAgent(third, { address: '127.2.0.5', identity: seeder.identity });
    ready(uploader);
    const unknown = '9b2f0c2e-58a4-4c8e-9d0e-0a4f5a0f6a11';
    uploader.send({ type: 'progress', transfers: [{ transferId: unknown, bytes: 5 * MIB }] });
    await settle(uploader);
    expect(third.server.status()).toMatchObject({ grants: 0, uploadBytesReported: 0 });
    third.permits.delete('sp2');
    third.permissionChanged();
    expect(await uploader.next('permit')).toMatchObject({ permit: null, reason: 'no permit of sp2' });
  });
});

describe('another AS graph', () => {
  it('lets agents of other networks come back with a new session, and leaves the rest alone', async () => {
    const coordinator = await start({ clock });
    const moved = await joinAgent(coordinator, { address: '127.3.0.5' });
    const stays = await joinAgent(coordinator, { address: '127.1.0.5' });
    coordinator.places['127.3'] = coordinator.places['127.2']!;
    coordinator.networksChanged();
    expect(await moved.closed).toBe(1001);
    await settle(stays);
    const again = await joinAgent(coordinator, { address: '127.3.0.5', identity: moved.identity });
    expect(again.welcome).toMatchObject({ isp: 'sp2', permit: { isp: 'sp2' } });
  });
});

describe('what is counted', () => {
  it('names sessions, grants, signals, revocations by cause and refusals by code', async () => {
    const coordinator = await start({ clock });
    const seeder = await joinSeeder(coordinator, { address: '127.2.0.5' });
    const leecher = await joinLeecher(coordinator, { address: '127.1.0.5' });
    const [peer] = (await leecher.findSources()).peers;
    leecher.send({ type: 'signal', transferId: peer!.transferId, signal: '{}' });
    await seeder.next('signal');
    seeder.send({ type: 'signal', transferId: peer!.transferId, signal: '{}' });
    await leecher.next('signal');
    leecher.send({ type: 'bad-data', transferId: peer!.transferId, piece: 0, blocks: [] });
    const wrong = { requestId: 99, title: 'studio/other', maxPeers: 1, exclude: [], bytesWanted: 1 };
    leecher.send({ type: 'find-sources', ...wrong });
    await leecher.next('error');
    coordinator.permits.delete('sp2');
    coordinator.permissionChanged();
    await leecher.next('revoke');
    leecher.socket.send('nonsense');
    await leecher.closed;
    const text = await coordinator.registry.metrics();
    for (const line of [
      'fairhop_sessions_admitted_total 2',
      'fairhop_grants_total 1',
      'fairhop_signals_total 2',
      'fairhop_bad_data_reports_total 1',
      'fairhop_grants_revoked_total{cause="permit-ended"} 1',
      'fairhop_session_errors_total{code="title-unknown"} 1',
      'fairhop_sessions_refused_total{code="message-malformed"} 1',
    ])
      expect(text).toContain(line);
    expect(text).toMatch(/fairhop_selection_duration_seconds_count [1-9]/);
  });
});
