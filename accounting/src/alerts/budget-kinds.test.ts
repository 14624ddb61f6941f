import { join } from 'node:path';
import { budgetSchema } from '@fairhop/shared/contract';
import { createManualClock, type ManualClock } from '@fairhop/shared/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDirectory } from '../fixture/service.js';
import type { Alerts } from './alerts.js';
import { createAlertsFixture } from './fixture.js';

const dayMs = 24 * 3_600_000;
const november = Date.parse('2026-11-01T00:00:00Z');
const december = Date.parse('2026-12-01T00:00:00Z');

let cleanups: (() => unknown)[] = [];
let file: string;
let clock: ManualClock;
/** Each with its time. */
let traffic: { timeMs: number; bytes: number }[];
let alerts: Alerts;

const open = (): void => {
  const fixture = createAlertsFixture({
    ...{ file, clock },
    usedBytes: (fromMs, toMs) =>
      traffic
        .filter(({ timeMs }) => timeMs >= fromMs && (toMs === null || timeMs < toMs))
        .reduce((sum, { bytes }) => sum + bytes, 0),
  });
  alerts = fixture.alerts;
  cleanups.push(fixture.stop);
};
const close = async (): Promise<void> => {
  await (cleanups.pop()?.() as Promise<void>);
};

beforeEach(() => {
  const directory = createTestDirectory();
  cleanups = [directory.remove];
  file = join(directory.path, 'alerts.db');
  clock = createManualClock(november);
  traffic = [];
  open();
});
afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

const put = (change: object = {}) =>
  alerts.putBudget(
    budgetSchema.parse({ id: 'b', owner: 'studio', limitBytes: 3_000, period: 'month', ...change }),
  );
/** Oldest first. */
const told = (): string[] =>
  alerts
    .listAlerts({})
    .map(({ kind, stepPercent, reason }) => `${kind} ${stepPercent}${reason === null ? '' : ` ${reason}`}`)
    .reverse();
const useDaily = (bytes: number, days: number): void => {
  for (let day = 0; day < days; day += 1) {
    traffic.push({ timeMs: clock.nowMs(), bytes });
    clock.advance(dayMs);
  }
};

describe('a budget by forecast', () => {
  const forecast = { basis: 'forecast', hysteresisPercent: 10, stepsPercent: [100] };

  it('tells that the limit will be reached long before, and resolves it when use goes down', async () => {
    expect(await put(forecast)).toMatchObject({ forecastBytes: null });
    useDaily(99, 10);
    expect(await put(forecast)).toMatchObject({ usedBytes: 990, forecastBytes: 2_970 });
    expect(told()).toEqual([]);
    useDaily(103, 7);
    expect(await put(forecast)).toMatchObject({ forecastBytes: 1_711 + 103 * 13, activeSteps: [100] });
    expect(alerts.listAlerts({})).toMatchObject([
      { kind: 'reached', stepPercent: 100, usedBytes: 1_711, forecastBytes: 3_050, thresholdBytes: 3_000 },
    ]);
    useDaily(90, 3);
    await put(forecast);
    expect(told()).toEqual(['reached 100']);
    useDaily(10, 7);
    expect(await put(forecast)).toMatchObject({ usedBytes: 2_051, forecastBytes: 2_081, activeSteps: [] });
    expect(told()).toEqual(['reached 100', 'resolved 100 usage']);
  });
});

describe('a budget that is to be used', () => {
  it('tells an hour after the end that use stayed below, and resolves it when late reports come', async () => {
    const below = { direction: 'below', stepsPercent: [80, 100] };
    await put(below);
    useDaily(70, 30);
    expect(clock.nowMs()).toBe(december);
    await put(below);
    expect(told()).toEqual([]);
    clock.advance(3_600_000);
    await put(below);
    expect(told()).toEqual(['reached 100', 'reached 80']);
    await put(below);
    traffic.push({ timeMs: november + 1, bytes: 450 });
    await put(below);
    expect(told()).toEqual(['reached 100', 'reached 80', 'resolved 80 usage']);
    clock.advance(31 * dayMs);
    traffic.push({ timeMs: december, bytes: 3_000 });
    await put(below);
    expect(told().slice(3)).toEqual(['resolved 100 period-ended']);
  });

  it('tells by forecast while there is time to do something about it', async () => {
    const below = { direction: 'below', basis: 'forecast', stepsPercent: [100] };
    await put(below);
    useDaily(50, 7);
    await put(below);
    expect(told()).toEqual(['reached 100']);
    useDaily(200, 7);
    await put(below);
    expect(told()).toEqual(['reached 100', 'resolved 100 usage']);
  });
});

describe('a step', () => {
  it('is resolved when the limit is raised by more than the hysteresis, and armed again', async () => {
    traffic.push({ timeMs: november, bytes: 2_400 });
    await put();
    expect(told()).toEqual(['reached 80']);
    await put({ limitBytes: 3_100 });
    expect(told()).toEqual(['reached 80']);
    expect(await put({ limitBytes: 4_000 })).toMatchObject({ activeSteps: [] });
    traffic.push({ timeMs: november, bytes: 800 });
    await put({ limitBytes: 4_000 });
    expect(told()).toEqual(['reached 80', 'resolved 80 usage', 'reached 80']);
    expect(alerts.listAlerts({}).map(({ occurrence }) => occurrence)).toEqual([2, 1, 1]);
    expect(new Set(alerts.listAlerts({}).map(({ id }) => id)).size).toBe(3);
  });

  it('is resolved when the budget has it no more, or counts something else', async () => {
    traffic.push({ timeMs: november, bytes: 3_000 });
    await put();
    await put({ stepsPercent: [80] });
    expect(told()).toEqual(['reached 80', 'reached 100', 'resolved 100 budget-changed']);
    clock.advance(1);
    await put({ stepsPercent: [80], owner: 'other' });
    expect(told().slice(3)).toEqual(['resolved 80 budget-changed', 'reached 80']);
    // Of the one before nobody else is told.
    expect(alerts.listAlerts({ owner: 'studio' })).toHaveLength(4);
    expect(alerts.listAlerts({ owner: 'other', budget: 'b' })).toMatchObject([{ kind: 'reached' }]);
  });

  it('is told of all periods that ended while nobody looked', async () => {
    traffic.push({ timeMs: november, bytes: 3_000 });
    await put();
    await close();
    clock.advance(100 * dayMs);
    open();
    expect(await put()).toMatchObject({ usedBytes: 0, activeSteps: [] });
    expect(told().slice(2)).toEqual(['resolved 100 period-ended', 'resolved 80 period-ended']);
  });
});

describe('a budget that cannot be', () => {
  it.each([
    [{ title: 'other/film' }, 'title'],
    [{ steps: [{ percent: 80 }], stepsPercent: [80] }, 'stepsPercent'],
    [{ steps: [{ percent: 80 }, { percent: 80, action: 'stop' }] }, 'steps'],
    [{ period: 'total', basis: 'forecast' }, 'period'],
    [{ period: 'total', direction: 'below' }, 'period'],
    [{ direction: 'below', steps: [{ percent: 80, action: 'stop' }] }, 'steps'],
    [{ steps: [{ percent: 80, action: 'off-peak-only' }] }, 'offPeakHours'],
    [{ steps: [{ percent: 80, action: 'priority-customers-only' }], priority: { isps: [] } }, 'priority'],
    [{ steps: [{ percent: 80, channels: ['webhook'] }] }, 'webhook'],
    [{ steps: [{ percent: 80, channels: ['email'] }] }, 'email'],
  ])('is refused: %j', (change, path) => {
    const budget = { id: 'b', owner: 'studio', limitBytes: 1, period: 'month', ...change };
    const { error } = budgetSchema.safeParse(budget);
    expect(error?.issues.map((issue) => issue.path)).toEqual([[path]]);
  });

  it('needs a mail server for e-mail, and leave to tell the coordinator for actions', async () => {
    await expect(put({ email: ['ops@studio.example'] })).rejects.toMatchObject({
      code: 'smtp-not-configured',
    });
    await expect(put({ steps: [{ percent: 80, action: 'stop' }] })).rejects.toMatchObject({
      code: 'coordinator-token-missing',
    });
  });
});
