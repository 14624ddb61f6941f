import { createManualClock } from '@fairhop/shared/service';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { monthOf } from '../month.js';
import { contentA, permitFor, readyUnder } from '../swarm/fixture.js';
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
afterEach(() => coordinator.stop());

async function startTransfer(options: Parameters<typeof startCoordinator>[0] = {}) {
  coordinator = await startCoordinator(options);
  const seeder = await joinSeeder(coordinator, { address: '127.2.0.5' });
  const leecher = await joinLeecher(coordinator, { address: '127.1.0.5' });
  const [peer] = (await leecher.findSources()).peers;
  return { seeder, leecher, transferId: peer!.transferId };
}

describe('a running grant', () => {
  it('is revoked at both ends when the permit is withdrawn, and none follows', async () => {
    const { seeder, leecher, transferId } = await startTransfer();
    coordinator.permits.delete('sp2');
    coordinator.permissionChanged();
    expect(await seeder.next('permit')).toMatchObject({ permit: null, reason: 'no permit of sp2' });
    expect(await seeder.next('revoke')).toMatchObject({
      transferId,
      reason: expect.stringContaining('permit'),
    });
    expect(await leecher.next('revoke')).toMatchObject({ transferId });
    expect(coordinator.server.status().grants).toBe(0);
    expect((await leecher.findSources()).peers).toEqual([]);
  });

  it('is revoked when the permit’s time ends', async () => {
    const clock = createManualClock(1_800_000_000_000);
    coordinator = await startCoordinator({ clock });
    coordinator.permits.set('sp2', { validUntilMs: 1_800_000_060_000 });
    const seeder = await joinSeeder(coordinator, { address: '127.2.0.5' });
    const leecher = await joinLeecher(coordinator, { address: '127.1.0.5' });
    const [peer] = (await leecher.findSources()).peers;
    clock.advance(60_000);
    expect(await leecher.next('revoke')).toMatchObject({ transferId: peer!.transferId });
    expect(await seeder.next('permit')).toMatchObject({ permit: null });
  });

  it('is revoked when the permit no longer covers the category, and lowered when it allows less', async () => {
    const { seeder, leecher, transferId } = await startTransfer();
    coordinator.permits.set('sp2', { maxRateBitsPerSecond: 2_000_000 });
    coordinator.permissionChanged();
    expect(await seeder.next('lower')).toEqual({ type: 'lower', transferId, rateBitsPerSecond: 2_000_000 });
    expect(await leecher.next('lower')).toMatchObject({ rateBitsPerSecond: 2_000_000 });
    coordinator.permits.set('sp2', { categories: ['software'] });
    coordinator.permissionChanged();
    expect(await leecher.next('revoke')).toMatchObject({
      transferId,
      reason: expect.stringContaining('video'),
    });
  });

  it('is revoked when the uploader is no longer ready, and lowered when it gives less', async () => {
    const { seeder, leecher, transferId } = await startTransfer();
    const ready = readyUnder(seeder.welcome.permit!, { rateBitsPerSecond: 3_000_000 });
    seeder.send({ type: 'readiness', readiness: ready });
    expect(await leecher.next('lower')).toMatchObject({ transferId, rateBitsPerSecond: 3_000_000 });
    seeder.send({ type: 'readiness', readiness: { ...ready, ready: false, reasons: ['on battery'] } });
    expect(await leecher.next('revoke')).toMatchObject({
      transferId,
      reason: expect.stringContaining('on battery'),
    });
    expect((await leecher.findSources()).peers).toEqual([]);
  });

  it('is revoked when the downloader sees the uploader outside of the permit’s networks', async () => {
    const { seeder, leecher, transferId } = await startTransfer();
    leecher.send({ type: 'progress', transfers: [{ transferId, bytes: 10, remoteAddress: '127.2.0.5' }] });
    seeder.send({ type: 'progress', transfers: [{ transferId, bytes: 10, remoteAddress: '192.0.2.1' }] });
    await settle(leecher);
    await settle(seeder);
    expect(coordinator.server.status()).toMatchObject({ grants: 1, uploadBytesReported: 10 });
    leecher.send({ type: 'progress', transfers: [{ transferId, bytes: 20, remoteAddress: '192.0.2.1' }] });
    expect(await seeder.next('revoke')).toMatchObject({
      transferId,
      reason: expect.stringContaining('address'),
    });
    expect(await leecher.next('revoke')).toMatchObject({ transferId });
    expect(coordinator.server.status()).toMatchObject({ grants: 0, uploadBytesReported: 10 });
  });

  it('is revoked when its title is withdrawn, and members are told', async () => {
    const { seeder, leecher, transferId } = await startTransfer();
    coordinator.withdraw();
    for (const agent of [seeder, leecher]) {
      expect(await agent.next('revoke')).toMatchObject({
        transferId,
        reason: expect.stringContaining('studio/film'),
      });
      expect(await agent.next('withdrawn')).toEqual({ type: 'withdrawn', contentId: contentA });
    }
    expect(coordinator.server.status()).toMatchObject({ grants: 0, swarms: [] });
  });

  it('is revoked when it expires', async () => {
    const clock = createManualClock(1_800_000_000_000);
    const { leecher, seeder, transferId } = await startTransfer({ clock });
    clock.advance(10 * 60_000);
    expect(await leecher.next('revoke')).toMatchObject({ transferId, reason: 'the grant expired' });
    expect(await seeder.next('revoke')).toMatchObject({ transferId });
  });

  it('ends when one end does not come back', async () => {
    const { seeder, leecher, transferId } = await startTransfer({ config: { reconnectGraceMs: 50 } });
    leecher.socket.terminate();
    expect(await seeder.next('revoke')).toMatchObject({ transferId, reason: 'the other end left' });
    expect(coordinator.server.status()).toMatchObject({ grants: 0, sessions: 1 });
  });

  it('goes on when its end comes back, and gives way to a new one that is asked for', async () => {
    const { seeder, leecher, transferId } = await startTransfer();
    leecher.socket.terminate();
    await leecher.closed;
    const again = await joinLeecher(coordinator, { address: '127.1.0.5', identity: leecher.identity });
    expect(coordinator.server.status().grants).toBe(1);
    const [peer] = (await again.findSources()).peers;
    expect(peer!.transferId).not.toBe(transferId);
    expect(await seeder.next('revoke')).toMatchObject({ transferId });
    expect(coordinator.server.status().grants).toBe(1);
  });

  it('is closed by its uploader’s release, which the downloader hears', async () => {
    const { seeder, leecher, transferId } = await startTransfer();
    seeder.send({ type: 'release', transferId, reason: 'disk trouble' });
    expect(await leecher.next('revoke')).toMatchObject({
      transferId,
      reason: expect.stringContaining('disk trouble'),
    });
  });

  it('is nothing that a third agent can end, report on or blame', async () => {
    const { transferId } = await startTransfer();
    const stranger = await joinAgent(coordinator, { address: '127.1.0.9' });
    stranger.send({ type: 'release', transferId, reason: 'mischief' });
    stranger.send({ type: 'progress', transfers: [{ transferId, bytes: 9, remoteAddress: '192.0.2.1' }] });
    stranger.send({ type: 'bad-data', transferId, piece: 0, blocks: [] });
    expect(await stranger.next('error')).toMatchObject({ code: 'report-refused' });
    expect(coordinator.server.status()).toMatchObject({ grants: 1, uploadBytesReported: 0 });
  });
});

describe('a permit', () => {
  const gate = () => {
    let open: () => void = () => undefined;
    const closed = new Promise<void>((resolve) => {
      open = resolve;
    });
    return { closed, open };
  };

  it('that is withdrawn while a session opens does not outlive the welcome', async () => {
    coordinator = await startCoordinator();
    const { closed, open } = gate();
    coordinator.permissionGate = closed;
    const joining = joinAgent(coordinator, { address: '127.2.0.5' });
    // The decision is under way as soon as the coordinator looked at the hello.
    while (coordinator.permitRequests === 0) await new Promise((resolve) => setImmediate(resolve));
    coordinator.permits.delete('sp2');
    coordinator.permissionChanged();
    open();
    const agent = await joining;
    expect(agent.welcome.permit).not.toBeNull();
    expect(await agent.next('permit')).toMatchObject({ permit: null });
  });

  it('is what the latest decision says, when an earlier one comes late', async () => {
    coordinator = await startCoordinator();
    const agent = await joinAgent(coordinator, { address: '127.2.0.5' });
    const late = gate();
    coordinator.permits.set('sp2', { maxRateBitsPerSecond: 1_000_000 });
    coordinator.permissionGate = late.closed;
    coordinator.permissionChanged();
    coordinator.permits.delete('sp2');
    coordinator.permissionGate = undefined;
    coordinator.permissionChanged();
    expect(await agent.next('permit')).toMatchObject({ permit: null });
    late.open();
    await settle(agent);
    expect(agent.heard.filter(({ type }) => type === 'permit')).toHaveLength(1);
  });
});

describe('uploaders', () => {
  it('come last in their class after bad data was reported of them', async () => {
    const { seeder, leecher, transferId } = await startTransfer();
    await joinSeeder(coordinator, { address: '127.2.0.6' });
    const seederKey = seeder.identity.key;
    const report = async (): Promise<void> => {
      leecher.send({ type: 'bad-data', transferId, piece: 3, blocks: [1] });
      await settle(leecher);
    };
    await report();
    // Whose channel never was sent nothing.
    expect(await leecher.next('error')).toMatchObject({ code: 'report-refused' });
    seeder.send({ type: 'signal', transferId, signal: '{"answer":1}' });
    // Leaving before it is found out does not help.
    seeder.send({ type: 'release', transferId, reason: 'done' });
    await settle(seeder);
    await report();
    expect(leecher.heard.filter(({ type }) => type === 'error')).toHaveLength(1);
    for (const address of ['127.1.0.11', '127.1.0.12']) {
      const { peers } = await (await joinLeecher(coordinator, { address })).findSources();
      expect(peers).toHaveLength(2);
      expect(peers[1]?.agent).toBe(seederKey);
    }
  });

  it('come into quarantine after three that others serve well had bad data of them', async () => {
    coordinator = await startCoordinator();
    const seeder = await joinSeeder(coordinator, { address: '127.2.0.5' });
    const good = [
      await joinSeeder(coordinator, { address: '127.2.0.6' }),
      await joinSeeder(coordinator, { address: '127.2.0.7' }),
    ];
    for (const host of [11, 12, 13]) {
      expect(coordinator.quarantine.isHeld(seeder.identity.key)).toBe(false);
      const leecher = await joinLeecher(coordinator, { address: `127.1.0.${host}` });
      const { peers } = await leecher.findSources();
      for (const { agent, transferId } of peers) {
        const uploader = [seeder, ...good].find(({ identity }) => identity.key === agent)!;
        uploader.send({ type: 'signal', transferId, signal: '{"answer":1}' });
        await settle(uploader);
        if (uploader === seeder) leecher.send({ type: 'bad-data', transferId, piece: 3, blocks: [1] });
        else leecher.send({ type: 'progress', transfers: [{ transferId, bytes: title.sizeBytes / 4 }] });
        await settle(leecher);
      }
    }
    await vi.waitFor(() => expect(coordinator.quarantine.isHeld(seeder.identity.key)).toBe(true), 5_000);
    expect(await seeder.next('quarantine')).toMatchObject({ quarantine: { reasons: [expect.any(String)] } });
  });

  it('get no more grants than their permit’s month allows, over a restart too', async () => {
    coordinator = await startCoordinator();
    coordinator.permits.set('sp2', { monthlyBytesPerSubscriber: 3_000_000 });
    const seeder = await joinSeeder(coordinator, { address: '127.2.0.5' });
    const leecher = await joinLeecher(coordinator, { address: '127.1.0.5' });
    const [peer] = (await leecher.findSources()).peers;
    expect(peer?.maxBytes).toBe(3_000_000);
    const second = await joinLeecher(coordinator, { address: '127.1.0.6' });
    expect((await second.findSources()).peers).toEqual([]);
    seeder.send({ type: 'progress', transfers: [{ transferId: peer!.transferId, bytes: 2_500_000 }] });
    await settle(seeder);
    leecher.send({ type: 'release', transferId: peer!.transferId, reason: 'done' });
    await settle(leecher);
    await coordinator.server.stop();
    const scope = `agent:sp2/uplinks:${seeder.identity.key}`;
    expect(coordinator.uplinks.bytes(scope, monthOf(Date.now()))).toBe(2_500_000);
    expect(coordinator.uplinks.bytes('permit:sp2/uplinks', monthOf(Date.now()))).toBe(2_500_000);
  });

  it('lose no volume to what a downloader alone says', async () => {
    const clock = createManualClock(1_800_000_000_000);
    coordinator = await startCoordinator({ clock });
    coordinator.permits.set('sp2', { monthlyBytesPerSubscriber: 20_000_000 });
    const seeder = await joinSeeder(coordinator, { address: '127.2.0.5' });
    const leecher = await joinLeecher(coordinator, { address: '127.1.0.5' });
    const [peer] = (await leecher.findSources()).peers;
    const { transferId, maxBytes } = peer!;
    const claim = async (): Promise<number> => {
      leecher.send({ type: 'progress', transfers: [{ transferId, bytes: maxBytes }] });
      await settle(leecher);
      return coordinator.server.status().uploadBytesReported;
    };
    expect(await claim()).toBe(0);
    seeder.send({ type: 'progress', transfers: [{ transferId, bytes: 1_000_000 }] });
    await settle(seeder);
    expect(await claim()).toBe(1_000_000);
    seeder.socket.close();
    await vi.waitFor(() => expect(coordinator.server.status().sessions).toBe(1));
    clock.advance(2_000);
    // Two seconds at 10 Mbit/s more, as long as nobody else tells.
    expect(await claim()).toBe(3_500_000);
    leecher.send({ type: 'release', transferId, reason: 'done' });
    await settle(leecher);
    await coordinator.server.stop();
    expect(coordinator.uplinks.bytes('permit:sp2/uplinks', monthOf(clock.nowMs()))).toBe(3_500_000);
  });

  it('get the slot of a grant back with which nobody made a channel', async () => {
    const clock = createManualClock(1_800_000_000_000);
    coordinator = await startCoordinator({ clock });
    const seeder = await joinSeeder(coordinator, { address: '127.2.0.5' });
    const [idle, busy] = [
      await joinLeecher(coordinator, { address: '127.1.0.5' }),
      await joinLeecher(coordinator, { address: '127.1.0.6' }),
    ];
    const { transferId } = (await idle.findSources()).peers[0]!;
    const connected = (await busy.findSources()).peers[0]!.transferId;
    // A downloader's signal alone shows nothing.
    idle.send({ type: 'signal', transferId, signal: '{"offer":1}' });
    seeder.send({ type: 'signal', transferId: connected, signal: '{"answer":1}' });
    await settle(idle);
    await settle(seeder);
    clock.advance(21_000);
    expect(await seeder.next('revoke')).toMatchObject({
      transferId,
      reason: expect.stringContaining('no channel'),
    });
    expect(coordinator.server.status().grants).toBe(1);
  });

  it('are asked for nothing before they repeat the permit that is in force', async () => {
    coordinator = await startCoordinator();
    const seeder = await joinSeeder(coordinator, {
      address: '127.2.0.5',
      readiness: { permitId: 'sp2/older' },
    });
    const leecher = await joinLeecher(coordinator, { address: '127.1.0.5' });
    expect((await leecher.findSources()).peers).toEqual([]);
    seeder.send({ type: 'readiness', readiness: readyUnder(permitFor(seeder.identity.key, 'sp2')) });
    await settle(seeder);
    expect(await leecher.next('swarm-changed')).toEqual({ type: 'swarm-changed', contentId: contentA });
    expect((await leecher.findSources()).peers).toHaveLength(1);
  });
});
