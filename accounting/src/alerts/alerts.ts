import { setImmediate as nextTurn } from 'node:timers/promises';
import type {
  Alert,
  Budget,
  Query,
  QueryResult,
  ShownNotice,
  shownBudgetSchema,
} from '@fairhop/shared/contract';
import { FairhopError } from '@fairhop/shared/model';
import { type Clock, type Logger, openDatabase } from '@fairhop/shared/service';
import type { z } from 'zod';
import { type ActionFeedConfig, createActionFeed } from './action-feed.js';
import { type AlertDeliveryConfig, createAlertDelivery, type Receivers } from './alert-delivery.js';
import { alertMigrations } from './alert-schema.js';
import { createAlertStore } from './alert-store.js';
import { createBudgetLook } from './budget-look.js';
import { type BudgetPeriod, periodAt } from './budget-period.js';
import { createBudgetStore, isSameMeasure, type StoredBudget } from './budget-store.js';
import { createDeliveryStore } from './delivery-store.js';
import { createLooks } from './looks.js';
import { measure } from './measure.js';
import { createMessageStore, type MessageState } from './message-store.js';
import { createNotices, type NewNotice } from './notices.js';
import { ordersInForce } from './orders.js';

type ShownBudget = z.output<typeof shownBudgetSchema>;
type ShownMeasure = Pick<ShownBudget, 'usedBytes' | 'pendingBytes' | 'forecastBytes' | 'error'>;

export interface AlertsConfig extends AlertDeliveryConfig, Omit<ActionFeedConfig, 'retryBaseMs'> {
  /** SQLite file. */
  readonly file: string;
  /** How often all budgets are looked at, beside after each booking. */
  readonly evaluationIntervalMs: number;
  /** Who is told what schedules find. */
  readonly receivers?: Receivers | undefined;
}

export interface AlertsDependencies {
  /** A question to the ledger, answered beside the event loop. */
  readonly ask: (query: Query) => Promise<QueryResult>;
  /** The same among people's questions, for lists: looks wait for none of these. */
  readonly askToList: (query: Query) => Promise<QueryResult>;
  /** Bytes of an owner that were delivered to clients in [fromMs, toMs), whatever is believed of them; a null end is open. */
  readonly deliveredBytes: (owner: string, fromMs: number, toMs: number | null) => number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly onAlerts: (alerts: readonly Alert[]) => void;
  readonly onAttempt: (channel: 'webhook' | 'email', outcome: 'delivered' | 'failed') => void;
}

export interface Alerts {
  /** Looks at all budgets, sends what is due, and tells the coordinator what they order. */
  start(): void;
  stop(): Promise<void>;
  /**
   * Sets or replaces it, and looks at it. Throws `too-many-budgets`, `smtp-not-configured`, `coordinator-token-missing` (409), and
   * what the query engine throws.
   */
  putBudget(budget: Budget): Promise<ShownBudget>;
  /** All, or an owner's. What is used of one that cannot be measured is null, with the error. */
  listBudgets(filter?: {
    owner?: string | undefined;
  }): Promise<{ budgets: ShownBudget[]; actions: ReturnType<typeof createActionFeed>['state'] }>;
  /** Throws `budget-unknown` (404). */
  removeBudget(id: string): void;
  /** Newest first, at most 1,000. Of an owner: also where the budget was another one's before. */
  listAlerts(filter: {
    budget?: string | undefined;
    owner?: string | undefined;
    state?: MessageState | undefined;
  }): Alert[];
  /** What schedules found, newest first, at most 1,000. */
  listNotices(filter: { state?: MessageState | undefined }): ShownNotice[];
  /** Sends a dead alert or notice again. Throws `alert-unknown` (404), `alert-not-dead` (409). */
  retryAlert(id: string): { id: string; state: MessageState };
  /** Tells what a schedule found: on disk when this returns. The same again changes nothing. Gives the notice's id. */
  tell(notice: NewNotice): string;
  /** Something was booked for these owners: their budgets are looked at soon. */
  noteBooked(owners: Iterable<string>): void;
}

/** Budgets of owners, their steps as they are reached and resolved, what is told of it and what is ordered. */
export function createAlerts(config: AlertsConfig, dependencies: AlertsDependencies): Alerts {
  const { ask, askToList, clock, log } = dependencies;
  const database = openDatabase(config.file, alertMigrations, { synchronous: 'FULL' });
  const budgets = createBudgetStore(database);
  const messages = createMessageStore(database, config);
  const store = createAlertStore(database, messages);
  const receivers = config.receivers ?? {};
  const notices = createNotices(messages, receivers);
  const deliveries = createDeliveryStore(database, config);
  const delivery = createAlertDelivery(config, {
    ...{ ...dependencies, store: deliveries },
    // No budget is called like what schedules tell: its id has no colon.
    receiversOf: (subject) => (subject.includes(':') ? receivers : budgets.get(subject)),
  });
  const feed = createActionFeed(config, { ...dependencies, database });
  const { look, resolveAll } = createBudgetLook({
    ...{ store, deliveredBytes: dependencies.deliveredBytes },
    measure: (budget, period, nowMs) => measure(ask, budget, period, nowMs),
    isInForce: (budget) => budgets.get(budget.id) === budget,
  });
  const act = (): void => {
    feed.put(ordersInForce(budgets.list(), store.active));
    delivery.wake();
  };
  const lookAt = async (id: string, isThorough: boolean): Promise<boolean> => {
    const budget = budgets.get(id);
    if (budget === undefined) return false;
    const { alerts, isPending } = await look(budget, clock.nowMs(), isThorough);
    if (alerts.length > 0) dependencies.onAlerts(alerts);
    act();
    return isPending;
  };
  const looks = createLooks({ lookAt, log });

  const measureToList = async (budget: StoredBudget, period: BudgetPeriod, nowMs: number) => {
    try {
      return { ...(await measure(askToList, budget, period, nowMs)), error: null };
    } catch (error) {
      if (!(error instanceof FairhopError))
        log.error({ err: error, budget: budget.id }, 'a budget could not be measured to be listed');
      return { usedBytes: null, pendingBytes: null, forecastBytes: null, error: failureOf(error) };
    }
  };
  const show = async (
    budget: StoredBudget,
    measured: (period: BudgetPeriod, nowMs: number) => Promise<ShownMeasure>,
  ): Promise<ShownBudget> => {
    const { webhook, sinceMs: _, steps, ...shown } = budget;
    const nowMs = clock.nowMs();
    const period = periodAt(budget, nowMs);
    return {
      ...shown,
      ...(await measured(period, nowMs)),
      steps: [...steps],
      stepsPercent: steps.map(({ percent }) => percent),
      webhookUrl: webhook?.url ?? null,
      periodStartMs: period.startMs,
      activeSteps: store.active(budget.id).map(({ stepPercent }) => stepPercent),
    };
  };
  const checkMeans = ({ id, email, steps }: Budget): void => {
    if (email !== undefined && config.smtp === undefined) {
      const message = `budget ${id} tells ${email.join(', ')} by e-mail, and accounting has no mail server; set smtp in its configuration`;
      throw new FairhopError('smtp-not-configured', message, { status: 409 });
    }
    const action = steps?.find((step) => step.action !== undefined)?.action;
    if (action !== undefined && !feed.isEnabled) {
      const message = `budget ${id} orders ${action}, and accounting may not tell the coordinator; set coordinatorToken in its configuration`;
      throw new FairhopError('coordinator-token-missing', message, { status: 409 });
    }
  };
  const replace = database.transaction(
    (budget: Budget, nowMs: number, before: StoredBudget | undefined, resolve: () => Alert[]): Alert[] => {
      const resolved = resolve();
      if (before !== undefined && !isSameMeasure(before, budget)) store.forgetSteps(budget.id);
      for (const channel of ['webhook', 'email'] as const)
        if (budget[channel] === undefined)
          deliveries.abandon(budget.id, `the budget has no ${channel} any more`, channel);
      budgets.put(budget, nowMs);
      deliveries.hurry(budget.id, nowMs);
      return resolved;
    },
  );
  const remove = database.transaction((id: string): void => {
    budgets.remove(id);
    deliveries.abandon(id, 'the budget was removed');
    store.forgetSteps(id);
  });
  return {
    start() {
      // A process that was killed may have changed steps or budgets and not what they order.
      act();
      looks.start(budgets.list().map(({ id }) => id));
      looks.every(config.evaluationIntervalMs, () => budgets.list().map(({ id }) => id));
      delivery.start();
      if (feed.isEnabled) feed.start();
    },
    async stop() {
      await looks.stop();
      await Promise.all([delivery.stop(), feed.stop()]);
      database.close();
    },
    async putBudget(budget) {
      checkMeans(budget);
      await looks.alone(async () => {
        const nowMs = clock.nowMs();
        const before = budgets.get(budget.id);
        const isOther = before !== undefined && !isSameMeasure(before, budget);
        const resolve = isOther ? await resolveAll(before, nowMs) : () => [];
        dependencies.onAlerts(replace.immediate(budget, nowMs, before, resolve));
      });
      await looks.now(budget.id);
      const stored = budgets.get(budget.id);
      if (stored === undefined)
        throw new FairhopError('budget-unknown', `budget ${budget.id} was removed meanwhile`, {
          status: 404,
        });
      return show(stored, async (period, nowMs) => ({
        ...(await measure(ask, stored, period, nowMs)),
        error: null,
      }));
    },
    async listBudgets({ owner } = {}) {
      const shown: ShownBudget[] = [];
      for (const budget of budgets.list()) {
        if (owner !== undefined && budget.owner !== owner) continue;
        shown.push(await show(budget, (period, nowMs) => measureToList(budget, period, nowMs)));
        // Reports get their turn between: what is refused is refused at once, for thousands in a row.
        await nextTurn();
      }
      return { budgets: shown, actions: feed.state };
    },
    removeBudget(id) {
      remove.immediate(id);
      act();
    },
    listAlerts: (filter) => store.list(filter),
    listNotices: (filter) => notices.list(filter),
    retryAlert(id) {
      const message = messages.get(id);
      if (message === undefined)
        throw new FairhopError('alert-unknown', `there is no alert ${id}`, { status: 404 });
      if (!deliveries.revive(id, clock.nowMs())) {
        const told = `alert ${id} is ${message.delivery.state}, and only one that is dead can be sent again`;
        throw new FairhopError('alert-not-dead', told, { status: 409 });
      }
      delivery.wake();
      return { id, state: messages.get(id)!.delivery.state };
    },
    tell(notice) {
      const id = notices.tell(notice, clock.nowMs());
      delivery.wake();
      return id;
    },
    noteBooked(owners) {
      const concerned = new Set(owners);
      looks.soon(
        budgets
          .list()
          .filter(({ owner }) => concerned.has(owner))
          .map(({ id }) => id),
      );
    },
  };
}

/** What went wrong within is for the log, and not for whoever lists it. */
const failureOf = (error: unknown): { code: string; message: string } =>
  error instanceof FairhopError
    ? { code: error.code, message: error.message }
    : { code: 'internal', message: 'it could not be measured; the log of the service tells more' };
