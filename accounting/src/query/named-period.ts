import type { Zone } from './zone.js';

/** A date of the calendar; months and days beyond their year's or month's run on. */
type Day = readonly [year: number, month: number, day: number];

type Unit = 'day' | 'week' | 'month' | 'quarter' | 'year';

interface Calendar {
  /** First day of the unit that has a day. */
  readonly first: (day: Day) => Day;
  readonly add: (day: Day, units: number) => Day;
}

const daysLater = ([year, month, day]: Day, days: number): Day => [year, month, day + days];
const monthsLater = ([year, month]: Day, months: number): Day => [year, month + months, 1];

/** Days since Monday: weeks are those of ISO 8601. */
const weekday = ([year, month, day]: Day): number =>
  (new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % 7;

const calendars: Readonly<Record<Unit, Calendar>> = {
  day: { first: (day) => day, add: daysLater },
  week: { first: (day) => daysLater(day, -weekday(day)), add: (day, units) => daysLater(day, 7 * units) },
  month: { first: ([year, month]) => [year, month, 1], add: monthsLater },
  quarter: {
    first: ([year, month]) => [year, month - ((month - 1) % 3), 1],
    add: (day, units) => monthsLater(day, 3 * units),
  },
  year: { first: ([year]) => [year, 1, 1], add: (day, units) => monthsLater(day, 12 * units) },
};

/**
 * `2026`, `2026-Q4`, `2026-11` or `2026-11-20` as [fromMs, toMs), or `today`, `yesterday`, `this-week`, `last-quarter` and the like
 * as of `nowMs`, all by the zone's calendar. Undefined for a day that no month has, and for what begins before 1970, since times here are
 * not negative.
 */
export function namedPeriod(
  period: string,
  zone: Zone,
  nowMs: number,
): { fromMs: number; toMs: number } | undefined {
  const named = fixedPeriod(period) ?? relativePeriod(period, today(zone, nowMs));
  if (named === undefined) return undefined;
  const { unit, first } = named;
  const fromMs = zone.dayStartMs(...first);
  if (fromMs < 0) return undefined;
  return { fromMs, toMs: zone.dayStartMs(...calendars[unit].add(first, 1)) };
}

interface Named {
  readonly unit: Unit;
  readonly first: Day;
}

function fixedPeriod(period: string): Named | undefined {
  const [, year, quarter, month, day] =
    /^(\d{4})(?:-Q(\d)|-(\d{2})(?:-(\d{2}))?)?$/.exec(period)?.map(Number) ?? [];
  // `Date` takes years below 100 for those of the last century.
  if (!year || year < 1970) return undefined;
  if (quarter) return { unit: 'quarter', first: [year, quarter * 3 - 2, 1] };
  if (!month) return { unit: 'year', first: [year, 1, 1] };
  if (!day) return { unit: 'month', first: [year, month, 1] };
  const isThere = new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
  return isThere ? { unit: 'day', first: [year, month, day] } : undefined;
}

function relativePeriod(period: string, now: Day): Named | undefined {
  const word = { today: 'this-day', yesterday: 'last-day' }[period] ?? period;
  const [, which, unit] = /^(this|last)-(day|week|month|quarter|year)$/.exec(word) ?? [];
  if (unit === undefined) return undefined;
  const { first, add } = calendars[unit as Unit];
  return { unit: unit as Unit, first: add(first(now), which === 'this' ? 0 : -1) };
}

function today(zone: Zone, nowMs: number): Day {
  const [span] = zone.spans(nowMs, nowMs + 1);
  const local = new Date(nowMs + span!.offsetMs);
  return [local.getUTCFullYear(), local.getUTCMonth() + 1, local.getUTCDate()];
}
