import { randomBytes } from 'node:crypto';
import type { BudgetOrder } from '@fairhop/shared/contract';
import { createManualClock, type ManualClock } from '@fairhop/shared/service';
import { request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CoordinatorFixture, createTestEdge, publicationOf, startCoordinator } from '../test-kit.js';

let fixture: CoordinatorFixture;
let clock: ManualClock;

beforeEach(async () => {
  clock = createManualClock(Date.now());
  fixture = await startCoordinator({}, { clock });
  await fixture.client.putOwner({ params: { owner: 'studio' }, body: { name: 'Studio' } });
  const params = { owner: 'studio', name: 'film.mp4' };
  await fixture.client.publish({ params, body: publicationOf(randomBytes(60_000)) });
  await createTestEdge(fixture).register(undefined, clock.nowMs());
});
afterEach(() => fixture.stop());

const stop: BudgetOrder = { budget: 'launch', owner: 'studio', action: 'stop', untilMs: null };
const put = (revision: number, orders: BudgetOrder[]) =>
  fixture.client.putBudgetActions({ body: { revision, orders } });
const land = async () => {
  const { statusCode, headers, body } = await request(`${fixture.url}/t/studio/film.mp4`);
  return { status: statusCode, retryAfter: headers['retry-after'], text: await body.text() };
};

describe('what budgets order', () => {
  it('holds on landing pages, is counted, and ends when it is taken back', async () => {
    expect((await land()).status).toBe(302);
    expect(await put(1, [stop])).toEqual({ revision: 1 });
    const stopped = await land();
    expect(stopped).toMatchObject({ status: 403, text: expect.stringContaining('budget-stopped') });
    expect(stopped.text).toContain('(budget launch)');
    await put(2, [{ ...stop, action: 'no-peers' }]);
    expect((await land()).status).toBe(302);
    await put(3, [
      { ...stop, action: 'priority-customers-only', priority: { agents: [], isps: ['sp1'], prefixes: [] } },
    ]);
    expect((await land()).status).toBe(403);
    const hourMs = 3_600_000;
    const hourOf = (timeMs: number): string => `${new Date(timeMs).toISOString().slice(11, 13)}:00`;
    const hours = {
      from: hourOf(clock.nowMs() + 2 * hourMs),
      to: hourOf(clock.nowMs() + 3 * hourMs),
      timeZone: 'UTC',
    };
    await put(4, [{ ...stop, action: 'off-peak-only', hours }]);
    const closed = await land();
    expect(closed).toMatchObject({ status: 503, text: expect.stringContaining('budget-off-peak-only') });
    const waitMs = Math.ceil(clock.nowMs() / hourMs) * hourMs + hourMs - clock.nowMs();
    expect(Math.abs(Number(closed.retryAfter) - waitMs / 1_000)).toBeLessThanOrEqual(1);
    await put(5, []);
    expect((await land()).status).toBe(302);
    const { body } = await request(`${fixture.url}/metrics`, {
      headers: { authorization: `Bearer ${fixture.coordinator.operatorToken}` },
    });
    const metrics = await body.text();
    for (const action of ['stop', 'priority-customers-only', 'off-peak-only'])
      expect(metrics).toContain(
        `fairhop_budget_limits_total{action="${action}",client="plain",service="coordinator"} 1`,
      );
  });

  it('is told to edges of each transfer that runs there, and to nobody once it ends', async () => {
    const edge = createTestEdge(fixture, { id: 'edge2' });
    await edge.register(undefined, clock.nowMs());
    const transfer = (last: number, clientAddress: string, title = 'studio/film.mp4') => ({
      ...{ transferId: `01234567-89ab-7cde-8f01-23456789abc${last}`, clientAddress, title, bytes: 0 },
    });
    const near = transfer(1, '127.1.0.9');
    const far = transfer(2, '127.2.0.9');
    const others = transfer(3, '127.2.0.9', 'other/film');
    const told = [near, far, others];
    const budgetsTold = async () => (await edge.tell(told)).budgets;
    expect(await budgetsTold()).toBeUndefined();
    await put(1, [{ ...stop, action: 'no-peers' }]);
    expect(await budgetsTold()).toBeUndefined();
    await put(2, [stop]);
    const message = expect.stringContaining('(budget launch)');
    expect(await budgetsTold()).toEqual({
      owners: ['studio'],
      refusals: [{ code: 'budget-stopped', message, transfers: [near.transferId, far.transferId] }],
    });
    await put(3, [
      { ...stop, action: 'priority-customers-only', priority: { agents: [], isps: ['sp1'], prefixes: [] } },
    ]);
    expect(await budgetsTold()).toEqual({
      owners: ['studio'],
      refusals: [{ code: 'budget-priority-customers-only', message, transfers: [far.transferId] }],
    });
    await put(4, [{ ...stop, category: 'live' }]);
    expect(await budgetsTold()).toEqual({ owners: ['studio'], refusals: [] });
    await put(5, []);
    expect(await budgetsTold()).toBeUndefined();
  });

  it('is there after a restart, and an older word does not undo it', async () => {
    await put(7, [stop]);
    fixture = await fixture.restart();
    expect(await fixture.client.listBudgetActions({})).toEqual({ revision: 7, orders: [stop] });
    expect(await put(6, [])).toEqual({ revision: 7 });
    expect(await put(7, [])).toEqual({ revision: 7 });
    expect((await land()).status).toBe(403);
  });

  it('is said by the operator and its accounting alone', async () => {
    const { apiKey } = await fixture.client.createOwnerApiKey({ params: { owner: 'studio' } });
    for (const stranger of [fixture.clientOf({ token: apiKey }), fixture.clientOf({})]) {
      await expect(stranger.putBudgetActions({ body: { revision: 1, orders: [] } })).rejects.toMatchObject({
        status: expect.toSatisfy((status) => status === 401 || status === 403),
      });
      await expect(stranger.listBudgetActions({})).rejects.toMatchObject({
        status: expect.toSatisfy((status) => status === 401 || status === 403),
      });
    }
  });
});
