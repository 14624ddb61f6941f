import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { budgetSchema } from '@fairhop/shared/contract';
import { createManualClock, openDatabase } from '@fairhop/shared/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestCoordinator } from '../fixture/coordinator.js';
import { createTestReporter, edgeTransfer, type TestReporter } from '../fixture/reporter.js';
import { createTestDirectory, startTestService, type TestService } from '../fixture/service.js';
import { createWebhookReceiver, secret, type WebhookReceiver } from '../fixture/webhook-receiver.js';
import { alertMigrations } from './alert-schema.js';
import { createAlertStore } from './alert-store.js';
import { createBudgetStore } from './budget-store.js';
import { createAlertsFixture } from './fixture.js';
import { createMessageStore } from './message-store.js';
import { retryDelayMs } from './retry-delay.js';

/** For what happens soon, on a machine that is busy. */
const patience = { timeout: 15_000 };

const owner = 'moviestudio';
let cleanups: (() => unknown)[] = [];
let directory: ReturnType<typeof createTestDirectory>;
let receiver: WebhookReceiver;

beforeEach(async () => {
  directory = createTestDirectory();
  receiver = await createWebhookReceiver();
  cleanups = [directory.remove, receiver.close];
});
afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

const startService = async (): Promise<{ accounting: TestService; edge: TestReporter }> => {
  const coordinator = await createTestCoordinator(Date.now);
  cleanups.push(coordinator.close);
  const accounting = await startTestService({
    asGraphFile: directory.graphFile,
    dataDirectory: directory.dataDirectory,
    coordinatorUrl: coordinator.url,
    webhookRetryBaseMs: 100,
    webhookTimeoutMs: 500,
  });
  cleanups.push(accounting.stop);
  return { accounting, edge: createTestReporter(coordinator, 'edge', () => accounting.url) };
};

const budgetBody = (url = receiver.url) => ({
  owner,
  limitBytes: 1_000,
  period: 'total' as const,
  webhook: { url, secret },
});
const transfer = (bytes: number) =>
  edgeTransfer({ bytes, startMs: Date.now() - 2_000, endMs: Date.now() - 1_000 });
const deliveredSteps = async ({ client }: TestService): Promise<number[]> => {
  const { alerts } = await client.listAlerts({ query: {} });
  return alerts.filter(({ deliveredMs }) => deliveredMs !== null).map(({ stepPercent }) => stepPercent);
};

describe('budgets and their alerts', () => {
  it('tell each step once, in order, signed, after tries that failed', async () => {
    const { accounting, edge } = await startService();
    const elsewhere = receiver.url.replace('/hook', '/elsewhere');
    receiver.answerNext(
      (response) => response.writeHead(500).end('no'),
      (response) => response.writeHead(307, { location: elsewhere }).end(),
      (response) => response.destroy(),
    );
    const shown = await accounting.client.putBudget({ params: { id: 'movies' }, body: budgetBody() });
    expect(shown).toMatchObject({ usedBytes: 0, stepsPercent: [80, 100], webhookUrl: receiver.url });
    expect(JSON.stringify(shown)).not.toContain(secret);

    await edge.post([transfer(799)]);
    await edge.post([transfer(1)]);
    await expect.poll(() => deliveredSteps(accounting), patience).toEqual([80]);
    await edge.post([transfer(500)]);
    await expect.poll(() => deliveredSteps(accounting), patience).toEqual([100, 80]);
    await edge.post([transfer(5_000)]);

    const { alerts } = await accounting.client.listAlerts({ query: { budget: 'movies' } });
    expect(alerts).toMatchObject([
      {
        budget: 'movies',
        stepPercent: 100,
        thresholdBytes: 1_000,
        usedBytes: 1_300,
        attempts: 1,
        lastError: null,
      },
      {
        budget: 'movies',
        stepPercent: 80,
        thresholdBytes: 800,
        usedBytes: 800,
        attempts: 4,
        lastError: null,
      },
    ]);
    const [first, ...others] = receiver.received.map(({ id }) => id);
    expect(others).toEqual([first, first, first, alerts[0]?.id]);
    expect(first).toBe(alerts[1]?.id);
    expect(receiver.received.every(({ path }) => path === '/hook')).toBe(true);
    expect(receiver.received[3]?.payload).toMatchObject({
      type: 'budget.step-reached',
      data: { budget: 'movies', owner, stepPercent: 80, limitBytes: 1_000, usedBytes: 800 },
    });
    const { budgets } = await accounting.client.listBudgets({});
    expect(budgets).toMatchObject([{ id: 'movies', usedBytes: 6_300 }]);
  });

  it('list a failure with its reason, and give up waiting for a receiver that does not answer', async () => {
    const { accounting, edge } = await startService();
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    cleanups.push(() => {
      silent.closeAllConnections();
      silent.close();
    });
    await once(silent, 'listening');
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`;
    await accounting.client.putBudget({ params: { id: 'movies' }, body: budgetBody(url) });
    await edge.post([transfer(900)]);
    const lastError = async () => (await accounting.client.listAlerts({ query: {} })).alerts[0]?.lastError;
    await expect.poll(lastError, patience).toMatch(/timeout/i);
    await accounting.client.putBudget({ params: { id: 'movies' }, body: budgetBody() });
    await expect.poll(() => deliveredSteps(accounting), patience).toEqual([80]);
  });

  it('deliver after a restart what was recorded before it, with the same id', async () => {
    const first = await startService();
    const gone = await createWebhookReceiver();
    await gone.close();
    await first.accounting.client.putBudget({ params: { id: 'movies' }, body: budgetBody(gone.url) });
    await first.edge.post([transfer(1_000)]);
    const { client } = first.accounting;
    const attempts = async () =>
      (await client.listAlerts({ query: {} })).alerts.map(({ attempts }) => attempts > 0);
    // The second waits for the first: a receiver hears of 80 % before 100 %.
    await expect.poll(attempts, patience).toEqual([false, true]);
    const before = (await client.listAlerts({ query: {} })).alerts;
    await client.putBudget({ params: { id: 'movies' }, body: budgetBody() });
    await cleanups.pop()?.();
    const { accounting } = await startService();
    await expect.poll(() => deliveredSteps(accounting), patience).toEqual([100, 80]);
    expect(new Set(receiver.received.map(({ id }) => id))).toEqual(new Set(before.map(({ id }) => id)));
  });

  it('are removed with what is still to be told of them, and what was told stays listed', async () => {
    const { accounting, edge } = await startService();
    await accounting.client.putBudget({ params: { id: 'movies' }, body: budgetBody() });
    await edge.post([transfer(800)]);
    await expect.poll(() => deliveredSteps(accounting), patience).toEqual([80]);
    expect(await accounting.client.removeBudget({ params: { id: 'movies' } })).toEqual({ id: 'movies' });
    await expect(accounting.client.removeBudget({ params: { id: 'movies' } })).rejects.toMatchObject({
      code: 'budget-unknown',
      status: 404,
    });
    expect(await deliveredSteps(accounting)).toEqual([80]);
  });

  it('hold nothing against a budget that another had under the same name', async () => {
    const { accounting, edge } = await startService();
    const gone = await createWebhookReceiver();
    await gone.close();
    const params = { id: 'movies' };
    await accounting.client.putBudget({ params, body: budgetBody(gone.url) });
    await edge.post([transfer(900), { ...transfer(950), title: 'otherstudio/clip.mp4' }]);
    const list = async () => (await accounting.client.listAlerts({ query: {} })).alerts;
    await expect
      .poll(async () => (await list()).map(({ attempts }) => attempts > 0), patience)
      .toEqual([true]);
    const [old] = await list();
    await accounting.client.removeBudget({ params });
    await accounting.client.putBudget({ params, body: { ...budgetBody(), owner: 'otherstudio' } });
    await expect.poll(() => deliveredSteps(accounting), patience).toEqual([80]);
    expect(receiver.received.map(({ payload }) => payload?.data['owner'])).toEqual(['otherstudio']);
    expect((await list()).find(({ id }) => id === old?.id)).toMatchObject({
      deliveredMs: null,
      lastError: 'the budget was removed',
    });
  });

  it('refuse what is no budget', async () => {
    const { accounting } = await startService();
    const put = (change: object) =>
      accounting.client.putBudget({ params: { id: 'movies' }, body: { ...budgetBody(), ...change } });
    for (const change of [
      { limitBytes: -1 },
      { limitBytes: 2 ** 60 },
      { timeZone: 'Atlantis/Capital' },
      { stepsPercent: [] },
      { webhook: { url: 'file:///etc/passwd', secret } },
      { webhook: { url: receiver.url, secret: 'hush' } },
    ]) {
      await expect(put(change)).rejects.toMatchObject({ code: 'invalid-request', status: 400 });
    }
  });
});

describe('alerts', () => {
  it('send what a killed process had recorded and not sent', async () => {
    const file = join(directory.path, 'alerts.db');
    const database = openDatabase(file, alertMigrations, { synchronous: 'FULL' });
    const nowMs = Date.now();
    const budget = createBudgetStore(database).put(
      budgetSchema.parse({ ...budgetBody(), id: 'movies' }),
      nowMs,
    );
    const [recorded] = createAlertStore(database, createMessageStore(database, { maxAttempts: 5 })).record(
      budget,
      [{ kind: 'reached', stepPercent: 80, occurrence: 1, status: 'active', reason: null }],
      { periodStartMs: 0, usedBytes: 900, forecastBytes: null, nowMs },
    );
    database.close();
    const { alerts, stop } = createAlertsFixture({ file, usedBytes: () => 900 });
    cleanups.push(stop);
    alerts.start();
    await expect
      .poll(() => alerts.listAlerts({}).map(({ deliveredMs }) => deliveredMs !== null), patience)
      .toEqual([true]);
    expect(receiver.received.map(({ id }) => id)).toEqual([recorded?.id]);
  });

  it('keep budgets and alerts of a database from before there were forecasts', async () => {
    const file = join(directory.path, 'alerts.db');
    const [first] = alertMigrations;
    const database = openDatabase(file, [first!], { synchronous: 'FULL' });
    database
      .prepare("INSERT INTO budget VALUES ('m', 'moviestudio', 1000, 'total', 'UTC', '[50, 80]', ?, ?, 5)")
      .run(receiver.url, secret);
    const insert = database.prepare(
      `INSERT INTO alert VALUES (?, 'm', ?, 0, '[]', ?, 850, 7, '{"type":"budget.step-reached"}', ?, 1, ?, NULL)`,
    );
    insert.run('msg_told', 50, 500, 8, null);
    insert.run('msg_waits', 80, 800, null, 8);
    database.close();
    const { alerts, stop } = createAlertsFixture({ file, usedBytes: () => 850 });
    cleanups.push(stop);
    alerts.start();
    const told = () => alerts.listAlerts({}).map(({ id, state, stepPercent }) => [id, state, stepPercent]);
    await expect.poll(told, patience).toEqual([
      ['msg_waits', 'delivered', 80],
      ['msg_told', 'delivered', 50],
    ]);
    expect(receiver.received.map(({ id }) => id)).toEqual(['msg_waits']);
    expect((await alerts.listBudgets()).budgets).toMatchObject([
      {
        id: 'm',
        stepsPercent: [50, 80],
        activeSteps: [50, 80],
        direction: 'above',
        webhookUrl: receiver.url,
      },
    ]);
  });

  it('begin anew with each period, resolve the one before, and still count what comes late to it', async () => {
    const clock = createManualClock(Date.parse('2026-11-30T23:00:00Z'));
    const used = new Map<number, number>();
    const { alerts, stop } = createAlertsFixture({
      file: join(directory.path, 'alerts.db'),
      clock,
      usedBytes: (fromMs) => used.get(fromMs) ?? 0,
    });
    cleanups.push(stop);
    const october = Date.parse('2026-10-01T00:00:00Z');
    const november = Date.parse('2026-11-01T00:00:00Z');
    const december = Date.parse('2026-12-01T00:00:00Z');
    used.set(october, 5_000).set(november, 850);
    const put = () => alerts.putBudget(budgetSchema.parse({ ...budgetBody(), id: 'm', period: 'month' }));
    const told = () =>
      alerts
        .listAlerts({})
        .map((alert) => [alert.periodStartMs, alert.stepPercent, alert.kind, alert.reason]);
    expect(await put()).toMatchObject({ periodStartMs: november, usedBytes: 850, activeSteps: [80] });
    expect(told()).toEqual([[november, 80, 'reached', null]]);
    clock.advance(2 * 3_600_000);
    used.set(november, 1_000).set(december, 900);
    expect(await put()).toMatchObject({ periodStartMs: december, activeSteps: [80] });
    const all = [
      [december, 80, 'reached', null],
      [november, 80, 'resolved', 'period-ended'],
      [november, 100, 'reached', null],
      [november, 80, 'reached', null],
    ];
    expect(told()).toEqual(all);
    await put();
    expect(told()).toEqual(all);
  });
});

describe('retryDelayMs', () => {
  const bounds = { baseMs: 1_000, maxMs: 3_600_000 };

  it('doubles up to an hour, half of it random', () => {
    expect([1, 2, 3].map((attempt) => retryDelayMs(attempt, bounds, 0))).toEqual([500, 1_000, 2_000]);
    expect(retryDelayMs(1, bounds, 0.999)).toBe(1_000);
    expect(retryDelayMs(59, bounds, 0.999_999)).toBeLessThanOrEqual(3_600_000);
  });
});
