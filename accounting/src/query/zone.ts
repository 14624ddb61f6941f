/** A stretch of time in which the zone's offset does not change. */
export interface OffsetSpan {
  readonly fromMs: number;
  readonly toMs: number;
  /** Local time minus UTC. */
  readonly offsetMs: number;
}

export interface Zone {
  /** Spans of [fromMs, toMs), in order, without holes. */
  spans(fromMs: number, toMs: number): OffsetSpan[];
  /** The first instant of a local day; `month` from 1 to 12 and beyond, which runs into the next years. */
  dayStartMs(year: number, month: number, day: number): number;
}

const dayMs = 86_400_000;
/** Years asked for in one zone: more than a ledger holds. */
const maximumCachedYears = 100;

interface Transition {
  readonly atMs: number;
  readonly offsetMs: number;
}

/** An IANA time zone, from the runtime's own data. */
export function createZone(timeZone: string): Zone {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  const offsetAt = (timeMs: number): number => {
    // 11/20/2026, 18:05:00
    const [month, day, year, hour, minute, second] = format.format(timeMs).match(/\d+/g)!.map(Number);
    return Date.UTC(year!, month! - 1, day, hour, minute, second) - Math.floor(timeMs / 1000) * 1000;
  };
  const years = new Map<number, Transition[]>();

  /** Changes of offset after `fromMs` up to `toMs`; the offset holds on either side of each for a day at least. */
  const search = (fromMs: number, toMs: number): Transition[] => {
    const transitions: Transition[] = [];
    let before = offsetAt(fromMs);
    for (let dayStart = fromMs; dayStart < toMs; dayStart += dayMs) {
      const dayEnd = Math.min(dayStart + dayMs, toMs);
      const after = offsetAt(dayEnd);
      if (after === before) continue;
      let [low, high] = [dayStart, dayEnd];
      while (high - low > 1000) {
        const middle = Math.floor((low + high) / 2000) * 1000;
        if (offsetAt(middle) === before) low = middle;
        else high = middle;
      }
      transitions.push({ atMs: high, offsetMs: after });
      before = after;
    }
    return transitions;
  };
  const ofYear = (year: number): Transition[] => {
    let transitions = years.get(year);
    if (transitions === undefined) {
      transitions = search(Date.UTC(year), Date.UTC(year + 1));
      if (years.size >= maximumCachedYears) years.clear();
      years.set(year, transitions);
    }
    return transitions;
  };

  return {
    spans(fromMs, toMs) {
      const spans: OffsetSpan[] = [];
      let span = { fromMs, offsetMs: offsetAt(fromMs) };
      const lastYear = new Date(toMs).getUTCFullYear();
      for (let year = new Date(fromMs).getUTCFullYear(); year <= lastYear; year += 1) {
        for (const { atMs, offsetMs } of ofYear(year)) {
          if (atMs <= fromMs || atMs >= toMs) continue;
          spans.push({ ...span, toMs: atMs });
          span = { fromMs: atMs, offsetMs };
        }
      }
      if (span.fromMs < toMs) spans.push({ ...span, toMs });
      return spans;
    },
    dayStartMs(year, month, day) {
      const local = Date.UTC(year, month - 1, day);
      const offsets = [offsetAt(local - dayMs), offsetAt(local + dayMs)];
      const exact = offsets
        .map((offset) => local - offset)
        .filter((timeMs) => timeMs + offsetAt(timeMs) === local)
        .sort((left, right) => left - right)[0];
      // Midnight is skipped where clocks go forward at it: the day begins with the change.
      return exact ?? search(local - dayMs, local + dayMs)[0]?.atMs ?? local - offsets[0]!;
    },
  };
}
