import type { Budget } from '@fairhop/shared/contract';
import { createBoundedCache } from '../bounded-cache.js';

/** Half-open [startMs, endMs); a null end is open. */
export interface BudgetPeriod {
  readonly startMs: number;
  readonly endMs: number | null;
}

/** The month or quarter, in the budget's zone, that holds the instant; `total` is all time. */
export function periodAt({ period, timeZone }: Pick<Budget, 'period' | 'timeZone'>, timeMs: number): BudgetPeriod {
  if (period === 'total') return { startMs: 0, endMs: null };
  const { year, month } = localDate(timeZone, timeMs);
  const months = period === 'month' ? 1 : 3;
  const first = month - (month % months);
  return {
    startMs: startOfMonth(timeZone, year, first),
    endMs: startOfMonth(timeZone, year, first + months),
  };
}

/** `month` from 0; months past December run into the next year. Never before 1970. */
function startOfMonth(timeZone: string, year: number, month: number): number {
  const localMs = Date.UTC(year, month);
  // The offset that holds at local midnight is known only at its instant; the second step is right after a change of it.
  const nearMs = localMs - offsetAt(timeZone, localMs);
  return Math.max(0, localMs - offsetAt(timeZone, nearMs));
}

function offsetAt(timeZone: string, timeMs: number): number {
  const { year, month, day, hour, minute, second } = localDate(timeZone, timeMs);
  return Date.UTC(year, month, day, hour, minute, second) - (timeMs - (timeMs % 1000));
}

interface LocalDate {
  readonly year: number;
  /** From 0. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

function localDate(timeZone: string, timeMs: number): LocalDate {
  const parts = new Map(
    formatterOf(timeZone)
      .formatToParts(timeMs)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  return {
    year: part('year'),
    month: part('month') - 1,
    day: part('day'),
    hour: part('hour'),
    minute: part('minute'),
    second: part('second'),
  };
}

/** A formatter takes about 50 KiB and a millisecond to make; few zones are in use at once. */
const formatters = createBoundedCache<string, Intl.DateTimeFormat>(64);

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(timeZone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-US-u-ca-iso8601', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formatters.set(timeZone, formatter);
  }
  return formatter;
}
