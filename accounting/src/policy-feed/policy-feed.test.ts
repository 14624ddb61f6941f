import { coordinatorPolicyEndpoints } from '@fairhop/shared/contract';
import type { Policy } from '@fairhop/shared/model';
import {
  createHttpService,
  createLog,
  createManualClock,
  type HttpService,
  route,
} from '@fairhop/shared/service';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createPolicyFeed, type PolicyFeed, type PolicyFeedDependencies } from './index.js';

const log = createLog({ name: 'test', level: 'silent' });
const TOKEN = 'the-coordinators-operator-token';
const nowMs = Date.parse('2026-11-20T12:03:00Z');
const at = (time: string): number => Date.parse(`2026-11-20T${time}:00Z`);
const policy: Policy = {
  ...{ id: 'evening', component: 'link:as:64501>as:64502', capacityBitsPerSecond: 1_000_000 },
  ...{ scope: { kind: 'all' }, releasePercent: 90, setBy: 'operator', createdMs: 1, changedMs: 1 },
};
const pair = { source: '192.0.2.1', destination: '198.51.100.1' };
const endpoint = coordinatorPolicyEndpoints.feedPolicies;

interface Told {
  readonly loads: readonly unknown[];
  readonly ways: readonly unknown[];
  readonly components: readonly unknown[];
}

let coordinator: HttpService;
let told: Told[];
let asked: { policies: Policy[]; pairs: (typeof pair)[]; components: string[] };
let feed: PolicyFeed | undefined;
let clock: ReturnType<typeof createManualClock>;

beforeEach(async () => {
  clock = createManualClock(nowMs);
  told = [];
  asked = { policies: [policy], pairs: [pair], components: ['router:core.sp1.example'] };
  coordinator = createHttpService({
    ...{ name: 'coordinator', host: '127.0.0.1', port: 0, log, bodyLimitBytes: 256 * 1024, stopGraceMs: 0 },
    rateLimit: { max: 10_000, timeWindowMs: 60_000 },
  });
  coordinator.routes((app) =>
    route(app, endpoint, {}, ({ body, request }) => {
      expect(request.headers.authorization).toBe(`Bearer ${TOKEN}`);
      told.push(body);
      return told.length === 1 ? asked : { ...asked, pairs: [], components: [] };
    }),
  );
  await coordinator.start();
});
afterEach(async () => {
  await feed?.stop();
  await coordinator.stop();
});

const startFeed = (
  coordinatorToken: string | undefined,
  changes: Partial<PolicyFeedDependencies> = {},
): void => {
  feed = createPolicyFeed(
    { coordinatorUrl: coordinator.url, coordinatorToken, intervalMs: 20 },
    {
      ...{ log, clock },
      // 5 minutes at 800 kbit/s.
      bookedBytes: async () => 30_000_000,
      componentsBetween: async () => ['as:64501', 'peering:as:64501>as:64502/lon-1'],
      factOf: async () => ({ known: true, owner: 'sp1' }),
      ...changes,
    },
  );
  feed.start();
};
const loads = () => told.flatMap((one) => one.loads);

it('tells what it is asked for, and the load of each 5 minutes once, when all of it is booked', async () => {
  startFeed(TOKEN);
  await expect.poll(() => told.length).toBeGreaterThan(3);
  expect(told.flatMap(({ ways }) => ways)).toEqual([
    { ...pair, components: ['as:64501', 'peering:as:64501>as:64502/lon-1'] },
  ]);
  expect(told.flatMap(({ components }) => components)).toEqual([
    { id: 'router:core.sp1.example', known: true, owner: 'sp1' },
  ]);
  const load = { policy: 'evening', bitsPerSecond: 800_000 };
  expect(loads()).toEqual([{ ...load, fromMs: at('11:55'), toMs: at('12:00') }]);
  clock.advance(3 * 60_000);
  const before = told.length;
  await expect.poll(() => told.length).toBeGreaterThan(before + 2);
  expect(loads()).toHaveLength(1);
  clock.advance(60_000);
  await expect.poll(() => loads().length).toBe(2);
  expect(loads()[1]).toEqual({ ...load, fromMs: at('12:00'), toMs: at('12:05') });
});

it('leaves out what cannot be found out, and tells all else of policies, ways and components', async () => {
  asked = {
    policies: [{ ...policy, id: 'broken' }, policy],
    pairs: [{ source: '192.0.2.9', destination: '198.51.100.9' }, pair],
    components: ['router:broken.sp1.example', 'router:core.sp1.example'],
  };
  let isBroken = true;
  const unlessBroken = async <Answer>(isAsked: boolean, answer: Answer): Promise<Answer> => {
    if (isAsked && isBroken) throw new Error('it cannot be read');
    return answer;
  };
  startFeed(TOKEN, {
    bookedBytes: ({ id }) => unlessBroken(id === 'broken', 30_000_000),
    componentsBetween: (source) => unlessBroken(source === '192.0.2.9', ['as:64501']),
    factOf: (id) => unlessBroken(id.includes('broken'), { known: true, owner: null }),
  });
  await expect.poll(() => told.length).toBeGreaterThan(2);
  const load = { bitsPerSecond: 800_000, fromMs: at('11:55'), toMs: at('12:00') };
  expect(loads()).toEqual([{ policy: 'evening', ...load }]);
  expect(told.flatMap(({ ways }) => ways)).toEqual([{ ...pair, components: ['as:64501'] }]);
  expect(told.flatMap(({ components }) => components)).toMatchObject([{ id: 'router:core.sp1.example' }]);
  isBroken = false;
  clock.advance(15_000);
  await expect.poll(loads).toContainEqual({ policy: 'broken', ...load });
});

it('tells nothing without a token', async () => {
  startFeed(undefined);
  await feed!.stop();
  expect(told).toEqual([]);
});
