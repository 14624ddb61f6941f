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

/** What is known of a component. */
interface ComponentFact {
  /** Declared by an ISP, or on a path that traffic was booked for. */
  readonly known: boolean;
  readonly owner: string | null;
}

export interface PolicyFeedDependencies {
  readonly clock: Clock;
  readonly log: Logger;
  /** Bytes that were booked over a policy's component, of the traffic that it is about; 0 where nothing ever was. */
  bookedBytes(policy: Policy, window: Window): Promise<number>;
  /** All components of the way between two addresses now; none where it is unknown. */
  componentsBetween(source: string, destination: string): Promise<readonly string[]>;
  factOf(component: string): Promise<ComponentFact>;
}

/**
 * Tells the coordinator what its policies need and only accounting knows: booked load, ways beneath AS level, owners. What cannot be
 * found out is left out alone, and tried again later.
 */
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
/** A policy whose load cannot be told must not take the turn of others each second. */
const ASK_AGAIN_MS = 15_000;
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
  /** By policy as it was set, at most the policies in force: up to when its load was told, and from when on it may be asked for. */
  let states = new Map<string, { readonly toldToMs: number; readonly askFromMs: number }>();
  let running: Promise<void> | undefined;

  const loadsOf = async (policies: readonly Policy[]): Promise<Told['loads']> => {
    const nowMs = clock.nowMs();
    const window = latestWindow(nowMs);
    const keyOf = ({ id, changedMs }: Policy): string => `${id} ${changedMs}`;
    const stateOf = (policy: Policy) => states.get(keyOf(policy)) ?? { toldToMs: 0, askFromMs: 0 };
    states = new Map(policies.map((policy) => [keyOf(policy), stateOf(policy)]));
    const isDue = (policy: Policy): boolean => {
      const { toldToMs, askFromMs } = stateOf(policy);
      return toldToMs < window.toMs && askFromMs <= nowMs;
    };
    const loads: Told['loads'] = [];
    for (const policy of policies.filter(isDue).slice(0, MAX_QUESTIONS)) {
      try {
        const bytes = await bookedBytes(policy, window);
        const bitsPerSecond = Math.round((bytes * 8_000) / (window.toMs - window.fromMs));
        loads.push({ policy: policy.id, bitsPerSecond, ...window });
        states.set(keyOf(policy), { toldToMs: window.toMs, askFromMs: 0 });
      } catch (error) {
        if (signal.aborted) break;
        states.set(keyOf(policy), { ...stateOf(policy), askFromMs: nowMs + ASK_AGAIN_MS });
        log.warn({ err: error, policy: policy.id }, 'what is booked for a policy cannot be told right now');
      }
    }
    return loads;
  };
  /** Answers to those that can be answered; the coordinator asks again for the others. */
  const answerEach = async <Item, Answer>(
    items: readonly Item[],
    answerOf: (item: Item) => Promise<Answer>,
  ): Promise<Answer[]> => {
    const answers: Answer[] = [];
    const failures: { readonly item: Item; readonly error: unknown }[] = [];
    await Promise.all(
      items.map(async (item) => {
        try {
          answers.push(await answerOf(item));
        } catch (error) {
          failures.push({ item, error });
        }
      }),
    );
    const [first] = failures;
    if (first && !signal.aborted) {
      const facts = { err: first.error, first: first.item, unanswered: failures.length };
      log.warn(facts, 'some of what policies ask for cannot be told right now');
    }
    return answers;
  };
  const answer = async ({ policies, pairs, components }: Asked): Promise<Told> => ({
    loads: await loadsOf(policies),
    ways: await answerEach(pairs, async ({ source, destination }) => {
      const way = await componentsBetween(source, destination);
      return { source, destination, components: way.slice(0, MAX_WAY_COMPONENTS) };
    }),
    components: await answerEach(components, async (id) => ({ id, ...(await factOf(id)) })),
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
