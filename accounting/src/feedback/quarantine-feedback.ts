import { coordinatorTrustEndpoints, createClient, createHttpClient } from '@fairhop/shared/contract';
import { type AgentKey, FairhopError, type Quarantine, type Suspicion } from '@fairhop/shared/model';
import type { Clock, Logger } from '@fairhop/shared/service';
import { fitEvidence } from './fit-evidence.js';
import { openWaitingStore, type Waiting, type WaitingStore } from './waiting-store.js';

export interface QuarantineFeedbackConfig {
  /** SQLite database of what waits for the coordinator. */
  readonly file: string;
  readonly coordinatorUrl: string;
  /** The coordinator's operator token; without it suspects are only listed here. */
  readonly coordinatorToken?: string | undefined;
  /** Wait after the first failed attempt; it doubles with each further one, up to a minute. */
  readonly retryBaseMs?: number;
}

export interface QuarantineFeedbackDependencies {
  readonly log: Logger;
  readonly clock: Clock;
  /** Uniform in [0, 1): jitter of retries. */
  readonly random: () => number;
}

/** Accounting's way to have an agent served by edges alone. */
export interface QuarantineFeedback {
  /** False without a token. */
  readonly isEnabled: boolean;
  /** Agents whose quarantine the coordinator has not confirmed. */
  readonly waiting: number;
  /** Throws what `openDatabase` throws. */
  start(): void;
  /** Attempts under way end; what was not confirmed is sent by the next process. */
  stop(): Promise<void>;
  /**
   * Puts an agent into quarantine, sooner or later: it is on disk when this returns, and sent until the coordinator has it or its
   * time is over. The latest word for an agent counts; the same again changes nothing. Without a token nothing happens.
   * Throws `feedback-full`.
   */
  put(agent: AgentKey, quarantine: { untilMs: number | null; suspicions: readonly Suspicion[] }): void;
  /**
   * All who are in quarantine now, whoever put them there, without evidence. Throws as `createClient`'s calls do, and
   * `quarantine-endless`: who is not in it was released.
   */
  current(): Promise<ReadonlyMap<AgentKey, Quarantine>>;
}

const ACCUSER = 'accounting';
/** A proof takes some KiB; more are no suspects but an attack, or a coordinator that is gone. */
const MAX_WAITING = 100_000;
const MAX_AT_ONCE = 8;
const TIMEOUT_MS = 10_000;
const RETRY_BASE_MS = 500;
const RETRY_MAX_MS = 60_000;
/** The coordinator keeps 100,000 agents, and some dozens fit into a page at worst. */
const MAX_PAGES = 5_000;
/** These do not get better by asking again. */
const REFUSED_FOR_GOOD: readonly (number | undefined)[] = [400, 413, 422];

type Body = Omit<Quarantine, 'agent' | 'sinceMs'>;

export function createQuarantineFeedback(
  { file, coordinatorUrl, coordinatorToken, retryBaseMs = RETRY_BASE_MS }: QuarantineFeedbackConfig,
  { log, clock, random }: QuarantineFeedbackDependencies,
): QuarantineFeedback {
  const isEnabled = coordinatorToken !== undefined;
  const http = createHttpClient();
  const stopping = new AbortController();
  const client = createClient(coordinatorTrustEndpoints, {
    http,
    baseUrl: coordinatorUrl,
    token: () => coordinatorToken,
  });
  const options = { signal: stopping.signal, timeoutMs: TIMEOUT_MS };
  let store: WaitingStore | undefined;
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  const send = async (opened: WaitingStore, waiting: Waiting): Promise<void> => {
    const { agent, attempts } = waiting;
    const body = JSON.parse(waiting.document) as Body;
    if (body.untilMs !== null && body.untilMs <= clock.nowMs()) {
      opened.remove(waiting);
      return;
    }
    try {
      await client.putQuarantine({ params: { agent }, body }, options);
      opened.remove(waiting);
      log.warn({ agent, checks: body.suspicions.map(({ check }) => check) }, 'an agent is in quarantine now');
    } catch (error) {
      if (stopping.signal.aborted) return;
      const isRefused = error instanceof FairhopError && REFUSED_FOR_GOOD.includes(error.status);
      log.error({ err: error, agent, attempts: attempts + 1 }, 'an agent could not be put into quarantine');
      if (isRefused) opened.remove(waiting);
      else {
        const boundMs = Math.min(RETRY_MAX_MS, retryBaseMs * 2 ** Math.min(attempts, 20));
        opened.failed(waiting, clock.nowMs() + Math.ceil(boundMs * (0.5 + random() / 2)));
      }
    }
  };

  const sendDue = async (opened: WaitingStore): Promise<void> => {
    let due = opened.due(clock.nowMs(), MAX_AT_ONCE);
    while (due.length > 0 && !stopping.signal.aborted) {
      await Promise.all(due.map((waiting) => send(opened, waiting)));
      due = opened.due(clock.nowMs(), MAX_AT_ONCE);
    }
  };

  const wake = (): void => {
    if (!store || running || stopping.signal.aborted) return;
    clearTimeout(timer);
    const opened = store;
    running = sendDue(opened)
      // A full disk: what waits goes on waiting.
      .catch((error: unknown) => log.error({ err: error }, 'quarantines cannot be sent now'))
      .finally(() => {
        running = undefined;
        if (stopping.signal.aborted) return;
        const dueMs = opened.nextDueMs();
        if (dueMs === undefined) return;
        // Clocks can be set: a wait is never longer than the longest between two attempts.
        const waitMs = Math.min(RETRY_MAX_MS, Math.max(retryBaseMs / 2, dueMs - clock.nowMs()));
        timer = setTimeout(wake, waitMs);
      });
  };

  return {
    isEnabled,
    get waiting() {
      return store?.size ?? 0;
    },
    start() {
      if (!isEnabled) {
        log.info('there is no coordinatorToken: suspects are listed, and nobody is put into quarantine');
        return;
      }
      store = openWaitingStore(file);
      wake();
    },
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await running;
      store?.close();
      store = undefined;
      await http.close();
    },
    put(agent, { untilMs, suspicions }) {
      if (!isEnabled) return;
      if (!store) throw new Error('the feedback to the coordinator is not started');
      if (store.size >= MAX_WAITING) {
        const message = `${MAX_WAITING} quarantines wait for the coordinator, which is the most; is it running at ${coordinatorUrl}?`;
        throw new FairhopError('feedback-full', message, { status: 503 });
      }
      const body: Body = { by: ACCUSER, untilMs, suspicions: fitEvidence(suspicions) };
      store.put(agent, JSON.stringify(body));
      wake();
    },
    async current() {
      const all = new Map<AgentKey, Quarantine>();
      if (!isEnabled) return all;
      let query: { after?: AgentKey } = {};
      for (let page = 0; page < MAX_PAGES; page += 1) {
        const { quarantine, next } = await client.pageQuarantine({ query }, options);
        for (const one of quarantine) all.set(one.agent, one);
        if (next === null) return all;
        query = { after: next };
      }
      const message = `the coordinator at ${coordinatorUrl} lists more than ${MAX_PAGES} pages of agents in quarantine, ${all.size} agents by now; less is right`;
      throw new FairhopError('quarantine-endless', message, { status: 502 });
    },
  };
}
