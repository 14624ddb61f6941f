import type { Alert } from '@fairhop/shared/contract';
import type { AlertStore, RecordedChange } from './alert-store.js';
import { type JudgedPeriod, judgedPeriods, periodAt } from './budget-period.js';
import type { StoredBudget } from './budget-store.js';
import { judgeEnded, judgeSteps, type StepState, thresholdOf } from './judge-steps.js';
import type { Measured } from './measure.js';

export interface BudgetLookDependencies {
  readonly store: AlertStore;
  readonly measure: (budget: StoredBudget, period: JudgedPeriod, nowMs: number) => Promise<Measured>;
  /** At least what of the owner is delivered in a period, quickly; whatever is believed of it. */
  readonly deliveredBytes: (owner: string, fromMs: number, toMs: number | null) => number;
  /** Whether it is set, and not anew meanwhile. */
  readonly isInForce: (budget: StoredBudget) => boolean;
}

export interface Look {
  readonly alerts: Alert[];
  /** Something may settle any moment. */
  readonly isPending: boolean;
}

const ended = { kind: 'resolved', reason: 'period-ended', status: 'over' } as const;
const changed = { kind: 'resolved', reason: 'budget-changed', status: 'resolved' } as const;

/** Looks at one budget: compares what is used with its steps, and records what is to be told. */
export function createBudgetLook({ store, measure, deliveredBytes, isInForce }: BudgetLookDependencies) {
  /** Whether usage cannot have reached anything new: then nothing has to be asked. */
  const isQuiet = (
    budget: StoredBudget,
    period: JudgedPeriod,
    states: ReadonlyMap<number, StepState>,
  ): boolean => {
    if (budget.direction === 'below' || budget.basis === 'forecast') return false;
    const isFill = budget.kind === 'edge-to-edge' || budget.kind === 'origin-to-edge';
    const isActive = [...states.values()].some(({ status }) => status === 'active');
    if (isFill || (period.isOver && isActive)) return false;
    const untold = budget.steps.find(
      ({ percent }) => (states.get(percent)?.status ?? 'resolved') === 'resolved',
    );
    if (untold === undefined) return true;
    const threshold = thresholdOf(budget.limitBytes, untold.percent);
    return deliveredBytes(budget.owner, period.startMs, period.endMs) < threshold;
  };
  const changesIn = (
    budget: StoredBudget,
    period: JudgedPeriod,
    { usedBytes, forecastBytes }: Measured,
    states: ReadonlyMap<number, StepState>,
  ): RecordedChange[] => {
    const stepsPercent = budget.steps.map(({ percent }) => percent);
    const active = [...states].filter(([, { status }]) => status === 'active');
    const ending = (which: typeof active, how: typeof ended | typeof changed): RecordedChange[] =>
      which
        .sort(([left], [right]) => right - left)
        .map(([stepPercent, { occurrence }]) => ({ ...how, stepPercent, occurrence }));
    const valueBytes = budget.basis === 'forecast' && !period.isOver ? forecastBytes : usedBytes;
    const gone = active.filter(([percent]) => !stepsPercent.includes(percent));
    if (period.isOver) {
      const late = judgeEnded({ ...budget, stepsPercent, valueBytes: usedBytes, states });
      return [
        ...late.map((change) => ({ ...change, reason: null, status: 'over' as const })),
        ...ending(active, ended),
      ];
    }
    const judged = valueBytes === null ? [] : judgeSteps({ ...budget, stepsPercent, valueBytes, states });
    return [
      ...ending(gone, changed),
      ...judged.map((change) => ({
        ...change,
        reason: change.kind === 'resolved' ? ('usage' as const) : null,
        status: change.kind === 'resolved' ? ('resolved' as const) : ('active' as const),
      })),
    ];
  };
  const lookAt = async (
    budget: StoredBudget,
    period: JudgedPeriod,
    { nowMs, isThorough }: { nowMs: number; isThorough: boolean },
  ): Promise<Look> => {
    const states = store.states(budget.id, period.startMs);
    if (!isThorough && isQuiet(budget, period, states)) return { alerts: [], isPending: false };
    const measured = await measure(budget, period, nowMs);
    if (!isInForce(budget)) return { alerts: [], isPending: false };
    const changes = changesIn(budget, period, measured, states);
    const found = { ...measured, periodStartMs: period.startMs, nowMs };
    const alerts = changes.length === 0 ? [] : store.record(budget, changes, found);
    return { alerts, isPending: measured.pendingBytes > 0 };
  };
  /** Periods before those that it is about now, in which steps are still active. */
  const forgotten = (budget: StoredBudget, periods: readonly JudgedPeriod[]): JudgedPeriod[] => {
    const current = periods.find(({ isOver }) => !isOver);
    const starts = new Set(store.active(budget.id).map(({ periodStartMs }) => periodStartMs));
    for (const { startMs } of periods) starts.delete(startMs);
    return [...starts]
      .filter((startMs) => current !== undefined && startMs < current.startMs)
      .map((startMs) => ({ ...periodAt(budget, startMs), isOver: true }));
  };
  return {
    /** `isThorough` also where nothing can have been reached: after the budget changed. */
    async look(budget: StoredBudget, nowMs: number, isThorough: boolean): Promise<Look> {
      const periods = judgedPeriods(budget, nowMs);
      const all: Look = { alerts: [], isPending: false };
      let isPending = false;
      for (const period of forgotten(budget, periods)) {
        const ending = { ...budget, steps: [] };
        const measured = await measure(budget, period, nowMs);
        if (!isInForce(budget)) return all;
        const states = store.states(budget.id, period.startMs);
        const found = { ...measured, periodStartMs: period.startMs, nowMs };
        all.alerts.push(...store.record(budget, changesIn(ending, period, measured, states), found));
      }
      for (const period of periods) {
        const look = await lookAt(budget, period, { nowMs, isThorough });
        all.alerts.push(...look.alerts);
        isPending ||= look.isPending;
      }
      return { ...all, isPending };
    },
    /** What a budget that is replaced by one about something else leaves: to be recorded with the replacement. */
    async resolveAll(budget: StoredBudget, nowMs: number): Promise<() => Alert[]> {
      const active = store.active(budget.id);
      const starts = [...new Set(active.map(({ periodStartMs }) => periodStartMs))];
      const founds = await Promise.all(
        starts.map(async (startMs) => {
          const period = { ...periodAt(budget, startMs), isOver: true };
          return { ...(await measure(budget, period, nowMs)), periodStartMs: startMs, nowMs };
        }),
      );
      return () =>
        founds.flatMap((found) =>
          store.record(
            budget,
            active
              .filter(({ periodStartMs }) => periodStartMs === found.periodStartMs)
              .map(({ stepPercent, occurrence }) => ({ ...changed, stepPercent, occurrence })),
            found,
          ),
        );
    },
  };
}
