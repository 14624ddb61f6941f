import type { Alert, AlertChannel, BudgetAction } from '@fairhop/shared/contract';
import type { Database } from 'better-sqlite3';
import { type AlertFacts, alertId, alertPayload } from './alert-message.js';
import type { StoredBudget } from './budget-store.js';
import { type StepChange, type StepState, thresholdOf } from './judge-steps.js';
import type { MessageState, MessageStore, StoredMessage } from './message-store.js';

/** What happened to a step, and how far it has got thereby. */
export interface RecordedChange extends StepChange {
  readonly status: StepState['status'];
  readonly reason: Alert['reason'];
}

/** What was found when it happened. */
interface Found {
  readonly periodStartMs: number;
  readonly usedBytes: number;
  readonly forecastBytes: number | null;
  readonly nowMs: number;
}

export interface ActiveStep {
  readonly periodStartMs: number;
  readonly stepPercent: number;
  readonly occurrence: number;
}

export interface AlertStore {
  /** Of the steps of a budget in one period. */
  states(budget: string, periodStartMs: number): ReadonlyMap<number, StepState>;
  /** Reached and not resolved, in whatever period. */
  active(budget: string): ActiveStep[];
  /** In one transaction: how far the steps have got, and what is to be told of it by which channel. */
  record(budget: StoredBudget, changes: readonly RecordedChange[], found: Found): Alert[];
  /** Newest first, at most 1,000. */
  list(filter: {
    budget?: string | undefined;
    owner?: string | undefined;
    state?: MessageState | undefined;
  }): Alert[];
  /** Nothing was ever told of the budget. */
  forgetSteps(budget: string): void;
}

export function createAlertStore(database: Database, messages: MessageStore): AlertStore {
  const states = database.prepare<[string, number], StepState & { stepPercent: number }>(
    'SELECT step_percent AS stepPercent, occurrence, status FROM step_state WHERE budget = ? AND period_start_ms = ?',
  );
  const active = database.prepare<[string], ActiveStep>(`
    SELECT period_start_ms AS periodStartMs, step_percent AS stepPercent, occurrence FROM step_state
    WHERE budget = ? AND status = 'active' ORDER BY period_start_ms, step_percent`);
  const putState = database.prepare<[string, number, number, number, string]>(`
    INSERT INTO step_state (budget, period_start_ms, step_percent, occurrence, status) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET occurrence = excluded.occurrence, status = excluded.status`);
  const forget = database.prepare<[string]>('DELETE FROM step_state WHERE budget = ?');

  const recordOne = (budget: StoredBudget, change: RecordedChange, found: Found): Alert | undefined => {
    putState.run(budget.id, found.periodStartMs, change.stepPercent, change.occurrence, change.status);
    const facts = factsOf(budget, change, found);
    const { id, budget: subject, ...told } = facts;
    const message = {
      ...{ id, subject, facts: JSON.stringify(told) },
      payload: JSON.stringify(alertPayload(facts, budget)),
      channels: channelsOf(budget, change.stepPercent),
    };
    const stored = messages.add(message, found.nowMs);
    return stored && alertOf(stored);
  };
  const record = database.transaction(
    (budget: StoredBudget, changes: readonly RecordedChange[], found: Found): Alert[] =>
      changes.flatMap((change) => recordOne(budget, change, found) ?? []),
  );
  return {
    states: (budget, periodStartMs) =>
      new Map(states.all(budget, periodStartMs).map(({ stepPercent, ...state }) => [stepPercent, state])),
    active: (budget) => active.all(budget),
    record: (...input) => record.immediate(...input),
    list: ({ budget: subject, owner, state }) =>
      messages.list({ isOfSchedules: false, subject, owner, state }).map(alertOf),
    forgetSteps: (budget) => {
      forget.run(budget);
    },
  };
}

const alertOf = ({ id, subject, facts, delivery }: StoredMessage): Alert => ({
  ...{ id, budget: subject },
  ...(JSON.parse(facts) as Omit<AlertFacts, 'id' | 'budget'>),
  ...delivery,
});

/** A step that the budget has no more is told by all that the budget has. */
function channelsOf({ steps, webhook, email }: StoredBudget, stepPercent: number): AlertChannel[] {
  const wanted = steps.find(({ percent }) => percent === stepPercent)?.channels ?? ['webhook', 'email'];
  const has = { webhook: webhook !== undefined, email: email !== undefined };
  return (['webhook', 'email'] as const).filter((channel) => has[channel] && wanted.includes(channel));
}

function factsOf(
  budget: StoredBudget,
  { kind, reason, stepPercent, occurrence }: RecordedChange,
  { periodStartMs, usedBytes, forecastBytes, nowMs }: Found,
): AlertFacts {
  const action: BudgetAction | null =
    budget.steps.find(({ percent }) => percent === stepPercent)?.action ?? null;
  const facts = { kind, reason, stepPercent, occurrence, action, periodStartMs };
  return {
    id: alertId(budget, facts),
    budget: budget.id,
    ...facts,
    thresholdBytes: thresholdOf(budget.limitBytes, stepPercent),
    usedBytes,
    forecastBytes,
    crossedMs: nowMs,
  };
}
