import { randomUUID } from 'node:crypto';
import type { Alert } from '@fairhop/shared/contract';
import type { Database } from 'better-sqlite3';
import type { StoredBudget } from './budget-store.js';
import { type CrossedStep, crossedSteps } from './crossed-steps.js';

/** An alert that is to be sent, and where to. */
export interface DueAlert {
  readonly id: string;
  readonly budget: string;
  readonly payload: string;
  readonly attempts: number;
  readonly url: string;
  readonly secret: string;
}

export interface AlertStore {
  /** Records what the budget's usage in the period crossed anew: each step once for as long as the budget's terms stay. */
  recordCrossings(budget: StoredBudget, periodStartMs: number, usedBytes: number, nowMs: number): Alert[];
  /** Newest first. */
  list(budget?: string): Alert[];
  /** Alerts to send by now, the longest due first. */
  due(nowMs: number, limit: number): DueAlert[];
  /** When the next alert falls due; undefined when none waits. */
  nextDueMs(): number | undefined;
  delivered(id: string, nowMs: number): void;
  /** Null as next attempt ends the tries. */
  failed(id: string, error: string, nextAttemptMs: number | null): void;
  /** Makes the budget's alerts that wait for another try due now: its receiver may be another. */
  retry(budget: string, nowMs: number): void;
  /** Ends the tries for the budget's alerts: they have nowhere to go. */
  abandon(budget: string): void;
}

/** What one answer lists: years of a few budgets, and an answer below a megabyte. */
const MAX_LISTED_ALERTS = 1_000;

interface AlertRow {
  id: string;
  budget: string;
  step_percent: number;
  period_start_ms: number;
  threshold_bytes: number;
  used_bytes: number;
  crossed_ms: number;
  delivered_ms: number | null;
  attempts: number;
  last_error: string | null;
}

export function createAlertStore(database: Database): AlertStore {
  const told = database.prepare<[string, string, number], { step_percent: number }>(
    'SELECT step_percent FROM alert WHERE budget = ? AND terms = ? AND period_start_ms = ?',
  );
  const insert = database.prepare<[Alert & { terms: string; payload: string }]>(`
    INSERT INTO alert (id, budget, step_percent, period_start_ms, terms, threshold_bytes, used_bytes, crossed_ms,
      payload, next_attempt_ms)
    VALUES (@id, @budget, @stepPercent, @periodStartMs, @terms, @thresholdBytes, @usedBytes, @crossedMs,
      @payload, @crossedMs)`);
  const list = database.prepare<[{ budget: string | null; limit: number }], AlertRow>(`
    SELECT * FROM alert WHERE @budget IS NULL OR budget = @budget
    ORDER BY crossed_ms DESC, period_start_ms DESC, threshold_bytes DESC LIMIT @limit`);
  const due = database.prepare<[number, number], DueAlert>(`
    SELECT alert.id, budget, payload, attempts, webhook_url AS url, webhook_secret AS secret
    FROM alert JOIN budget ON budget.id = alert.budget
    WHERE next_attempt_ms <= ? ORDER BY next_attempt_ms, threshold_bytes LIMIT ?`);
  const nextDue = database.prepare<[], { due_ms: number | null }>(`
    SELECT min(next_attempt_ms) AS due_ms FROM alert JOIN budget ON budget.id = alert.budget`);
  const markDelivered = database.prepare<[number, string]>(
    'UPDATE alert SET attempts = attempts + 1, delivered_ms = ?, next_attempt_ms = NULL, last_error = NULL WHERE id = ?',
  );
  const markFailed = database.prepare<[string, number | null, string]>(
    `
    UPDATE alert SET attempts = attempts + 1, last_error = ?, next_attempt_ms = ?
    WHERE id = ? AND next_attempt_ms IS NOT NULL`,
  );
  const retry = database.prepare<[number, string]>(
    'UPDATE alert SET next_attempt_ms = ? WHERE budget = ? AND next_attempt_ms IS NOT NULL',
  );
  const abandon = database.prepare<[string]>(`
    UPDATE alert SET next_attempt_ms = NULL, last_error = 'the budget was removed'
    WHERE budget = ? AND delivered_ms IS NULL`);
  const recordCrossings = database.transaction(
    (budget: StoredBudget, periodStartMs: number, usedBytes: number, nowMs: number): Alert[] => {
      const terms = termsOf(budget);
      const rows = told.all(budget.id, terms, periodStartMs);
      const toldStepsPercent = new Set(rows.map((row) => row.step_percent));
      const steps = crossedSteps({ ...budget, usedBytes, toldStepsPercent });
      return steps.map((step) => {
        const alert = newAlert(budget, step, { periodStartMs, usedBytes, nowMs });
        const payload = JSON.stringify(payloadOf(alert, budget));
        insert.run({ ...alert, terms, payload });
        return alert;
      });
    },
  );
  return {
    recordCrossings: (...input) => recordCrossings.immediate(...input),
    list: (budget) => list.all({ budget: budget ?? null, limit: MAX_LISTED_ALERTS }).map(alertOf),
    due: (nowMs, limit) => due.all(nowMs, limit),
    nextDueMs: () => nextDue.get()?.due_ms ?? undefined,
    delivered: (id, nowMs) => {
      markDelivered.run(nowMs, id);
    },
    failed: (id, error, nextAttemptMs) => {
      markFailed.run(error, nextAttemptMs, id);
    },
    retry: (budget, nowMs) => {
      retry.run(nowMs, budget);
    },
    abandon: (budget) => {
      abandon.run(budget);
    },
  };
}

/** What makes it another budget when it is set anew under the same id. */
const termsOf = ({ owner, limitBytes, period, timeZone }: StoredBudget): string =>
  JSON.stringify([owner, limitBytes, period, timeZone]);

function newAlert(
  budget: StoredBudget,
  step: CrossedStep,
  { periodStartMs, usedBytes, nowMs }: { periodStartMs: number; usedBytes: number; nowMs: number },
): Alert {
  return {
    id: `msg_${randomUUID()}`,
    budget: budget.id,
    ...step,
    periodStartMs,
    usedBytes,
    crossedMs: nowMs,
    deliveredMs: null,
    attempts: 0,
    lastError: null,
  };
}

/** The body as Standard Webhooks recommends it: type, timestamp, data. */
function payloadOf(alert: Alert, budget: StoredBudget): unknown {
  const { budget: id, stepPercent, periodStartMs, thresholdBytes, usedBytes } = alert;
  return {
    type: 'budget.step-reached',
    timestamp: new Date(alert.crossedMs).toISOString(),
    data: {
      budget: id,
      owner: budget.owner,
      stepPercent,
      period: budget.period,
      periodStartMs,
      limitBytes: budget.limitBytes,
      thresholdBytes,
      usedBytes,
    },
  };
}

const alertOf = (row: AlertRow): Alert => ({
  id: row.id,
  budget: row.budget,
  stepPercent: row.step_percent,
  periodStartMs: row.period_start_ms,
  thresholdBytes: row.threshold_bytes,
  usedBytes: row.used_bytes,
  crossedMs: row.crossed_ms,
  deliveredMs: row.delivered_ms,
  attempts: row.attempts,
  lastError: row.last_error,
});
