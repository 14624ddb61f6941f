import type { Hours } from '@fairhop/shared/model';

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
/** Zones have a few hundred names; another spelling of one is another entry. */
const MAX_KEPT_FORMATS = 1_000;

export interface HoursState {
  readonly open: boolean;
  /** When it opens or closes next; undefined when it never does. */
  readonly changesMs: number | undefined;
}

/** Whether `nowMs` lies within the hours of the zone's wall clock, and until when that holds. */
export function hoursState(hours: Hours, nowMs: number): HoursState {
  const from = minutesOf(hours.from);
  const to = minutesOf(hours.to);
  if (from === to || (from === 0 && to === DAY_MINUTES)) return { open: true, changesMs: undefined };
  const isOpen = (timeMs: number): boolean => {
    const minute = wallMinute(hours.timeZone, timeMs);
    return from < to ? from <= minute && minute < to : minute >= from || minute < to;
  };
  const open = isOpen(nowMs);
  const thisMinuteMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
  const boundary = open ? to : from;
  const minutesAhead =
    (boundary - wallMinute(hours.timeZone, nowMs) + DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES;
  const expectedMs = thisMinuteMs + minutesAhead * MINUTE_MS;
  // Where the wall clock ran on evenly the boundary is there; clocks that are put forward or back are searched by the minute.
  const isEven =
    offsetMinutes(hours.timeZone, expectedMs) === offsetMinutes(hours.timeZone, nowMs) &&
    isOpen(expectedMs) !== open;
  if (isEven) return { open, changesMs: expectedMs };
  for (let timeMs = thisMinuteMs + MINUTE_MS; timeMs <= thisMinuteMs + 2 * DAY_MINUTES * MINUTE_MS; ) {
    if (isOpen(timeMs) !== open) return { open, changesMs: timeMs };
    timeMs += MINUTE_MS;
  }
  return { open, changesMs: undefined };
}

/** Minute of the day on the zone's wall clock, 0 to 1439. */
function wallMinute(timeZone: string, timeMs: number): number {
  const utcMinute = Math.floor(timeMs / MINUTE_MS) % DAY_MINUTES;
  return (utcMinute + offsetMinutes(timeZone, timeMs) + 2 * DAY_MINUTES) % DAY_MINUTES;
}

/** Wall clock less UTC, in minutes, modulo a day. */
function offsetMinutes(timeZone: string, timeMs: number): number {
  const parts = formatOf(timeZone).formatToParts(timeMs);
  const partOf = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  const wall = partOf('hour') * 60 + partOf('minute');
  const utcMinute = Math.floor(timeMs / MINUTE_MS) % DAY_MINUTES;
  return (wall - utcMinute + DAY_MINUTES) % DAY_MINUTES;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const kept = formats.get(timeZone);
  if (kept) return kept;
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  if (formats.size >= MAX_KEPT_FORMATS) formats.delete(formats.keys().next().value!);
  formats.set(timeZone, format);
  return format;
}

function minutesOf(text: string): number {
  const [hour, minute] = text.split(':');
  return Number(hour) * 60 + Number(minute);
}
