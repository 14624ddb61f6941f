import { join } from 'node:path';
import { type BudgetOrder, budgetSchema, coordinatorBudgetEndpoints } from '@fairhop/shared/contract';
import {
  createAuthenticator,
  createHttpService,
  createLog,
  createManualClock,
  type ManualClock,
  openDatabase,
  route,
  staticTokens,
} from '@fairhop/shared/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDirectory } from '../fixture/service.js';
import { alertMigrations } from './alert-schema.js';
import { createBudgetStore } from './budget-store.js';
import { createAlertsFixture } from './fixture.js';

/** For what happens soon, on a machine that is busy. */
const patience = { timeout: 15_000 };
const token = 'the-operator-of-the-coordinator';
const november = Date.parse('2026-11-01T00:00:00Z');
const december = Date.parse('2026-12-01T00:00:00Z');

let cleanups: (() => unknown)[] = [];
let file: string;
let usedBytes: number;
let coordinator: Awaited<ReturnType<typeof startCoordinator>>;
let clock: ManualClock;

/** The coordinator's side of it. */
const startCoordinator = async () => {
  const state = { revision: 0, orders: [] as readonly BudgetOrder[], failing: 0, puts: 0, looks: 0 };
  const log = createLog({ name: 'coordinator', level: 'silent' });
  const http = createHttpService({
    ...{ name: 'coordinator', host: '127.0.0.1', port: 0, log, operatorToken: token },
    bodyLimitBytes: 65_536,
    rateLimit: { max: 1_000, timeWindowMs: 60_000 },
  });
  const principal = { kind: 'operator', id: 'operator' } as const;
  const auth = createAuthenticator({ verify: staticTokens([{ token, principal }]) });
  http.routes((app) =>
    route(
      app,
      coordinatorBudgetEndpoints.putBudgetActions,
      { onRequest: auth.requirePrincipal(['operator']) },
      ({ body, reply }) => {
        state.puts += 1;
        if (state.failing > 0) {
          state.failing -= 1;
          reply.code(503);
          throw new Error('not now');
        }
        if (body.revision > state.revision) Object.assign(state, body);
        return { revision: state.revision };
      },
    ),
  );
  http.routes((app) =>
    route(
      app,
      coordinatorBudgetEndpoints.listBudgetActions,
      { onRequest: auth.requirePrincipal(['operator']) },
      () => {
        state.looks += 1;
        return { revision: state.revision, orders: [...state.orders] };
      },
    ),
  );
  await http.start();
  return Object.assign(state, { url: http.url, stop: http.stop });
};

beforeEach(async () => {
  const directory = createTestDirectory();
  coordinator = await startCoordinator();
  cleanups = [directory.remove, coordinator.stop];
  file = join(directory.path, 'alerts.db');
  usedBytes = 0;
  clock = createManualClock(november);
});
afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

const open = () => {
  const { url: coordinatorUrl } = coordinator;
  const fixture = createAlertsFixture({
    ...{ file, clock, coordinatorUrl, coordinatorToken: token },
    usedBytes: (fromMs) => (fromMs <= november ? usedBytes : 0),
  });
  cleanups.push(fixture.stop);
  fixture.alerts.start();
  return fixture.alerts;
};
const budget = (change: object = {}) =>
  budgetSchema.parse({
    ...{ id: 'b', owner: 'studio', limitBytes: 1_000, period: 'month', timeZone: 'UTC' },
    steps: [
      { percent: 50, action: 'no-peers' },
      { percent: 80, action: 'off-peak-only' },
      { percent: 90, action: 'priority-customers-only' },
      { percent: 100, action: 'stop' },
    ],
    offPeakHours: { from: '01:00', to: '06:00' },
    priority: { isps: ['sp1'] },
    ...change,
  });
const ordered = (): string[] => coordinator.orders.map(({ action }) => action);

describe('what budgets order', () => {
  it('is told to the coordinator until it takes it, step by step, and ends as the steps do', async () => {
    coordinator.failing = 2;
    const alerts = open();
    usedBytes = 500;
    await alerts.putBudget(budget());
    await expect.poll(ordered, patience).toEqual(['no-peers']);
    expect(coordinator.puts).toBeGreaterThanOrEqual(3);
    await expect
      .poll(async () => (await alerts.listBudgets()).actions, patience)
      .toEqual({
        ...{ inForce: 1, isTaken: true, lastError: null },
      });
    usedBytes = 1_000;
    await alerts.putBudget(budget({ title: 'studio/film', category: 'video' }));
    await expect.poll(ordered, patience).toHaveLength(4);
    const scope = {
      budget: 'b',
      owner: 'studio',
      title: 'studio/film',
      category: 'video',
      untilMs: december,
    };
    expect(coordinator.orders).toEqual([
      { ...scope, action: 'stop' },
      {
        ...{ ...scope, action: 'priority-customers-only' },
        priority: { isps: ['sp1'], agents: [], prefixes: [] },
      },
      { ...scope, action: 'off-peak-only', hours: { from: '01:00', to: '06:00', timeZone: 'UTC' } },
      { ...scope, action: 'no-peers' },
    ]);
    await alerts.putBudget(budget({ title: 'studio/film', category: 'video', limitBytes: 1_500 }));
    await expect.poll(ordered, patience).toEqual(['no-peers']);
    alerts.removeBudget('b');
    await expect.poll(ordered, patience).toEqual([]);
  });

  it('is told again after a restart, also to a coordinator that is ahead, and ends with the period', async () => {
    let alerts = open();
    usedBytes = 1_000;
    await alerts.putBudget(budget());
    await expect.poll(ordered, patience).toHaveLength(4);
    await (cleanups.pop()?.() as Promise<void>);
    // Another ledger told it something later: the one that speaks now is right.
    Object.assign(coordinator, { revision: coordinator.revision + 1_000_000, orders: [] });
    alerts = open();
    await expect.poll(ordered, patience).toHaveLength(4);
    clock.advance(december - clock.nowMs());
    await alerts.putBudget(budget());
    await expect.poll(ordered, patience).toEqual([]);
  });

  it('is not written again to a coordinator that has it', async () => {
    const alerts = open();
    usedBytes = 500;
    await alerts.putBudget(budget());
    await expect.poll(async () => (await alerts.listBudgets()).actions.isTaken, patience).toBe(true);
    await (cleanups.pop()?.() as Promise<void>);
    const { puts, looks } = coordinator;
    open();
    await expect.poll(() => coordinator.looks, patience).toBeGreaterThan(looks);
    expect(coordinator.puts).toBe(puts);
    expect(ordered()).toEqual(['no-peers']);
  });

  it('ends with a budget whose removal was cut off by a crash', async () => {
    const alerts = open();
    usedBytes = 1_000;
    await alerts.putBudget(budget());
    await expect.poll(ordered, patience).toHaveLength(4);
    await (cleanups.pop()?.() as Promise<void>);
    const database = openDatabase(file, alertMigrations, { synchronous: 'FULL' });
    createBudgetStore(database).remove('b');
    database.close();
    open();
    await expect.poll(ordered, patience).toEqual([]);
  });
});
