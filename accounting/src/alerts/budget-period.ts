import type { Budget } from '@fairhop/shared/contract';
import { createBoundedCache } from '@fairhop/shared/model';
import { createZone, type Zone } from '../query/zone.js';

/** Half-open [startMs, endMs); a null end is open. */
export interface BudgetPeriod {
  readonly startMs: number;
  readonly endMs: number | null;
}

/** A period to look at; of one that `isOver` late reports may still tell something new. */
export interface JudgedPeriod extends BudgetPeriod {
  readonly isOver: boolean;
}

/** Reports come minutes late, and claims settle after them: only then is it known how little a period was. */
const SETTLING_MS = 3_600_000;

/** The month or quarter, in the budget's zone, that holds the instant; `total` is all time. */
export function periodAt(
  { period, timeZone }: Pick<Budget, 'period' | 'timeZone'>,
  timeMs: number,
): BudgetPeriod {
  if (period === 'total') return { startMs: 0, endMs: null };
  const zone = zoneOf(timeZone);
  const offsetMs = zone.spans(timeMs, timeMs + 1)[0]?.offsetMs ?? 0;
  const local = new Date(timeMs + offsetMs);
  const year = local.getUTCFullYear();
  const months = period === 'month' ? 1 : 3;
  const first = local.getUTCMonth() - (local.getUTCMonth() % months) + 1;
  return {
    startMs: Math.max(0, zone.dayStartMs(year, first, 1)),
    endMs: zone.dayStartMs(year, first + months, 1),
  };
}

/**
 * The periods that a budget is about now, the earlier first: the running one, and the one before it, to which late reports still add.
 * What stays below is known at a period's end, so that it is about the last one that ended. A budget is not held against periods
 * before it was set.
 */
export function judgedPeriods(
  budget: Pick<Budget, 'period' | 'timeZone' | 'direction' | 'basis'> & { readonly sinceMs: number },
  nowMs: number,
): JudgedPeriod[] {
  const running = periodAt(budget, nowMs);
  const isFirst = running.endMs === null || running.startMs === 0 || budget.sinceMs >= running.startMs;
  const before = isFirst ? [] : [periodAt(budget, running.startMs - 1)];
  if (budget.direction === 'above')
    return [...before.map((period) => ({ ...period, isOver: true })), { ...running, isOver: false }];
  const settled = before.filter(({ endMs }) => endMs !== null && nowMs >= endMs + SETTLING_MS);
  if (budget.basis === 'actual') return settled.map((period) => ({ ...period, isOver: false }));
  return [...settled.map((period) => ({ ...period, isOver: true })), { ...running, isOver: false }];
}

/** A zone takes about 50 KiB and a millisecond to make; few are in use at once. */
const zones = createBoundedCache<string, Zone>(64);

function zoneOf(timeZone: string): Zone {
  const zone = zones.get(timeZone) ?? createZone(timeZone);
  zones.set(timeZone, zone);
  return zone;
}
