import { join } from 'node:path';
import {
  accountingEndpoints,
  budgetSchema,
  createClient,
  createHttpClient,
  type Query,
  type QueryResult,
} from '@fairhop/shared/contract';
import { FairhopError } from '@fairhop/shared/model';
import { createAuthenticator, createHttpService, createLog, staticTokens } from '@fairhop/shared/service';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTestDirectory } from '../fixture/service.js';
import type { Alerts } from './alerts.js';
import { createAlertsFixture } from './fixture.js';
import { addAlertRoutes } from './routes.js';

/** For what happens soon, on a machine that is busy. */
const patience = { timeout: 15_000 };
const found = {
  ...{ measure: 'bytes', unit: 'bytes', value: 300, rowsAddUp: true, answeredBy: 'test' },
  rows: [{ key: { kind: 'edge-to-client', belief: 'edge' }, value: 300 }],
  ...{ fromMs: null, toMs: null },
} as const satisfies QueryResult;

let cleanups: (() => unknown)[] = [];
let alerts: Alerts;
let usedBytes: number;
let askToList: (query: Query) => Promise<QueryResult>;
let listAs: (token: string) => ReturnType<ReturnType<typeof clientOf>['listBudgets']>;

const clientOf = (http: ReturnType<typeof createHttpClient>, baseUrl: string, token: string) =>
  createClient(accountingEndpoints, { http, baseUrl, token });

beforeEach(async () => {
  const directory = createTestDirectory();
  usedBytes = 0;
  askToList = async () => found;
  const fixture = createAlertsFixture({
    ...{ file: join(directory.path, 'alerts.db'), usedBytes: () => usedBytes },
    askToList: (query) => askToList(query),
  });
  ({ alerts } = fixture);
  const verify = staticTokens([
    { token: 'operator', principal: { kind: 'operator', id: 'operator' } },
    { token: 'studio', principal: { kind: 'owner', id: 'studio' } },
  ]);
  const service = createHttpService({
    ...{ name: 'test', host: '127.0.0.1', port: 0, bodyLimitBytes: 1_000, stopGraceMs: 0 },
    log: createLog({ name: 'test', level: 'silent' }),
  });
  service.routes((app) => addAlertRoutes(app, { alerts, auth: createAuthenticator({ verify }) }));
  await service.start();
  const http = createHttpClient();
  listAs = (token) => clientOf(http, service.url, token).listBudgets({});
  cleanups = [directory.remove, fixture.stop, service.stop, () => http.close()];
  for (const owner of ['other', 'studio']) await alerts.putBudget(budgetOf(owner));
});
afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

const budgetOf = (owner: string) =>
  budgetSchema.parse({ id: `b-${owner}`, owner, limitBytes: 1_000, period: 'total' });

it('asks for nothing of others where an owner lists its budgets', async () => {
  const asked: unknown[] = [];
  askToList = async ({ owner }) => {
    asked.push(owner);
    return found;
  };
  expect((await listAs('studio')).budgets).toMatchObject([{ id: 'b-studio', usedBytes: 300, error: null }]);
  expect(asked).toEqual(['studio']);
  expect((await listAs('operator')).budgets.map(({ id }) => id)).toEqual(['b-other', 'b-studio']);
});

it('shows with a budget why it could not be measured, and the others as ever', async () => {
  const failures: Record<string, Error> = {
    studio: new FairhopError('reading-timeout', 'the ledger could not be read', { status: 503 }),
    other: new Error('disk I/O error at /var/lib'),
  };
  const unknown = { usedBytes: null, pendingBytes: null, forecastBytes: null, activeSteps: [] };
  for (const failing of ['studio', 'other']) {
    askToList = async ({ owner }) => {
      if (owner === failing) throw failures[failing]!;
      return found;
    };
    const { budgets } = await listAs('operator');
    const other = budgets.filter(({ owner }) => owner !== failing);
    expect(other).toMatchObject([{ usedBytes: 300, pendingBytes: 0, error: null }]);
    const code = failing === 'studio' ? 'reading-timeout' : 'internal';
    const failed = budgets.filter(({ owner }) => owner === failing);
    expect(failed).toMatchObject([{ ...unknown, error: { code } }]);
    expect(JSON.stringify(failed)).not.toContain('/var/lib');
  }
});

it('gives reports their turn between budgets, also where none can be measured', async () => {
  askToList = async () => {
    throw new FairhopError('readings-overloaded', 'too many wait', { status: 503 });
  };
  let turns = 0;
  const count = (): void => {
    turns += 1;
    immediate = setImmediate(count);
  };
  let immediate = setImmediate(count);
  const { budgets } = await alerts.listBudgets();
  clearImmediate(immediate);
  expect(turns).toBeGreaterThanOrEqual(budgets.length);
});

it('finds the steps that are reached, however many lists wait for their answers', async () => {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  askToList = () => released.then(() => found);
  alerts.start();
  const lists = Array.from({ length: 80 }, () => listAs('studio'));
  usedBytes = 900;
  alerts.noteBooked(['studio']);
  await expect
    .poll(() => alerts.listAlerts({ budget: 'b-studio' }), patience)
    .toMatchObject([{ stepPercent: 80, usedBytes: 900 }]);
  release();
  const answers = await Promise.all(lists);
  expect(answers.map(({ budgets }) => budgets[0]?.usedBytes)).toEqual(new Array(80).fill(300));
});
