import { ALL_BINS, binsOf, type TimeSlice, timeSlices } from '../query/time-slices.js';
import type { Zone } from '../query/zone.js';
import type { Counted } from './counted.js';

/** Part of a charge's time whose hours count either wholly, which hourly rollups answer, or by some of their bins. */
export interface TimePart extends TimeSlice {
  readonly isWhole: boolean;
}

/**
 * Parts end where so many hours from the epoch do. As part of the canonical form of what is counted it never changes; it is the
 * ledger's era, so that a part is one range of its rollups.
 */
const RUN_HOURS = 512;

const slicesOf = ({ usage: { hours }, fromMs, toMs }: Counted, zone: Zone): TimeSlice[] =>
  timeSlices(hours === undefined ? [{ fromMs, toMs, offsetMs: 0 }] : zone.spans(fromMs, toMs), { hours });

/** The parts of a charge's time, always cut in the same way. */
export function timePartsOf(counted: Counted, zone: Zone): TimePart[] {
  return slicesOf(counted, zone).flatMap((slice) =>
    [true, false].flatMap((isWhole) => {
      const masks = slice.masks.map((mask) => ((mask === ALL_BINS) === isWhole ? mask : 0));
      return masks.every((mask) => mask === 0) ? [] : inRuns({ ...slice, masks, isWhole });
    }),
  );
}

function inRuns(part: TimePart): TimePart[] {
  const parts: TimePart[] = [];
  for (let fromHour = part.fromHour; fromHour < part.toHour; ) {
    const toHour = Math.min(part.toHour, (Math.floor(fromHour / RUN_HOURS) + 1) * RUN_HOURS);
    parts.push({ ...part, fromHour, toHour });
    fromHour = toHour;
  }
  return parts;
}

/** How many 5-minute bins count, those without a byte included. */
export function countBins(counted: Counted, zone: Zone): number {
  let bins = 0;
  for (const _ of binsOf(slicesOf(counted, zone))) bins += 1;
  return bins;
}
