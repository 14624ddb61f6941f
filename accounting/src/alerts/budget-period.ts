import type { Budget } from '@fairhop/shared/contract';
import { createBoundedCache } from '@fairhop/shared/model';
import { createZone, type Zone } from '../query/zone.js';

/** Half-open [startMs, endMs); a null end is open. */
export interface BudgetPeriod {
  readonly startMs: number;
  readonly endMs: number | null;
}

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

/** A zone takes about 50 KiB and a millisecond to make; few are in use at once. */
const zones = createBoundedCache<string, Zone>(64);

function zoneOf(timeZone: string): Zone {
  const zone = zones.get(timeZone) ?? createZone(timeZone);
  zones.set(timeZone, zone);
  return zone;
}
