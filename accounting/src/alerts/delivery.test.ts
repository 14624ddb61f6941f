import { join } from 'node:path';
import { budgetSchema } from '@fairhop/shared/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDirectory } from '../fixture/service.js';
import { createWebhookReceiver, secret, type WebhookReceiver } from '../fixture/webhook-receiver.js';
import { createAlertsFixture } from './fixture.js';

/** For what happens soon, on a machine that is busy. */
const patience = { timeout: 60_000 };

let cleanups: (() => unknown)[] = [];
let receiver: WebhookReceiver;
let file: string;
let usedBytes: number;

beforeEach(async () => {
  const directory = createTestDirectory();
  receiver = await createWebhookReceiver();
  cleanups = [directory.remove, receiver.close];
  file = join(directory.path, 'alerts.db');
  usedBytes = 0;
});
afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

const open = (config: Partial<Parameters<typeof createAlertsFixture>[0]> = {}) => {
  const fixture = createAlertsFixture({ file, retryBaseMs: 5, usedBytes: () => usedBytes, ...config });
  cleanups.push(fixture.stop);
  fixture.alerts.start();
  return fixture.alerts;
};
const budget = (id: string, change: object = {}) =>
  budgetSchema.parse({
    ...{ id, owner: 'studio', limitBytes: 1_000, period: 'total', webhook: { url: receiver.url, secret } },
    ...change,
  });

/** The same numbers each time. */
const createRandom = (seed: number) => (): number => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
};

describe('delivery', () => {
  it('brings each crossing once in effect, in order, to a receiver that fails 30 % of the time', async () => {
    const random = createRandom(7);
    receiver.answerAll((response) => {
      const dice = random();
      if (dice < 0.1) response.writeHead(503).end();
      // It processed the alert, and the sender does not learn it: the same comes again.
      else if (dice < 0.2) response.destroy();
      else if (dice < 0.3) response.writeHead(500).end('processed, and then failed');
      else response.writeHead(204).end();
    });
    const ids = ['one', 'two', 'three'];
    let alerts = open();
    for (const id of ids) await alerts.putBudget(budget(id, { stepsPercent: [20, 40, 60, 80, 100] }));
    for (let round = 0; round < 6; round += 1) {
      usedBytes = 1_000;
      for (const id of ids) await alerts.putBudget(budget(id, { stepsPercent: [20, 40, 60, 80, 100] }));
      usedBytes = 0;
      for (const id of ids) await alerts.putBudget(budget(id, { stepsPercent: [20, 40, 60, 80, 100] }));
      if (round !== 2) continue;
      await (cleanups.pop()?.() as Promise<void>);
      alerts = open();
    }
    const all = alerts.listAlerts({}).reverse();
    expect(all).toHaveLength(3 * 6 * 5 * 2);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    await expect.poll(() => alerts.listAlerts({ state: 'waiting' }).length, patience).toBe(0);
    const attempts = alerts.listAlerts({}).reduce((sum, alert) => sum + alert.attempts, 0);
    expect(attempts).toBeGreaterThan(1.2 * all.length);
    for (const id of ids) {
      const received = receiver.received.filter(({ payload }) => payload?.data['budget'] === id);
      const inEffect = [...new Set(received.map((webhook) => webhook.id))];
      expect(inEffect).toEqual(all.filter((alert) => alert.budget === id).map((alert) => alert.id));
    }
  }, 90_000);

  it('ends in the list of dead alerts, from which it is sent again with the same id', async () => {
    receiver.answerAll((response) => response.writeHead(500).end());
    const alerts = open({ maxAttempts: 3 });
    usedBytes = 850;
    await alerts.putBudget(budget('b'));
    await expect
      .poll(() => alerts.listAlerts({ state: 'dead' }), patience)
      .toMatchObject([
        { stepPercent: 80, state: 'dead', attempts: 3, lastError: 'status 500', deliveredMs: null },
      ]);
    expect(alerts.listAlerts({ state: 'delivered' })).toEqual([]);
    receiver.answerAll(undefined);
    usedBytes = 1_000;
    await alerts.putBudget(budget('b'));
    const steps = () => alerts.listAlerts({ state: 'delivered' }).map(({ stepPercent }) => stepPercent);
    await expect.poll(steps, patience).toEqual([100]);
    const [dead] = alerts.listAlerts({ state: 'dead' });
    expect(alerts.retryAlert(dead!.id)).toMatchObject({ id: dead!.id, state: 'waiting' });
    await expect.poll(steps, patience).toEqual([100, 80]);
    expect(receiver.received.at(-1)?.id).toBe(dead!.id);
    expect(() => alerts.retryAlert(dead!.id)).toThrow(/only one that is dead/);
    expect(() => alerts.retryAlert('msg_none')).toThrow(/no alert msg_none/);
  });

  it('goes to nobody but whom the budget names, wherever the receiver sends it on to', async () => {
    const other = await createWebhookReceiver();
    cleanups.push(other.close);
    receiver.answerAll((response) => response.writeHead(307, { location: other.url }).end());
    const alerts = open({ maxAttempts: 2 });
    usedBytes = 850;
    await alerts.putBudget(budget('moved'));
    await expect
      .poll(() => alerts.listAlerts({ state: 'dead' }), patience)
      .toMatchObject([{ attempts: 2, lastError: 'status 307, a redirect, which is not followed' }]);
    expect(other.received).toEqual([]);
  });

  it('of one budget does not wait for the receiver of another that hangs', async () => {
    receiver.answerNext(() => undefined);
    const alerts = open({ attemptTimeoutMs: 30_000 });
    usedBytes = 850;
    await alerts.putBudget(budget('hangs'));
    await expect.poll(() => receiver.received.length, patience).toBe(1);
    await alerts.putBudget(budget('quick'));
    await expect
      .poll(() => alerts.listAlerts({ state: 'delivered' }).map((alert) => alert.budget), patience)
      .toEqual(['quick']);
    expect(alerts.listAlerts({ budget: 'hangs' })).toMatchObject([{ state: 'waiting', attempts: 0 }]);
  });

  it('tells what a schedule found once, to those whom the operator configured', async () => {
    receiver.answerNext((response) => response.writeHead(500).end());
    const alerts = open({ receivers: { webhook: { url: receiver.url, secret } } });
    const facts = { schedule: 'nightly', savedQuery: 'traffic', dueMs: 5, threshold: 10, value: 12 };
    const notice = { id: 'schedule:nightly:5', ...facts, direction: 'above' as const };
    const id = alerts.tell(notice);
    expect(alerts.tell(notice)).toBe(id);
    await expect
      .poll(() => alerts.listNotices({ state: 'delivered' }), patience)
      .toMatchObject([
        { ...facts, id, direction: 'above', attempts: 2, deliveries: [{ channel: 'webhook' }] },
      ]);
    expect(alerts.listAlerts({})).toEqual([]);
    expect(receiver.received).toMatchObject([{}, { payload: { type: 'schedule.result', data: facts } }]);
    await (cleanups.pop()?.() as Promise<void>);
    const alone = open();
    alone.tell({ ...notice, id: 'schedule:nightly:6' });
    expect(alone.listNotices({ state: 'listed' })).toHaveLength(1);
  });

  it('goes by the channels that a step names, and is only listed where there is none', async () => {
    const alerts = open({ smtp: { host: '127.0.0.1', port: 9, secure: false, from: 'a@b.example' } });
    usedBytes = 1_000;
    const steps = [{ percent: 50, channels: [] }, { percent: 80, channels: ['webhook'] }, { percent: 100 }];
    await alerts.putBudget(budget('b', { steps, email: ['ops@studio.example'] }));
    const channels = alerts.listAlerts({}).map(({ deliveries }) => deliveries.map(({ channel }) => channel));
    expect(channels).toEqual([['webhook', 'email'], ['webhook'], []]);
    expect(alerts.listAlerts({ state: 'listed' }).map(({ stepPercent }) => stepPercent)).toEqual([50]);
    await alerts.putBudget(budget('b', { steps }));
    expect(alerts.listAlerts({ state: 'abandoned' }).map(({ stepPercent }) => stepPercent)).toEqual([]);
    expect(alerts.listAlerts({})[0]?.deliveries.find(({ channel }) => channel === 'email')).toMatchObject({
      state: 'abandoned',
      lastError: 'the budget has no email any more',
    });
  });
});
