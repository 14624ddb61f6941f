import { createIdentity, verifyToken } from '@fairhop/shared/crypto';
import { grantClaimsSchema, type Title, tokenType } from '@fairhop/shared/model';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { addAgent, contentA, keyOf } from '../swarm/fixture.js';
import { createSwarm } from '../swarm/index.js';
import { createMemoryUplinks } from './fixture.js';
import { createGrantDesk } from './grant-desk.js';
import { createTokenIssuer } from './tokens.js';
import { createUplinkQuota } from './uplink-quota.js';

const MIB = 1024 * 1024;
const nowMs = Date.UTC(2026, 7, 31, 23, 59, 50, 500);
const sp1 = { asn: 64501, isp: 'sp1', country: null };

const title: Title = {
  id: 'studio/film',
  owner: 'studio',
  name: 'film',
  fileName: 'film.mp4',
  category: 'video',
  mediaType: 'video/mp4',
  metadata: {},
  contentId: contentA,
  sizeBytes: 100 * MIB,
  origin: { kind: 'directory', path: 'film.mp4' },
  rules: { peersAllowed: true },
  state: 'published',
  publishedMs: 0,
};

function setUp(
  terms: Parameters<typeof addAgent>[1]['terms'] = {},
  readiness: Parameters<typeof addAgent>[1]['readiness'] = {},
) {
  const swarm = createSwarm();
  const uploader = addAgent(swarm, { name: 1, place: sp1, terms, readiness });
  const usage = createMemoryUplinks();
  const quota = createUplinkQuota(usage);
  const desk = createGrantDesk(swarm, quota, 600_000);
  const source = swarm.contents.get(contentA)!.members.get(uploader)!;
  const order = { title, source, downloader: keyOf(2), onNet: true, bytesWanted: 1_000 * MIB, nowMs };
  return { swarm, uploader, usage, quota, desk, order };
}

describe('grant desk', () => {
  it('bounds bytes by the size, rate by permit and uploader, time by whole seconds', () => {
    const { desk, order } = setUp({ maxRateBitsPerSecond: 5_000_000 }, { rateBitsPerSecond: 8_000_000 });
    expect(desk.open(order)).toMatchObject({
      maxBytes: title.sizeBytes,
      rateBitsPerSecond: 5_000_000,
      expiresMs: Math.floor(nowMs / 1000) * 1000 + 600_000,
      permit: { id: 'sp1/uplinks', isp: 'sp1' },
    });
    expect(desk.open({ ...order, bytesWanted: 5 })).toMatchObject({ maxBytes: 5 });
  });

  it('tells the AS of both ends as their sessions have it, in the order’s token too', async () => {
    const { swarm, desk, order } = setUp();
    addAgent(swarm, { name: 3, place: { ...sp1, asn: 64502, isp: 'sp2' } });
    addAgent(swarm, { name: 4, place: null });
    const identity = createIdentity();
    const issuer = createTokenIssuer(
      { coordinatorId: 'coordinator', edgeUrlLifetimeMs: 1, accessLifetimeMs: 1 },
      identity,
    );
    const asnsIn = async (downloader: string) => {
      const { uploaderAsn, downloaderAsn } = await verifyToken({
        token: await issuer.grant(desk.open({ ...order, downloader })!),
        type: tokenType.grant,
        schema: grantClaimsSchema.extend({
          uploader: z.string(),
          downloader: z.string(),
          aud: z.string(),
        }),
        keyOf: () => identity.key,
        nowMs,
      });
      return [uploaderAsn, downloaderAsn];
    };
    expect(await asnsIn(keyOf(3))).toEqual([64501, 64502]);
    expect(await asnsIn(keyOf(4))).toEqual([64501, null]);
    expect(await asnsIn(keyOf(5))).toEqual([64501, undefined]);
  });

  it('takes a slot with each grant and gives it back', () => {
    const { swarm, desk, order, uploader } = setUp({}, { slots: 2 });
    const grant = desk.open(order)!;
    desk.open({ ...order, downloader: keyOf(3), onNet: false });
    expect(swarm.agents.get(uploader)).toMatchObject({ slotsUsed: 2, offNetSlotsUsed: 1 });
    expect(swarm.contents.get(contentA)?.networks.size).toBe(0);
    desk.close(grant.transferId);
    expect(swarm.agents.get(uploader)).toMatchObject({ slotsUsed: 1, offNetSlotsUsed: 1 });
    expect(swarm.contents.get(contentA)?.networks.size).toBe(1);
    expect(desk.close(grant.transferId)).toBeUndefined();
  });

  it('never promises more than the subscriber’s month, the total, or the user’s own volume', () => {
    const { desk, order } = setUp({ monthlyBytesPerSubscriber: 150 * MIB });
    const first = desk.open(order)!;
    expect(desk.open({ ...order, downloader: keyOf(3) })?.maxBytes).toBe(50 * MIB);
    expect(desk.open({ ...order, downloader: keyOf(4) })).toBeUndefined();
    expect(desk.report(first.transferId, 10 * MIB, nowMs)).toBe(10 * MIB);
    desk.close(first.transferId);
    expect(desk.open({ ...order, downloader: keyOf(4) })?.maxBytes).toBe(90 * MIB);
    expect(setUp().desk.open({ ...order, monthlyBytesTotal: 7 * MIB })?.maxBytes).toBe(7 * MIB);
    const small = setUp({}, { bytesLeft: 3 * MIB });
    expect(small.desk.open(small.order)?.maxBytes).toBe(3 * MIB);
  });

  it('promises no more than its rate brings before it expires', () => {
    const { desk, order } = setUp({}, { rateBitsPerSecond: 8_000 });
    expect(desk.open(order)?.maxBytes).toBe(600_000);
  });

  it('gives one key, and one address, no more than their share of slots', () => {
    const { swarm, desk, order, uploader } = setUp({}, { slots: 100_000 });
    const connect = (name: number, address: string): string => {
      addAgent(swarm, { name, place: sp1, address });
      return keyOf(name);
    };
    const take = (downloader: string, isAnswered: boolean): number => {
      for (let count = 0; ; count += 1) {
        const grant = desk.open({ ...order, downloader });
        if (!grant) return count;
        if (isAnswered) desk.answered(grant.transferId, nowMs);
      }
    };
    const greedy = connect(2, '192.0.2.2');
    expect(take(greedy, false)).toBe(64);
    expect(desk.roomFor(greedy)).toBe(0);
    const other = connect(3, '192.0.2.3');
    expect(desk.roomFor(other)).toBe(64);
    expect(take(other, true)).toBe(256);
    // Another key costs nothing: those of one /64 share a bound.
    let ofPlace = 0;
    for (let name = 10; name < 50; name += 1) ofPlace += take(connect(name, `2001:db8::${name}`), false);
    expect(ofPlace).toBe(1_024);
    for (const { transferId } of desk.running.ofDownloader(greedy)) desk.close(transferId);
    expect(desk.roomFor(greedy)).toBe(64);
    expect(desk.slotsOf(uploader).slotsUsed).toBe(256 + 1_024);
  });

  it('keeps its count of a downloader over a restart', () => {
    const { desk, order } = setUp({}, { slots: 1_000 });
    while (desk.open(order))
      desk.answered(desk.running.ofDownloader(order.downloader).at(-1)!.transferId, nowMs);
    const { desk: restarted } = setUp();
    restarted.restore(desk.unwritten().running);
    expect(restarted.roomFor(order.downloader)).toBe(0);
  });

  it('counts a downloader’s word no further than the rate since the uploader was heard, over a restart too', () => {
    const { desk, order, quota } = setUp({}, { rateBitsPerSecond: 8_000_000 });
    const { transferId } = desk.open(order)!;
    expect(desk.reportInPlace(transferId, 50 * MIB, nowMs + 5_000)).toBe(0);
    desk.answered(transferId, nowMs);
    desk.report(transferId, 2_000_000, nowMs + 100_000);
    expect(desk.reportInPlace(transferId, 50 * MIB, nowMs + 101_000)).toBe(1_000_000);
    expect(desk.reportInPlace(transferId, 50 * MIB, nowMs + 101_000)).toBe(0);
    const restarted = createGrantDesk(createSwarm(), quota, 600_000);
    restarted.restore(structuredClone(desk.unwritten().running));
    expect(restarted.reportInPlace(transferId, 50 * MIB, nowMs + 103_000)).toBe(2_000_000);
    // What the uploader says counts once with it.
    expect(restarted.report(transferId, 5_500_000, nowMs + 104_000)).toBe(500_000);
  });

  it('counts reports once, forwards only, and not past the grant', () => {
    const { desk, order } = setUp();
    const { transferId } = desk.open(order)!;
    expect(desk.report(transferId, 5 * MIB, nowMs)).toBe(5 * MIB);
    expect(desk.report(transferId, 4 * MIB, nowMs)).toBe(0);
    expect(desk.report(transferId, 900 * MIB, nowMs)).toBe(95 * MIB);
    expect(desk.report('unknown', 1, nowMs)).toBe(0);
  });

  it('lowers a rate and never raises it', () => {
    const { desk, order } = setUp();
    const { transferId } = desk.open(order)!;
    expect(desk.lower(transferId, 20_000_000)).toBe(false);
    expect(desk.lower(transferId, 1_000_000)).toBe(true);
    expect(desk.running.get(transferId)?.rateBitsPerSecond).toBe(1_000_000);
  });

  it('lists what expired', () => {
    const { desk, order } = setUp();
    const grant = desk.open(order)!;
    desk.open({ ...order, downloader: keyOf(3), nowMs: nowMs + 60_000 });
    expect(desk.running.expired(grant.expiresMs - 1)).toEqual([]);
    expect(desk.running.expired(grant.expiresMs)).toEqual([grant]);
  });
});

describe('uplink quota', () => {
  it('remembers the month over a restart and begins anew in the next', () => {
    const { quota, usage, uploader } = setUp();
    const subject = {
      permitId: 'sp1/uplinks',
      agent: uploader,
      monthlyBytesPerSubscriber: 100,
      monthlyBytesTotal: 1_000,
    };
    quota.reserve(subject, 80);
    quota.use(subject, 60, nowMs);
    expect(quota.leftBytes(subject, nowMs)).toBe(20);
    quota.release(subject, 20);
    usage.write({ used: quota.unwritten(), running: [], ended: [] });
    quota.written();
    expect(quota.unwritten()).toEqual([]);
    const restarted = createUplinkQuota(usage);
    expect(restarted.leftBytes(subject, nowMs)).toBe(40);
    expect(restarted.leftBytes({ ...subject, agent: keyOf(9) }, nowMs)).toBe(100);
    expect(restarted.leftBytes({ ...subject, agent: keyOf(9), monthlyBytesTotal: 70 }, nowMs)).toBe(10);
    expect(restarted.leftBytes(subject, nowMs + 60_000)).toBe(100);
  });
});
