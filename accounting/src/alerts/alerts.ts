import type { Alert, Budget, shownBudgetSchema } from '@fairhop/shared/contract';
import { type Clock, type Logger, openDatabase } from '@fairhop/shared/service';
import type { z } from 'zod';
import { type AlertDeliveryConfig, createAlertDelivery } from './alert-delivery.js';
import { alertMigrations } from './alert-schema.js';
import { createAlertStore } from './alert-store.js';
import { type BudgetPeriod, periodAt } from './budget-period.js';
import { createBudgetStore, type StoredBudget } from './budget-store.js';

type ShownBudget = z.output<typeof shownBudgetSchema>;

export interface AlertsConfig extends AlertDeliveryConfig {
  /** SQLite file. */
  readonly file: string;
  /** How often all budgets are looked at, beside after each booking. */
  readonly evaluationIntervalMs: number;
}

export interface AlertsDependencies {
  /** Bytes booked for the owner in [fromMs, toMs); a null end is open. */
  readonly usedBytes: (owner: string, fromMs: number, toMs: number | null) => number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly onCrossed: (alerts: readonly Alert[]) => void;
  readonly onAttempt: (outcome: 'delivered' | 'failed') => void;
}

export interface Alerts {
  /** Looks at all budgets, then sends what is due. */
  start(): void;
  stop(): Promise<void>;
  putBudget(budget: Budget): ShownBudget;
  listBudgets(): ShownBudget[];
  /** Throws `budget-unknown` (404). */
  removeBudget(id: string): void;
  /** Newest first, at most 1,000. */
  listAlerts(budget?: string): Alert[];
  /** Something was booked for these owners: their budgets are looked at before the event loop's next turn ends. */
  noteBooked(owners: Iterable<string>): void;
}

/** Budgets of owners, their steps as they are reached, and the delivery of what is to be told. */
export function createAlerts(config: AlertsConfig, dependencies: AlertsDependencies): Alerts {
  const { usedBytes, clock, log } = dependencies;
  const database = openDatabase(config.file, alertMigrations, { synchronous: 'FULL' });
  const budgets = createBudgetStore(database);
  const store = createAlertStore(database);
  const delivery = createAlertDelivery(config, { ...dependencies, store });
  const bookedOwners = new Set<string>();
  let interval: NodeJS.Timeout | undefined;
  let soon: NodeJS.Immediate | undefined;

  const usedIn = (budget: StoredBudget, period: BudgetPeriod): number =>
    usedBytes(budget.owner, period.startMs, period.endMs);
  const evaluateBudget = (budget: StoredBudget, nowMs: number): void => {
    for (const period of periodsToLookAt(budget, nowMs)) {
      const crossed = store.recordCrossings(budget, period.startMs, usedIn(budget, period), nowMs);
      if (crossed.length > 0) dependencies.onCrossed(crossed);
    }
  };
  const evaluate = (concerns: (budget: StoredBudget) => boolean): void => {
    try {
      for (const budget of budgets.list()) if (concerns(budget)) evaluateBudget(budget, clock.nowMs());
      delivery.wake();
    } catch (error) {
      // What was booked stays booked; the next look finds what this one missed.
      log.error({ err: error }, 'budgets could not be looked at');
    }
  };
  const show = ({ webhook, createdMs: _, ...budget }: StoredBudget): ShownBudget => {
    const period = periodAt(budget, clock.nowMs());
    return {
      ...budget,
      webhookUrl: webhook.url,
      usedBytes: usedBytes(budget.owner, period.startMs, period.endMs),
      periodStartMs: period.startMs,
    };
  };
  return {
    start() {
      evaluate(() => true);
      delivery.start();
      interval = setInterval(() => evaluate(() => true), config.evaluationIntervalMs);
    },
    async stop() {
      clearInterval(interval);
      clearImmediate(soon);
      await delivery.stop();
      database.close();
    },
    putBudget(budget) {
      const nowMs = clock.nowMs();
      budgets.put(budget, nowMs);
      store.retry(budget.id, nowMs);
      evaluate(({ id }) => id === budget.id);
      return show({ ...budget, createdMs: nowMs });
    },
    listBudgets: () => budgets.list().map(show),
    removeBudget: database.transaction((id: string) => {
      budgets.remove(id);
      store.abandon(id);
    }),
    listAlerts: (budget) => store.list(budget),
    noteBooked(owners) {
      for (const owner of owners) bookedOwners.add(owner);
      soon ??= setImmediate(() => {
        soon = undefined;
        const concerned = new Set(bookedOwners);
        bookedOwners.clear();
        evaluate(({ owner }) => concerned.has(owner));
      });
    },
  };
}

/**
 * The running period, and the one before it, to which late reports still add; a budget is not held against what was before
 * it was set.
 */
function periodsToLookAt(budget: StoredBudget, nowMs: number): BudgetPeriod[] {
  const running = periodAt(budget, nowMs);
  if (running.startMs === 0 || budget.createdMs >= running.startMs) return [running];
  return [periodAt(budget, running.startMs - 1), running];
}
