import { createIdentity } from '@fairhop/shared/crypto';
import { type Quarantine, quarantineSchema } from '@fairhop/shared/model';
import { createManualClock } from '@fairhop/shared/service';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { type CoordinatorFixture, startCoordinator } from '../test-kit.js';
import { openTestSession } from '../test-session.js';
import { mergePlacements, type Placement } from './merge.js';

let fixture: CoordinatorFixture | undefined;
afterEach(async () => {
  await fixture?.stop();
  fixture = undefined;
});

const agent = createIdentity().key;
const suspicion = (check: string, score = 80): Quarantine['suspicions'][number] => ({
  check,
  score,
  message: `by the check ${check}`,
  evidence: ['event 7'],
  timeMs: 1_000,
});
const HOUR_MS = 3_600_000;

describe('quarantine', () => {
  it('is put, listed with its evidence, kept over a restart, and released', async () => {
    fixture = await startCoordinator();
    const untilMs = Date.now() + HOUR_MS;
    const body = { by: 'accounting', untilMs, suspicions: [suspicion('receipt-fork', 100)] };
    const put = await fixture.client.putQuarantine({ params: { agent }, body });
    expect(put).toEqual({ agent, sinceMs: expect.any(Number), ...body });
    // Sent again because the answer was lost.
    expect(await fixture.client.putQuarantine({ params: { agent }, body })).toEqual(put);
    const metrics = await fetch(`${fixture.url}/metrics`, {
      headers: { authorization: `Bearer ${fixture.coordinator.operatorToken}` },
    });
    expect(await metrics.text()).toMatch(/^fairhop_quarantined_agents\{.*\} 1$/m);
    fixture = await fixture.restart();
    const { client } = fixture;
    expect(await client.listQuarantine({ query: {} })).toEqual({ quarantine: [put], total: 1 });
    const other = createIdentity().key;
    expect(await client.listQuarantine({ query: { agent: other } })).toMatchObject({ quarantine: [] });
    expect(await client.releaseQuarantine({ params: { agent } })).toEqual({ agent });
    expect(await client.listQuarantine({ query: {} })).toEqual({ quarantine: [], total: 0 });
    await expect(client.releaseQuarantine({ params: { agent } })).rejects.toMatchObject({
      code: 'quarantine-unknown',
      status: 404,
    });
  });

  it('lasts as long as the longest that somebody ordered, and is told to the agent at once', async () => {
    fixture = await startCoordinator();
    const { client } = fixture;
    const session = await openTestSession(fixture, { address: '127.1.0.5' });
    await session.next('welcome');
    const params = { agent: session.identity.key };
    const nowMs = Date.now();
    const put = (by: string, untilMs: number | null, check: string, score: number) =>
      client.putQuarantine({ params, body: { by, untilMs, suspicions: [suspicion(check, score)] } });
    await put('coordinator', nowMs + 24 * HOUR_MS, 'audit-failed', 100);
    await session.next('quarantine');
    const both = await put('accounting', nowMs + HOUR_MS, 'rate-above-access', 70);
    expect(both).toMatchObject({ by: 'accounting, coordinator', untilMs: nowMs + 24 * HOUR_MS });
    expect((await session.next('quarantine')).quarantine).toEqual({
      reasons: ['by the check audit-failed', 'by the check rate-above-access'],
      untilMs: nowMs + 24 * HOUR_MS,
    });
    // The same accuser may change its mind.
    expect(await put('coordinator', nowMs + 2 * HOUR_MS, 'audit-unanswered', 60)).toMatchObject({
      untilMs: nowMs + 2 * HOUR_MS,
      suspicions: [{ check: 'rate-above-access' }, { check: 'audit-unanswered' }],
    });
    await expect(put('accounting', nowMs - 1, 'late', 50)).rejects.toMatchObject({ code: 'quarantine-over' });
    await client.releaseQuarantine({ params });
    await session.next('quarantine');
    expect((await session.next('quarantine')).quarantine).toBeNull();
    await session.close();
  });
});

describe('pages of all that are in quarantine', () => {
  it('have each agent once, however much evidence there is, and whoever is released meanwhile', async () => {
    fixture = await startCoordinator();
    const { client } = fixture;
    const agents = Array.from({ length: 200 }, () => createIdentity().key).sort();
    const evidence = Array.from({ length: 24 }, () => 'x'.repeat(4_096));
    const body = { by: 'accounting', untilMs: null, suspicions: [{ ...suspicion('fork', 100), evidence }] };
    for (const agent of agents) await client.putQuarantine({ params: { agent }, body });
    const { quarantine: newest, total } = await client.listQuarantine({ query: { limit: 1_000 } });
    // One answer cannot have them all.
    expect([total, newest.length < total]).toEqual([200, true]);
    const listed: Quarantine[] = [];
    let after: string | undefined;
    do {
      const { quarantine, next } = await client.pageQuarantine({
        query: after === undefined ? {} : { after },
      });
      listed.push(...quarantine);
      after = next ?? undefined;
      // One that was there already, and the one that the next page begins after.
      if (after !== undefined && listed.length < 100)
        for (const released of [agents[0]!, after])
          await client.releaseQuarantine({ params: { agent: released } });
    } while (after !== undefined);
    expect(listed.map((one) => one.agent)).toEqual(agents);
    expect(listed[0]).toMatchObject({
      by: 'accounting',
      untilMs: null,
      suspicions: [{ check: 'fork', evidence: [] }],
    });
    const few = await client.pageQuarantine({ query: { limit: 3, after: agents[4]! } });
    expect([few.quarantine.map((one) => one.agent), few.next]).toEqual([agents.slice(5, 8), agents[7]]);
  });
});

describe('quarantine by two accusers', () => {
  it('ends with the later of both, not with the later put', async () => {
    const clock = createManualClock(Date.UTC(2026, 7, 1));
    fixture = await startCoordinator({}, { clock });
    const { client } = fixture;
    const params = { agent };
    for (const [by, hours] of [
      ['coordinator', 24],
      ['accounting', 1],
    ] as const) {
      const body = { by, untilMs: clock.nowMs() + hours * HOUR_MS, suspicions: [suspicion(by)] };
      await client.putQuarantine({ params, body });
    }
    clock.advance(HOUR_MS);
    // The housekeeping of the next second has looked at it.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const { quarantine } = await client.listQuarantine({ query: {} });
    expect(quarantine).toMatchObject([{ agent, by: 'coordinator', suspicions: [{ check: 'coordinator' }] }]);
    clock.advance(23 * HOUR_MS);
    await expect.poll(async () => (await client.listQuarantine({ query: {} })).total).toBe(0);
  });
});

describe('merged placements', () => {
  const placements = fc.array(
    fc.record<Placement>({
      by: fc.stringMatching(/^[a-z]{1,64}$/),
      sinceMs: fc.nat(),
      untilMs: fc.option(fc.nat()),
      suspicions: fc.array(
        fc.record({
          check: fc.constant('check'),
          score: fc.nat(100),
          message: fc.constant(''),
          evidence: fc.constant([]),
          timeMs: fc.nat(),
        }),
        { minLength: 1, maxLength: 32 },
      ),
    }),
    { minLength: 1, maxLength: 8 },
  );

  it('are a quarantine that no placement outlasts, with the heaviest suspicion', () => {
    fc.assert(
      fc.property(placements, (all) => {
        const merged = quarantineSchema.parse(mergePlacements(agent, all));
        const end = (untilMs: number | null): number => untilMs ?? Number.POSITIVE_INFINITY;
        expect(end(merged.untilMs)).toBe(Math.max(...all.map(({ untilMs }) => end(untilMs))));
        const scores = all.flatMap(({ suspicions }) => suspicions.map(({ score }) => score));
        expect(merged.suspicions[0]!.score).toBe(Math.max(...scores));
      }),
    );
  });
});
