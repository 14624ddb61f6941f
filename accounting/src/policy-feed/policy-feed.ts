import {
  coordinatorPolicyEndpoints,
  createClient,
  createHttpClient,
  type EndpointInput,
  type EndpointOutput,
} from '@fairhop/shared/contract';
import type { Policy } from '@fairhop/shared/model';
import { type Clock, type Logger, sleep } from '@fairhop/shared/service';
import { latestWindow, type Window } from './window.js';

export interface PolicyFeedConfig {
  readonly coordinatorUrl: string;
  /** The coordinator's operator token; without it policies act on live load alone. */
  readonly coordinatorToken?: string | undefined;
  /** Between two calls that have nothing to tell. */
  readonly intervalMs?: number;
}

/** What the inventory says of a component. */
export interface ComponentFact {
  readonly known: boolean;
  readonly owner: string | null;
}

export interface PolicyFeedDependencies {
  readonly clock: Clock;
  readonly log: Logger;
  /** Bytes that were booked over a policy's component, of the traffic that it is about. */
  bookedBytes(policy: Policy, window: Window): Promise<number>;
  /** All components of the way between two addresses now; none where it is unknown. */
  componentsBetween(source: string, destination: string): Promise<readonly string[]>;
  factOf(component: string): ComponentFact;
}

/** Tells the coordinator what its policies need and only accounting knows: booked load, ways beneath AS level, owners. */
export interface PolicyFeed {
  start(): void;
  stop(): Promise<void>;
}

type Told = EndpointInput<typeof coordinatorPolicyEndpoints.feedPolicies>['body'];
type Asked = EndpointOutput<typeof coordinatorPolicyEndpoints.feedPolicies>;

const INTERVAL_MS = 1_000;
const MAX_BACKOFF_MS = 15_000;
const TIMEOUT_MS = 5_000;
/** Questions to the ledger between two calls; the others are asked with the next ones. */
const MAX_QUESTIONS = 20;
/** As many as one call takes (shared/src/contract/coordinator-policy-api.ts). */
const MAX_WAY_COMPONENTS = 64;

export function createPolicyFeed(
  { coordinatorUrl, coordinatorToken, intervalMs = INTERVAL_MS }: PolicyFeedConfig,
  { clock, log, bookedBytes, componentsBetween, factOf }: PolicyFeedDependencies,
): PolicyFeed {
  const http = createHttpClient();
  const stopping = new AbortController();
  const { signal } = stopping;
  const client = createClient(coordinatorPolicyEndpoints, {
    http,
    baseUrl: coordinatorUrl,
    token: () => coordinatorToken,
  });
  /** Ends of windows that were told, by policy as it was set; at most the policies in force. */
  let told = new Map<string, number>();
  let running: Promise<void> | undefined;

  const loadsOf = async (policies: readonly Policy[]): Promise<Told['loads']> => {
    const window = latestWindow(clock.nowMs());
    const keyOf = ({ id, changedMs }: Policy): string => `${id} ${changedMs}`;
    told = new Map(policies.map((policy) => [keyOf(policy), told.get(keyOf(policy)) ?? 0]));
    const due = policies.filter((policy) => told.get(keyOf(policy))! < window.toMs).slice(0, MAX_QUESTIONS);
    const loads: Told['loads'] = [];
    for (const policy of due) {
      const bytes = await bookedBytes(policy, window);
      const bitsPerSecond = Math.round((bytes * 8_000) / (window.toMs - window.fromMs));
      loads.push({ policy: policy.id, bitsPerSecond, ...window });
      told.set(keyOf(policy), window.toMs);
    }
    return loads;
  };
  const waysOf = (pairs: Asked['pairs']): Promise<Told['ways']> =>
    Promise.all(
      pairs.map(async ({ source, destination }) => {
        const components = await componentsBetween(source, destination);
        return { source, destination, components: components.slice(0, MAX_WAY_COMPONENTS) };
      }),
    );
  const answer = async ({ policies, pairs, components }: Asked): Promise<Told> => ({
    loads: await loadsOf(policies),
    ways: await waysOf(pairs),
    components: components.map((id) => ({ id, ...factOf(id) })),
  });

  const run = async (): Promise<void> => {
    const nothing: Told = { loads: [], ways: [], components: [] };
    let next = nothing;
    let failures = 0;
    while (!signal.aborted) {
      try {
        const asked = await client.feedPolicies({ body: next }, { signal, timeoutMs: TIMEOUT_MS });
        next = await answer(asked);
        if (failures > 0) log.info('the coordinator takes what its policies need again');
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (failures === 0)
          log.warn({ err: error }, 'policies cannot be told of booked load and ways right now');
        failures += 1;
        next = nothing;
      }
      const isUrgent = next.ways.length + next.components.length > 0;
      const waitMs =
        failures > 0 ? Math.min(MAX_BACKOFF_MS, intervalMs * 2 ** failures) : isUrgent ? 0 : intervalMs;
      await sleep(waitMs, signal).catch(() => undefined);
    }
  };

  return {
    start() {
      if (coordinatorToken === undefined) {
        log.info('there is no coordinatorToken: policies act on live load alone, and only at AS level');
        return;
      }
      running = run();
    },
    async stop() {
      stopping.abort();
      await running;
      await http.close();
    },
  };
}
