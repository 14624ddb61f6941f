import {
  type BudgetOrder,
  coordinatorBudgetEndpoints,
  createClient,
  createHttpClient,
} from '@fairhop/shared/contract';
import type { Clock, Logger } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import { retryDelayMs } from './retry-delay.js';

export interface ActionFeedConfig {
  readonly coordinatorUrl: string;
  /** The coordinator's operator token; without it budgets cannot act. */
  readonly coordinatorToken?: string | undefined;
  /** Wait after the first failed attempt; it doubles with each further one, up to a minute. */
  readonly retryBaseMs: number;
}

export interface ActionFeedDependencies {
  readonly database: Database;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
}

/** Tells the coordinator what budgets order. */
export interface ActionFeed {
  readonly isEnabled: boolean;
  readonly state: { readonly inForce: number; readonly isTaken: boolean; readonly lastError: string | null };
  /** Tells all of it that the coordinator has not, also what was taken before: it may be another one. */
  start(): void;
  /** All that is in force now: on disk when this returns, told until the coordinator has it. The same again changes nothing. */
  put(orders: readonly BudgetOrder[]): void;
  stop(): Promise<void>;
}

const TIMEOUT_MS = 10_000;
const RETRY_MAX_MS = 60_000;
/** A coordinator that was set up anew knows nothing: so often it is asked what it has. */
const REPEAT_MS = 60_000;

interface Row {
  readonly revision: number;
  readonly orders: string;
  readonly takenRevision: number;
}

export function createActionFeed(
  { coordinatorUrl, coordinatorToken, retryBaseMs }: ActionFeedConfig,
  { database, clock, random, log }: ActionFeedDependencies,
): ActionFeed {
  const isEnabled = coordinatorToken !== undefined;
  const read = database.prepare<[], Row>(
    'SELECT revision, orders, taken_revision AS takenRevision FROM action_feed',
  );
  const write = database.prepare<[number, string]>('UPDATE action_feed SET revision = ?, orders = ?');
  const markTaken = database.prepare<[number]>('UPDATE action_feed SET taken_revision = ?');
  const http = createHttpClient();
  const client = createClient(coordinatorBudgetEndpoints, {
    http,
    baseUrl: coordinatorUrl,
    token: () => coordinatorToken,
  });
  const stopping = new AbortController();
  let failures = 0;
  let lastError: string | null = null;
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> | undefined;
  let isStarted = false;

  /** Grows also where the database is another one than before, as time does. */
  const nextRevision = (after: number): number => Math.max(after + 1, clock.nowMs());

  const send = async (): Promise<void> => {
    const row = read.get()!;
    const options = { signal: stopping.signal, timeoutMs: TIMEOUT_MS };
    // Looked at before: each write is kept in the coordinator's audit trail for good.
    if (isTaken(row) && (await client.listBudgetActions({}, options)).revision === row.revision) return;
    const body = { revision: row.revision, orders: JSON.parse(row.orders) as BudgetOrder[] };
    const { revision } = await client.putBudgetActions({ body }, options);
    if (revision === row.revision) markTaken.run(revision);
    // What the coordinator has is later: of a clock that was set back, or of a database that is gone.
    else write.run(nextRevision(Math.max(revision, read.get()!.revision)), read.get()!.orders);
  };
  const attempt = async (): Promise<void> => {
    let waitMs = REPEAT_MS;
    try {
      await send();
      failures = 0;
      lastError = null;
      if (!isTaken(read.get()!)) waitMs = 1;
    } catch (error) {
      if (stopping.signal.aborted) return;
      failures += 1;
      lastError = error instanceof Error ? error.message.slice(0, 300) : String(error);
      waitMs = retryDelayMs(Math.min(failures, 20), { baseMs: retryBaseMs, maxMs: RETRY_MAX_MS }, random());
      log.error({ err: error, failures }, 'the coordinator did not take what budgets order');
    }
    if (!stopping.signal.aborted) timer = setTimeout(begin, waitMs);
  };
  const begin = (): void => {
    if (!isEnabled || !isStarted || sending !== undefined || stopping.signal.aborted) return;
    clearTimeout(timer);
    sending = attempt().finally(() => {
      sending = undefined;
    });
  };

  return {
    isEnabled,
    get state() {
      const row = read.get()!;
      const inForce = (JSON.parse(row.orders) as unknown[]).length;
      return { inForce, isTaken: isTaken(row), lastError };
    },
    start() {
      isStarted = true;
      begin();
    },
    put(orders) {
      const row = read.get()!;
      const text = JSON.stringify(orders);
      if (text === row.orders) return;
      write.run(nextRevision(row.revision), text);
      failures = 0;
      begin();
    },
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await sending;
      await http.close();
    },
  };
}

const isTaken = ({ revision, takenRevision }: Row): boolean => revision === takenRevision;
