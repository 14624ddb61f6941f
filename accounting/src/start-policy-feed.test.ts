import {
  coordinatorPolicyEndpoints,
  type EndpointInput,
  type EndpointOutput,
} from '@fairhop/shared/contract';
import type { Policy, PolicyScope } from '@fairhop/shared/model';
import {
  createHttpService,
  createLog,
  createManualClock,
  type HttpService,
  route,
} from '@fairhop/shared/service';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Cleanups, createCleanups } from './cleanups.js';
import {
  batch,
  event,
  eventsMessage,
  openTestLedger,
  pathOf,
  START_MS,
  spOf,
  type TestLedger,
} from './ledger/test-support.js';
import { createQueryEngine } from './query/index.js';
import { startPolicyFeed } from './start-policy-feed.js';

const endpoint = coordinatorPolicyEndpoints.feedPolicies;
type Told = EndpointInput<typeof endpoint>['body'];
type Asked = EndpointOutput<typeof endpoint>;

const MINUTE_MS = 60_000;
const LINK = 'link:as:64501>as:64502';
const policyOf = (id: string, scope: PolicyScope): Policy => ({
  ...{ id, component: LINK, capacityBitsPerSecond: 1_000_000, scope },
  ...{ releasePercent: 90, setBy: 'operator', createdMs: 1, changedMs: 1 },
});
const seen = (component: string) =>
  ({ component, source: 'traceroute', confidence: 80, billable: false }) as const;

let test: TestLedger;
let coordinator: HttpService;
let cleanups: Cleanups;
let asked: Asked;
let told: Told[];

beforeEach(async () => {
  cleanups = createCleanups();
  test = await openTestLedger();
  cleanups.add(test.remove);
  told = [];
  coordinator = createHttpService({
    ...{ name: 'coordinator', host: '127.0.0.1', port: 0, bodyLimitBytes: 256 * 1024, stopGraceMs: 0 },
    ...{
      log: createLog({ name: 'test', level: 'silent' }),
      rateLimit: { max: 10_000, timeWindowMs: 60_000 },
    },
  });
  coordinator.routes((app) =>
    route(app, endpoint, {}, ({ body }) => {
      told.push(body);
      return told.length === 1 ? asked : { ...asked, pairs: [], components: [] };
    }),
  );
  await coordinator.start();
  cleanups.add(() => coordinator.stop());
});
afterEach(() => cleanups.run());

/** Over a ledger with one transfer from SP1 to SP2 in the 5 minutes that are over, and no declared topology. */
const start = (): void => {
  const way = pathOf([64_501, 64_502], spOf, { 'as:64501': [seen('router:core.sp1.example')] });
  test.ledger.book(batch([eventsMessage(0, event({ bytes: 30_000_000, path: way }))]));
  const engine = createQueryEngine({
    ledger: test.ledger,
    graph: () => ({ isp: () => ({}), autonomousSystem: () => ({}), isComponent: () => false }),
  });
  startPolicyFeed(
    { coordinatorUrl: coordinator.url, coordinatorToken: 'token' },
    {
      ...{ cleanups, log: createLog({ name: 'test', level: 'silent' }) },
      clock: createManualClock(START_MS + 7 * MINUTE_MS),
      knowledge: {
        paths: { resolver: () => ({ explain: async () => ({ path: way }) }) },
        networks: { owners: { of: () => [] }, components: { history: () => [] } },
      } as unknown as Parameters<typeof startPolicyFeed>[1]['knowledge'],
      ask: async (query) => engine.ask(query),
    },
  );
};

it('tells no load, and all else, while a policy is about a category, owner or title that nothing is booked for', async () => {
  const pair = { source: '127.1.0.5', destination: '127.2.0.9' };
  asked = {
    policies: [
      policyOf('live', { kind: 'category', category: 'live' }),
      policyOf('newcomer', { kind: 'owner', owner: 'newcomer' }),
      policyOf('everything', { kind: 'all' }),
      policyOf('unreleased', { kind: 'title', title: 'moviestudio/unreleased' }),
    ],
    ...{ pairs: [pair], components: ['router:core.sp1.example'] },
  };
  start();
  await expect.poll(() => told.length, { timeout: 10_000 }).toBeGreaterThan(1);
  const [, { loads, ways, components } = { loads: [], ways: [], components: [] }] = told;
  expect(Object.fromEntries(loads.map(({ policy, bitsPerSecond }) => [policy, bitsPerSecond]))).toEqual({
    ...{ everything: 800_000, live: 0, newcomer: 0, unreleased: 0 },
  });
  expect(ways).toMatchObject([pair]);
  expect(ways[0]!.components).toContain('router:core.sp1.example');
  expect(components.map(({ id }) => id)).toEqual(['router:core.sp1.example']);
});

it('knows a router that nobody declared by the traffic that is booked over it', async () => {
  asked = { policies: [], pairs: [], components: ['router:core.sp1.example', 'router:nobody.sp1.example'] };
  start();
  await expect.poll(() => told.length, { timeout: 10_000 }).toBeGreaterThan(1);
  const facts = told.flatMap(({ components }) => components);
  expect(facts.sort((one, other) => (one.id < other.id ? -1 : 1))).toEqual([
    { id: 'router:core.sp1.example', known: true, owner: null },
    { id: 'router:nobody.sp1.example', known: false, owner: null },
  ]);
});
