import { FairhopError } from '@fairhop/shared/model';
import { isAnsweredByHours, needsEvents } from './source.js';
import type { Selection } from './statement.js';
import { ALL_BINS, type TimeSlice } from './time-slices.js';

const instantOf = (hour: number): string => new Date(hour * 3_600_000).toISOString();

/** What of a slice is before an hour, and what is from it on. */
export function splitAt(slice: TimeSlice, hour: number): { before?: TimeSlice; from?: TimeSlice } {
  const { fromHour, toHour } = slice;
  return {
    ...(fromHour < hour && { before: { ...slice, toHour: Math.min(toHour, hour) } }),
    ...(toHour > hour && { from: { ...slice, fromHour: Math.max(fromHour, hour) } }),
  };
}

/**
 * A slice of time whose single events are dropped, as the rollups can answer it: where they know an hour only as a whole, hours that
 * count in part count whole, and the note says so. Throws `detail-dropped` where no rollup tells.
 */
export function asRollupsKnow(
  selection: Selection,
  slice: TimeSlice,
  { keptFromHour, mayWiden }: { readonly keptFromHour: number; readonly mayWiden: boolean },
): { readonly slice: TimeSlice; readonly note?: string } {
  const kept = instantOf(keptFromHour);
  if (needsEvents(selection)) {
    throw dropped(
      `only single events tell this, and those before ${kept} are dropped; a later time, all time, or no hosts, titles, categories and bins are right`,
    );
  }
  const isPartial = slice.masks.some((mask) => mask !== 0 && mask !== ALL_BINS);
  if (!isPartial || isAnsweredByHours(selection)) return { slice };
  if (!mayWiden)
    throw dropped(`hours count in part, and before ${kept} only whole ones are kept; whole hours are right`);
  return {
    slice: { ...slice, masks: slice.masks.map((mask) => (mask === 0 ? 0 : ALL_BINS)) },
    note: `single events before ${kept} are dropped: hours before it that count in part are counted as whole`,
  };
}

const dropped = (message: string): FairhopError =>
  new FairhopError('detail-dropped', message, { status: 422 });
