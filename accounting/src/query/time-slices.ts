import { BIN_MS } from '@fairhop/shared/model';
import type { OffsetSpan } from './zone.js';

export const BINS_PER_HOUR = 12;
const HOURS_PER_DAY = 24;
export const ALL_BINS = 2 ** BINS_PER_HOUR - 1;

/**
 * Hours [fromHour, toHour), counted from the epoch, of which the 5-minute bins count that are set in the mask of their
 * hour of the UTC day: bit 0 is the hour's first bin. Local time is UTC plus `offsetMs` throughout.
 */
export interface TimeSlice {
  readonly fromHour: number;
  readonly toHour: number;
  readonly masks: readonly number[];
  readonly offsetMs: number;
}

/** Minutes of the local day, [from, to); `to` at or before `from` wraps past midnight. */
export interface DayMinutes {
  readonly from: number;
  readonly to: number;
}

const minutesOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));

/** `HH:MM`; the same twice is the whole day. */
export const dayMinutes = (hours: { from: string; to: string }): DayMinutes => ({
  from: minutesOf(hours.from),
  to: minutesOf(hours.to),
});

function isWithin({ from, to }: DayMinutes, minute: number): boolean {
  if (from === to) return true;
  return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}

/** The bins that begin within the spans, and at a local time within `hours`, as slices that do not overlap. */
export function timeSlices(spans: readonly OffsetSpan[], hours?: DayMinutes): TimeSlice[] {
  return spans.flatMap(({ fromMs, toMs, offsetMs }) => {
    const masks = masksOf(offsetMs, hours);
    return cutAtHours(Math.ceil(fromMs / BIN_MS), Math.ceil(toMs / BIN_MS))
      .map(({ fromHour, toHour, mask }) => ({
        fromHour,
        toHour,
        offsetMs,
        masks: masks.map((bins, hour) =>
          mask === ALL_BINS || hour === fromHour % HOURS_PER_DAY ? bins & mask : 0,
        ),
      }))
      .filter((slice) => slice.masks.some((mask) => mask !== 0));
  });
}

export function includesBin({ fromHour, toHour, masks }: TimeSlice, bin: number): boolean {
  const hour = Math.floor(bin / BINS_PER_HOUR);
  if (hour < fromHour || hour >= toHour) return false;
  return ((masks[hour % HOURS_PER_DAY]! >> (bin % BINS_PER_HOUR)) & 1) === 1;
}

function masksOf(offsetMs: number, hours: DayMinutes | undefined): number[] {
  return Array.from({ length: HOURS_PER_DAY }, (_, hour) => {
    if (hours === undefined) return ALL_BINS;
    let mask = 0;
    for (let bin = 0; bin < BINS_PER_HOUR; bin += 1) {
      const localMinute = Math.floor(((hour * BINS_PER_HOUR + bin) * BIN_MS + offsetMs) / 60_000);
      if (isWithin(hours, ((localMinute % 1440) + 1440) % 1440)) mask |= 1 << bin;
    }
    return mask;
  });
}

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
