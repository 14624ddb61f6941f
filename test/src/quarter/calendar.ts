/** Local days and hours by the runtime's own database of zones, half hour by half hour: no zone here moves by less. */
const STEP_MS = 30 * 60_000;
const FIRST_MS = Date.UTC(2026, 8, 20);
const LAST_MS = Date.UTC(2027, 3, 12);

export const BIN_MS = 5 * 60_000;

interface Local {
  /** `2026-10-25`. */
  readonly day: string;
  /** Of the half hour's begin. */
  readonly minuteOfDay: number;
}

const zones = new Map<string, readonly Local[]>();

function localsOf(timeZone: string): readonly Local[] {
  const known = zones.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
  });
  const locals: Local[] = [];
  for (let timeMs = FIRST_MS; timeMs < LAST_MS; timeMs += STEP_MS) {
    const [day = '', clock = ''] = format.format(timeMs).split(' ');
    const [hour = 0, minute = 0] = clock.split(':').map(Number);
    locals.push({ day, minuteOfDay: hour * 60 + minute });
  }
  zones.set(timeZone, locals);
  return locals;
}

function localOf(timeMs: number, timeZone: string): Local {
  const local = localsOf(timeZone)[Math.floor((timeMs - FIRST_MS) / STEP_MS)];
  if (local === undefined) throw new RangeError(`${timeMs} is outside of this calendar`);
  return { day: local.day, minuteOfDay: local.minuteOfDay + ((timeMs / 60_000) % 30) };
}

export const dayOf = (timeMs: number, timeZone: string): string => localOf(timeMs, timeZone).day;

/** `2026-10`, or `2026-Q4`. */
function keyOf(day: string, period: 'month' | 'quarter'): string {
  const month = day.slice(0, 7);
  return period === 'month' ? month : `${day.slice(0, 4)}-Q${Math.ceil(Number(day.slice(5, 7)) / 3)}`;
}

/** Hours of the day as `18:00` to `00:00`, which may run past midnight. */
export function isWithinHours(
  timeMs: number,
  timeZone: string,
  { from, to }: { readonly from: string; readonly to: string },
): boolean {
  const { minuteOfDay } = localOf(timeMs, timeZone);
  const [start, end] = [from, to].map((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)));
  if (start === end) return true;
  return start! < end!
    ? minuteOfDay >= start! && minuteOfDay < end!
    : minuteOfDay >= start! || minuteOfDay < end!;
}

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

const spans = new Map<string, Span>();

/** From the first half hour whose local date is in the period to the one after the last. */
export function spanOf(key: string, timeZone: string): Span {
  const name = `${key} ${timeZone}`;
  const span = spans.get(name) ?? findSpan(key, timeZone);
  spans.set(name, span);
  return span;
}

function findSpan(key: string, timeZone: string): Span {
  const period = key.includes('Q') ? 'quarter' : 'month';
  const locals = localsOf(timeZone);
  const first = locals.findIndex(({ day }) => keyOf(day, period) === key);
  const last = locals.findLastIndex(({ day }) => keyOf(day, period) === key);
  if (first <= 0 || last < 0) throw new RangeError(`${key} is outside of this calendar`);
  return { fromMs: FIRST_MS + first * STEP_MS, toMs: FIRST_MS + (last + 1) * STEP_MS };
}
