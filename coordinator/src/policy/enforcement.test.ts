import { get } from 'node:http';
import type { PolicyChange, PolicyState } from '@fairhop/shared/contract';
import { createIdentity } from '@fairhop/shared/crypto';
import type { PolicyTerms } from '@fairhop/shared/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CoordinatorFixture, createTestEdge, publicationOf, startCoordinator } from '../test-kit.js';
import { openTestSession, type TestSession } from '../test-session.js';

const MBIT = 1_000_000;
const SP1_TO_SP2 = 'link:as:64501>as:64502';
const INTO_SP2 = 'link:as:64500>as:64502';
const SIZE_BYTES = 4 * 1024 * 1024;
const params = { id: 'evening' };
const terms = (changes: Partial<PolicyTerms> = {}) => ({
  component: SP1_TO_SP2,
  capacityBitsPerSecond: 2 * MBIT,
  ...changes,
});
let fixture: CoordinatorFixture;

beforeEach(async () => {
  fixture = await startCoordinator();
});
afterEach(() => fixture.stop());

describe('policies in force', () => {
  let contentId: string;

  beforeEach(async () => {
    await fixture.client.putOwner({ params: { owner: 'studio' }, body: { name: 'Studio' } });
    const body = publicationOf(Buffer.alloc(SIZE_BYTES, 7));
    ({ contentId } = await fixture.client.publish({ params: { owner: 'studio', name: 'film' }, body }));
    const validFromMs = Date.now() - 60_000;
    await fixture.client.putAgreement({
      params: { isp: 'sp1', id: 'homes' },
      body: { networks: ['127.1.0.0/16'], validFromMs, validUntilMs: validFromMs + 86_400_000 },
    });
  });

  /** An agent of SP1 that has the film and may upload it. */
  const openSeed = async (address: string): Promise<TestSession> => {
    const seed = await openTestSession(fixture, { address });
    const { permit } = await seed.next('welcome');
    seed.send({
      type: 'readiness',
      readiness: {
        ...{ ready: true, reasons: [], permitId: permit!.id, slots: 8 },
        ...{ rateBitsPerSecond: 50 * MBIT, bytesLeft: 1_000_000_000_000 },
      },
    });
    seed.send({ type: 'holding', contentId, pieces: 'all', wants: false });
    return seed;
  };
  const openDownloader = async (address: string): Promise<TestSession> => {
    const downloader = await openTestSession(fixture, { address });
    await downloader.next('welcome');
    downloader.send({ type: 'holding', contentId, pieces: '', wants: true });
    return downloader;
  };
  let requests = 0;
  const find = (downloader: TestSession) => {
    requests += 1;
    downloader.send({
      ...{ type: 'find-sources', requestId: requests, title: 'studio/film' },
      ...{ maxPeers: 8, exclude: [], bytesWanted: SIZE_BYTES },
    });
    return downloader.next('sources');
  };
  const metric = async (name: string): Promise<number> => {
    const answer = await fetch(`${fixture.url}/metrics`, {
      headers: { authorization: `Bearer ${fixture.coordinator.operatorToken}` },
    });
    const text = await answer.text();
    return Number(new RegExp(`^${name}\\{[^}]*policy="evening"[^}]*\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  };
  const claimsOf = (url: string): { limits?: { policy: string; rateBitsPerSecond: number }[] } => {
    const [, claims = ''] = new URL(url).searchParams.get('token')!.split('.');
    return JSON.parse(Buffer.from(claims, 'base64url').toString());
  };

  it('lower running grants, send new downloads another way, say so in the log of draws, and end', async () => {
    const edge = createTestEdge(fixture);
    await edge.register();
    await edge.beat();
    const seeds = [await openSeed('127.1.0.1'), await openSeed('127.1.0.2')];
    const first = await openDownloader('127.2.0.1');
    expect((await find(first)).peers).toHaveLength(2);
    await fixture.client.putPolicy({ params, body: terms() });
    const lowered = await Promise.all(seeds.map((seed) => seed.next('lower')));
    const sum = lowered.reduce((total, { rateBitsPerSecond }) => total + rateBitsPerSecond, 0);
    expect(sum).toBeLessThanOrEqual(2 * MBIT);
    expect(sum).toBeGreaterThan(1.8 * MBIT);
    // It shall look for sources anew: what comes another way is open.
    await first.next('swarm-changed');
    const state = await fixture.client.getPolicy({ params });
    expect(state).toMatchObject({ phase: 'acting', grants: 2, lowered: 2, refusals: 0 });
    expect(state.grantedBitsPerSecond).toBeLessThanOrEqual(2 * MBIT);
    expect(state.history.map(({ what }) => what)).toEqual(['acting', 'set']);

    const second = await openDownloader('127.2.0.2');
    const around = await find(second);
    expect(around).toMatchObject({ peers: [], edges: [{ edge: 'edge1' }] });
    expect(around.limitedBy).toBeUndefined();
    const { draws } = await fixture.client.listDraws({ query: { downloader: second.identity.key } });
    expect(draws[0]!.policies).toEqual([
      { policy: 'evening', component: SP1_TO_SP2, effect: 'avoided', uploadersLeftOut: 2 },
    ]);
    expect(await metric('fairhop_policy_refusals_total')).toBe(2);
    expect(await metric('fairhop_policy_lowered_total')).toBe(2);

    await fixture.client.removePolicy({ params });
    const raised = await Promise.all(seeds.map((seed) => seed.next('lower')));
    for (const { rateBitsPerSecond } of raised) expect(rateBitsPerSecond).toBe(50 * MBIT);
    expect((await find(second)).peers).toHaveLength(2);
    await Promise.all([...seeds, first, second].map((session) => session.close()));
  });

  it('are about the traffic that they name, and other traffic is free', async () => {
    const seed = await openSeed('127.1.0.1');
    const downloader = await openDownloader('127.2.0.1');
    await fixture.client.putPolicy({
      params,
      body: terms({ scope: { kind: 'category', category: 'software' } }),
    });
    expect((await find(downloader)).peers).toHaveLength(1);
    expect(await fixture.client.getPolicy({ params })).toMatchObject({ phase: 'open', grants: 0 });
    await fixture.client.putPolicy({
      params,
      body: terms({ scope: { kind: 'category', category: 'video' } }),
    });
    expect((await seed.next('lower')).rateBitsPerSecond).toBeLessThanOrEqual(2 * MBIT);
    await Promise.all([seed.close(), downloader.close()]);
  });

  it('where there is no way around: peers and edges share the capacity, and the download is told', async () => {
    const edge = createTestEdge(fixture);
    await edge.register();
    await fixture.client.putPolicy({ params, body: terms({ component: 'isp:sp2' }) });
    expect((await edge.beat()).limits).toEqual([]);
    const seed = await openSeed('127.1.0.1');
    const first = await openDownloader('127.2.0.1');
    const open = await find(first);
    const granted = await seed.next('lower');
    expect(granted.rateBitsPerSecond).toBeLessThanOrEqual(2 * MBIT);
    expect(open.peers.map(({ transferId }) => transferId)).toEqual([granted.transferId]);
    expect(claimsOf(open.edges[0]!.url).limits).toMatchObject([{ policy: 'evening' }]);
    await first.next('swarm-changed');

    const second = await openDownloader('127.2.0.2');
    const { peers, edges, limitedBy } = await find(second);
    expect(limitedBy).toEqual([{ policy: 'evening', component: 'isp:sp2' }]);
    expect([peers.length, edges.length]).toEqual([1, 1]);
    const { draws } = await fixture.client.listDraws({ query: { downloader: second.identity.key } });
    expect(draws[0]!.policies).toMatchObject([{ effect: 'limited', uploadersLeftOut: 1 }]);
    expect(await metric('fairhop_policy_limited_total')).toBe(1);

    const transferOf = (session: TestSession, { transferId }: { transferId: string }, bytes: number) => ({
      ...{ transferId, bytes, title: 'studio/film', client: session.identity.key },
      clientAddress: session === first ? '127.2.0.1' : '127.2.0.2',
    });
    const plain = {
      transferId: '0198c9a0-0000-7000-8000-000000000001',
      clientAddress: '127.1.0.9',
      title: 'studio/film',
    };
    const told = [
      transferOf(first, open.edges[0]!, 5),
      transferOf(second, edges[0]!, 7),
      { ...plain, bytes: 9 },
    ];
    const limits = await edge.beatUntil(
      told,
      ({ limits: now }) => (now?.[0]?.rateBitsPerSecond ?? 0) > 0.5 * MBIT,
    );
    expect(limits).toMatchObject([
      { policy: 'evening', transfers: [open.edges[0]!.transferId, edges[0]!.transferId] },
    ]);
    const { grantedBitsPerSecond, edgeTransfers, grants } = await fixture.client.getPolicy({ params });
    expect({ edgeTransfers, grants }).toEqual({ edgeTransfers: 2, grants: 2 });
    expect(grantedBitsPerSecond).toBeLessThanOrEqual(2 * MBIT);
    await fixture.client.removePolicy({ params });
    expect((await edge.beat()).limits).toBeUndefined();
    await Promise.all([seed, first, second].map((session) => session.close()));
  });

  it('count for plain HTTP clients: they go to edges that have another way, else their URLs carry the limit', async () => {
    const inCdn = createTestEdge(fixture);
    const inSp1 = createTestEdge(fixture, {
      ...{ id: 'edge-sp1', address: '127.1.0.50', url: 'http://127.1.0.50:4700' },
    });
    await inCdn.register();
    await inSp1.register();
    const edgeOf = (localAddress: string): Promise<URL> =>
      new Promise((resolve, reject) => {
        get(`${fixture.url}/t/studio/film`, { localAddress }, (response) => {
          response.resume();
          resolve(new URL(response.headers.location!));
        }).once('error', reject);
      });
    const fill = async (edge: typeof inCdn, transferId: string, id: string): Promise<void> => {
      const transfer = { transferId, title: 'studio/film', bytes: 1, clientAddress: '127.2.0.7' };
      await edge.beatUntil([transfer], ({ limits }) => (limits?.length ?? 0) > 0);
      const phaseNow = async () => (await fixture.client.getPolicy({ params: { id } })).phase;
      await expect.poll(phaseNow).toBe('acting');
    };
    await inCdn.beat();
    await inSp1.beat();
    // By SP1's peering with SP2.
    expect((await edgeOf('127.2.0.8')).hostname).toBe('127.1.0.50');
    await fixture.client.putPolicy({ params, body: terms() });
    await fill(inSp1, '0198c9a0-0000-7000-8000-000000000002', 'evening');
    for (let round = 0; round < 3; round += 1) {
      const around = await edgeOf('127.2.0.8');
      expect(around.hostname).toBe('127.0.0.1');
      expect(claimsOf(around.href).limits).toBeUndefined();
    }
    await fixture.client.putPolicy({ params: { id: 'other' }, body: terms({ component: INTO_SP2 }) });
    await fill(inCdn, '0198c9a0-0000-7000-8000-000000000003', 'other');
    await fill(inSp1, '0198c9a0-0000-7000-8000-000000000002', 'evening');
    const limited = await edgeOf('127.2.0.8');
    expect(limited.hostname).toBe('127.1.0.50');
    expect(claimsOf(limited.href).limits).toMatchObject([{ policy: 'evening' }]);
    expect(claimsOf((await edgeOf('127.1.0.60')).href).limits).toBeUndefined();
    // An agent that gets edges alone is told.
    const downloader = await openDownloader('127.2.0.9');
    const { limitedBy = [], peers } = await find(downloader);
    expect(peers).toEqual([]);
    expect(limitedBy.map(({ policy }) => policy).sort()).toEqual(['evening', 'other']);
    await downloader.close();
  });

  it('share what the books know of and nobody told of live, and take ways beneath AS level from accounting', async () => {
    await fixture.client.putPolicy({ params, body: terms({ component: INTO_SP2 }) });
    const peering = { component: 'peering:as:64501>as:64502/lon-1' };
    const known = { id: peering.component, known: true, owner: 'sp1' };
    const feed = (body: Partial<Parameters<typeof fixture.client.feedPolicies>[0]['body']> = {}) =>
      fixture.client.feedPolicies({ body: { loads: [], ways: [], components: [], ...body } });
    await feed();
    const put = fixture.client.putPolicy({ params: { id: 'lon' }, body: terms(peering) });
    let wanted: string[] = [];
    while (wanted.length === 0) ({ components: wanted } = await feed());
    await feed({ components: [known] });
    await put;
    const seed = await openSeed('127.1.0.1');
    const downloader = await openDownloader('127.2.0.1');
    await find(downloader);
    // Until accounting tells the way, all of the AS link counts.
    expect((await seed.next('lower')).rateBitsPerSecond).toBeLessThanOrEqual(2 * MBIT);
    const nowMs = Date.now();
    const load = { policy: 'evening', bitsPerSecond: MBIT, fromMs: nowMs - 60_000, toMs: nowMs - 1_000 };
    const { policies, pairs } = await feed({ loads: [load] });
    expect(policies.map(({ id }) => id)).toEqual(['evening', 'lon']);
    expect(pairs).toEqual([{ source: '127.1.0.1', destination: '127.2.0.1' }]);
    await feed({ ways: [{ ...pairs[0]!, components: ['peering:as:64501>as:64502/par-2'] }] });
    expect((await seed.next('lower')).rateBitsPerSecond).toBe(50 * MBIT);
    expect((await fixture.client.getPolicy({ params })).booked).toMatchObject({ bitsPerSecond: MBIT });
    await Promise.all([seed.close(), downloader.close()]);
  });

  it('beneath AS level count the uploaders alone that they leave out, not all of the AS link', async () => {
    const peering = { component: 'peering:as:64501>as:64502/lon-1' };
    const feed = (body: Partial<Parameters<typeof fixture.client.feedPolicies>[0]['body']> = {}) =>
      fixture.client.feedPolicies({ body: { loads: [], ways: [], components: [], ...body } });
    await feed();
    const put = fixture.client.putPolicy({ params, body: terms(peering) });
    let wanted: string[] = [];
    while (wanted.length === 0) ({ components: wanted } = await feed());
    await feed({ components: [{ id: peering.component, known: true, owner: 'sp1' }] });
    await put;
    const london = await openSeed('127.1.0.1');
    const first = await openDownloader('127.2.0.1');
    await find(first);
    const paris = [];
    for (let index = 1; index <= 4; index += 1) paris.push(await openSeed(`127.1.${index}.1`));
    const wayOf = (source: string, name: string) => ({
      ...{ source, destination: '127.2.0.1' },
      components: [`peering:as:64501>as:64502/${name}`],
    });
    const ways = paris.map((_, index) => wayOf(`127.1.${index + 1}.1`, 'par-2'));
    await feed({ ways: [wayOf('127.1.0.1', 'lon-1'), ...ways] });
    const phaseNow = async () => (await fixture.client.getPolicy({ params })).phase;
    await expect.poll(phaseNow).toBe('acting');
    const second = await openDownloader('127.2.0.2');
    expect((await find(second)).peers).toHaveLength(4);
    const { draws } = await fixture.client.listDraws({ query: { downloader: second.identity.key } });
    expect(draws[0]!.policies).toMatchObject([{ effect: 'avoided', uploadersLeftOut: 1 }]);
    expect(await metric('fairhop_policy_refusals_total')).toBe(1);
    await Promise.all([london, ...paris, first, second].map((session) => session.close()));
  });

  it('count nobody as left out for who may have no peers, nor a downloader for itself', async () => {
    await fixture.client.putPolicy({ params, body: terms({ component: 'as:64501' }) });
    const seeds = [await openSeed('127.1.0.1'), await openSeed('127.1.0.2')];
    const first = await openDownloader('127.2.0.1');
    await find(first);
    await first.next('swarm-changed');
    const [seed] = seeds;
    // It has the title, and asks like one that lost some of it.
    await find(seed!);
    expect(await metric('fairhop_policy_refusals_total')).toBe(1);
    first.send({
      ...{ type: 'find-sources', requestId: 99, title: 'studio/film' },
      ...{ maxPeers: 8, exclude: [], bytesWanted: 0 },
    });
    await first.next('sources');
    expect(await metric('fairhop_policy_refusals_total')).toBe(1);
    await Promise.all([...seeds, first].map((session) => session.close()));
  });

  it('tell an ISP whether they act on one title, and neither then nor later how much of it there is', async () => {
    const { apiKey } = await fixture.client.createIspApiKey({ params: { isp: 'sp1' } });
    const sp1 = fixture.clientOf({ token: apiKey });
    const scope = { kind: 'title', title: 'studio/film' } as const;
    await sp1.putPolicy({ params, body: terms({ scope }) });
    const seed = await openSeed('127.1.0.1');
    const first = await openDownloader('127.2.0.1');
    await find(first);
    await first.next('swarm-changed');
    await find(first);
    const measured = (state: PolicyState) => [
      ...[state.measuredBitsPerSecond, state.expectedBitsPerSecond, state.grantedBitsPerSecond, state.booked],
      ...[state.grants, state.edgeTransfers, state.refusals, state.lowered, state.revoked],
    ];
    const toIsp = await sp1.getPolicy({ params });
    expect(toIsp).toMatchObject({ scope, capacityBitsPerSecond: 2 * MBIT, phase: 'acting' });
    for (const state of [toIsp, (await sp1.listPolicies({})).policies[0]!])
      expect(measured(state)).toEqual(Array(9).fill(null));
    const actingTexts = ({ history }: { history: readonly PolicyChange[] }): string[] =>
      history.filter(({ what }) => what === 'acting').map(({ text }) => text);
    expect(actingTexts(toIsp)).toEqual(['new transfers go around it, or share it']);
    const toOperator = await fixture.client.getPolicy({ params });
    expect(toOperator).toMatchObject({ grants: 1, refusals: 1 });
    expect(actingTexts(toOperator)).toEqual([expect.stringMatching(/^\d+ of 2000000 bit\/s/)]);

    await sp1.putPolicy({ params, body: terms({ scope: { kind: 'category', category: 'software' } }) });
    const about = await sp1.getPolicy({ params });
    expect(measured(about)).toEqual([0, 0, 0, null, 0, 0, 0, 0, 0]);
    expect(actingTexts(about)).toEqual(['new transfers go around it, or share it']);
    await Promise.all([seed, first].map((session) => session.close()));
  });

  it('leave other coordinators’ strangers out: an edge that is not registered tells nothing', async () => {
    await fixture.client.putPolicy({ params, body: terms() });
    const stranger = createTestEdge(fixture, { id: 'nobody' }, createIdentity());
    await expect(stranger.beat()).rejects.toMatchObject({ code: 'edge-unknown' });
  });
});
