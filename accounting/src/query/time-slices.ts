import { type DayOfWeek, dayOfWeekSchema } from '@fairhop/shared/contract';
import { BIN_MS } from '@fairhop/shared/model';
import type { OffsetSpan } from './zone.js';

export const BINS_PER_HOUR = 12;
const HOURS_PER_DAY = 24;
const MINUTES_PER_DAY = 1440;
const DAYS_PER_WEEK = 7;
/** 1970-01-01 was a Thursday, the fourth day of a week that begins on Monday. */
const EPOCH_WEEKDAY = 3;
export const ALL_BINS = 2 ** BINS_PER_HOUR - 1;

/**
 * Hours [fromHour, toHour), counted from the epoch, of which the 5-minute bins count that are set in their hour's mask: bit 0 is
 * the hour's first bin. Masks repeat every UTC day, or every 168 hours from the epoch on where days of the week matter. Local
 * time is UTC plus `offsetMs` throughout.
 */
export interface TimeSlice {
  readonly fromHour: number;
  readonly toHour: number;
  readonly masks: readonly number[];
  readonly offsetMs: number;
}

/** Minutes of the local day, [from, to); `to` at or before `from` wraps past midnight. */
interface DayMinutes {
  readonly from: number;
  readonly to: number;
}

const minutesOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));

/** `HH:MM`; the same twice is the whole day. */
const dayMinutes = (hours: { from: string; to: string }): DayMinutes => ({
  from: minutesOf(hours.from),
  to: minutesOf(hours.to),
});

function isWithin({ from, to }: DayMinutes, minute: number): boolean {
  if (from === to) return true;
  return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}

/** Which local times count; what is absent does not matter. */
export interface LocalTimes {
  readonly hours?: { readonly from: string; readonly to: string } | undefined;
  readonly days?: readonly DayOfWeek[] | undefined;
}

/** The bins that begin within the spans, and at a local time that counts, as slices that do not overlap. */
export function timeSlices(spans: readonly OffsetSpan[], times: LocalTimes = {}): TimeSlice[] {
  return spans.flatMap(({ fromMs, toMs, offsetMs }) => {
    const masks = masksOf(offsetMs, times);
    return cutAtHours(Math.ceil(fromMs / BIN_MS), Math.ceil(toMs / BIN_MS))
      .map(({ fromHour, toHour, mask }) => ({
        fromHour,
        toHour,
        offsetMs,
        masks: masks.map((bins, hour) =>
          mask === ALL_BINS || hour === fromHour % masks.length ? bins & mask : 0,
        ),
      }))
      .filter((slice) => slice.masks.some((mask) => mask !== 0));
  });
}

export function includesBin({ fromHour, toHour, masks }: TimeSlice, bin: number): boolean {
  const hour = Math.floor(bin / BINS_PER_HOUR);
  if (hour < fromHour || hour >= toHour) return false;
  return ((masks[hour % masks.length]! >> (bin % BINS_PER_HOUR)) & 1) === 1;
}

/** Bins of the slices, in order, that count. */
export function* binsOf(slices: readonly TimeSlice[]): Iterable<{ bin: number; offsetMs: number }> {
  for (const slice of slices) {
    for (let bin = slice.fromHour * BINS_PER_HOUR; bin < slice.toHour * BINS_PER_HOUR; bin += 1)
      if (includesBin(slice, bin)) yield { bin, offsetMs: slice.offsetMs };
  }
}

function masksOf(offsetMs: number, { hours, days }: LocalTimes): number[] {
  const day = hours && dayMinutes(hours);
  const weekdays = days && new Set(days.map((name) => dayOfWeekSchema.options.indexOf(name)));
  const length = weekdays === undefined ? HOURS_PER_DAY : DAYS_PER_WEEK * HOURS_PER_DAY;
  return Array.from({ length }, (_, hour) => {
    if (day === undefined && weekdays === undefined) return ALL_BINS;
    let mask = 0;
    for (let bin = 0; bin < BINS_PER_HOUR; bin += 1) {
      const localMinute = Math.floor(((hour * BINS_PER_HOUR + bin) * BIN_MS + offsetMs) / 60_000);
      const weekday = modulo(Math.floor(localMinute / MINUTES_PER_DAY) + EPOCH_WEEKDAY, DAYS_PER_WEEK);
      if (weekdays?.has(weekday) === false) continue;
      if (day === undefined || isWithin(day, modulo(localMinute, MINUTES_PER_DAY))) mask |= 1 << bin;
    }
    return mask;
  });
}

const modulo = (value: number, divisor: number): number => ((value % divisor) + divisor) % divisor;

/** [fromBin, toBin) as the rest of an hour, whole hours, and the begin of an hour. */
function cutAtHours(fromBin: number, toBin: number): { fromHour: number; toHour: number; mask: number }[] {
  if (fromBin >= toBin) return [];
  const firstHour = Math.floor(fromBin / BINS_PER_HOUR);
  const lastHour = Math.floor((toBin - 1) / BINS_PER_HOUR);
  const fromMask = ALL_BINS & (ALL_BINS << (fromBin % BINS_PER_HOUR));
  const toMask = ALL_BINS >> (BINS_PER_HOUR - 1 - ((toBin - 1) % BINS_PER_HOUR));
  if (firstHour === lastHour)
    return [{ fromHour: firstHour, toHour: firstHour + 1, mask: fromMask & toMask }];
  const wholeFrom = fromMask === ALL_BINS ? firstHour : firstHour + 1;
  const wholeTo = toMask === ALL_BINS ? lastHour + 1 : lastHour;
  const pieces = [
    { fromHour: firstHour, toHour: wholeFrom, mask: fromMask },
    { fromHour: wholeFrom, toHour: wholeTo, mask: ALL_BINS },
    { fromHour: wholeTo, toHour: lastHour + 1, mask: toMask },
  ];
  return pieces.filter((piece) => piece.fromHour < piece.toHour);
}
