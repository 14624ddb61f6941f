const HOUR_MS = 3_600_000;
/** In the middle of the evening, so that a run never leaves 18:00 to 00:00. */
const EVENING_HOUR = 20;

/** A fixed-offset zone of the tz database in which it is between 20:00 and 21:00 now. */
export const eveningZone = (nowMs: number): string => {
  const utcHour = Math.floor(nowMs / HOUR_MS) % 24;
  const offsetHours = ((EVENING_HOUR - utcHour + 36) % 24) - 12;
  // POSIX signs in Etc/ names: Etc/GMT-3 is three hours ahead of UTC.
  return offsetHours === 0 ? 'Etc/GMT' : `Etc/GMT${offsetHours > 0 ? '-' : '+'}${Math.abs(offsetHours)}`;
};

/** The calendar quarter of a time in a zone, as queries take it: `2026-Q4`. */
export const quarterOf = (nowMs: number, timeZone: string): string => {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: 'numeric',
  }).formatToParts(nowMs);
  const part = (type: string): number => Number(parts.find((candidate) => candidate.type === type)?.value);
  return `${part('year')}-Q${Math.ceil(part('month') / 3)}`;
};

export interface Month {
  /** `2026-11` */
  readonly period: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** The calendar month of a time in a zone of a fixed offset. */
export const monthOf = (nowMs: number, timeZone: string): Month => {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone,
    hourCycle: 'h23',
    ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric' },
  }).formatToParts(nowMs);
  const part = (type: string): number => Number(parts.find((candidate) => candidate.type === type)?.value);
  const [year, month] = [part('year'), part('month')];
  const hourMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS;
  const offsetMs = Date.UTC(year, month - 1, part('day'), part('hour')) - hourMs;
  return {
    period: `${year}-${String(month).padStart(2, '0')}`,
    fromMs: Date.UTC(year, month - 1) - offsetMs,
    toMs: Date.UTC(year, month) - offsetMs,
  };
};
