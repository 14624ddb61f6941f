import type { Query } from '@fairhop/shared/contract';
import type { Belief } from '@fairhop/shared/model';
import type { TransferEvent as BookedEvent } from '../ledger/event.js';

/** Where it matters, an event's bytes of one belief. */
export type TransferEvent = BookedEvent & { readonly belief?: Belief };

const isIn = (ref: string, asn: number | null, isp: string | null): boolean =>
  ref.startsWith('as:') ? asn === Number(ref.slice(3)) : isp === ref.toLowerCase();

/** Every pair of steps, as the words say it. */
function crosses({ path }: TransferEvent, leaves?: string, enters?: string): boolean {
  if (leaves === undefined && enters === undefined) return true;
  const ases = (path?.asPath ?? []).map((asn, index) => ({ asn, isp: path!.isps[index]! }));
  const inside = (ref: string, index: number): boolean => isIn(ref, ases[index]!.asn, ases[index]!.isp);
  const steps = ases.slice(1).map((_, index) => index);
  const leaving = steps.filter(
    (step) => leaves !== undefined && inside(leaves, step) && !inside(leaves, step + 1),
  );
  const entering = steps.filter(
    (step) => enters !== undefined && !inside(enters, step) && inside(enters, step + 1),
  );
  if (leaves === undefined) return entering.length > 0;
  if (enters === undefined) return leaving.length > 0;
  return leaving.some((out) => entering.some((into) => into >= out));
}

interface Local {
  readonly day: string;
  readonly time: string;
  readonly offset: string;
  readonly weekday: string;
}

const formats = new Map<string, Intl.DateTimeFormat>();
const locals = new Map<string, Local>();

function localOf(timeMs: number, timeZone: string): Local {
  const key = `${timeMs} ${timeZone}`;
  const local = locals.get(key) ?? computeLocal(timeMs, timeZone);
  locals.set(key, local);
  return local;
}

function computeLocal(timeMs: number, timeZone: string): Local {
  let format = formats.get(timeZone);
  if (format === undefined) {
    const two = '2-digit';
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      ...{
        year: 'numeric',
        month: two,
        day: two,
        hour: two,
        minute: two,
        timeZoneName: 'longOffset',
        weekday: 'long',
      },
    } as Intl.DateTimeFormatOptions);
    formats.set(timeZone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(timeMs).map(({ type, value }) => [type, value]));
  const offset = parts['timeZoneName']!.replace('GMT', '').replace('−', '-');
  return {
    day: `${parts['year']}-${parts['month']}-${parts['day']}`,
    time: `${parts['hour']}:${parts['minute']}`,
    offset: offset === '' ? '+00:00' : offset,
    weekday: parts['weekday']!.toLowerCase(),
  };
}

const minuteMs = 60_000;

/** Whether a bin that begins then counts, as its local clock and calendar say. */
function isInTime(binMs: number, { fromMs, toMs, period, hours, days, timeZone }: Query['time']): boolean {
  if (fromMs !== undefined && binMs < fromMs) return false;
  if (toMs !== undefined && binMs >= toMs) return false;
  const { day, time, weekday } = localOf(binMs, timeZone);
  if (period !== undefined) {
    const quarter = `${day.slice(0, 4)}-Q${Math.ceil(Number(day.slice(5, 7)) / 3)}`;
    if (period !== quarter && period !== day.slice(0, 7)) return false;
  }
  if (days !== undefined && !days.some((name) => name === weekday)) return false;
  if (hours === undefined || hours.from === hours.to) return true;
  const { from, to } = hours;
  return from < to ? time >= from && time < to : time >= from || time < to;
}

const crossedBy = ({ path }: TransferEvent, query: Query): string[] | undefined =>
  path?.elements
    .filter(({ billable }) => billable || query.billable === 'any')
    .map(({ component }) => component);

const placesOf = ({ path }: TransferEvent): string[] =>
  (path?.elements ?? []).map(({ component }) => component).filter((name) => name.startsWith('place:'));

/** Equal, or a place within the other. */
const lies = (name: string, area: string): boolean =>
  name === area || (area.startsWith('place:') && name.startsWith(`${area}/`));

const levelOf = (place: string, { placeLevel }: Query): string => {
  const [country, region, city] = place.split('/');
  const parts = { country: [country], region: [country, region], city: [country, region, city] }[placeLevel];
  return parts.filter((part) => part !== undefined).join('/');
};

function matches(event: TransferEvent, query: Query): boolean {
  const { leaves, enters, source, destination, crosses: crossed, attributed, time } = query;
  const { place, sourcePlace, destinationPlace } = query;
  const equal = ['sourceHost', 'destinationHost', 'owner', 'title', 'category', 'kind'] as const;
  const facts = { ...event, sourceHost: event.source, destinationHost: event.destination };
  return (
    crosses(event, leaves, enters) &&
    (crossed === undefined ||
      crossed.some((name) => crossedBy(event, query)?.some((one) => lies(one, name.toLowerCase())))) &&
    (place === undefined || placesOf(event).some((one) => lies(one, place))) &&
    (sourcePlace === undefined || lies(event.path?.sourcePlace ?? '', sourcePlace)) &&
    (destinationPlace === undefined || lies(event.path?.destinationPlace ?? '', destinationPlace)) &&
    (source === undefined || isIn(source, event.sourceAs, event.sourceIsp)) &&
    (destination === undefined || isIn(destination, event.destinationAs, event.destinationIsp)) &&
    equal.every((field) => query[field] === undefined || query[field] === facts[field]) &&
    (attributed === undefined || (attributed === 'yes') === (event.path !== null)) &&
    isBelieved(event, query) &&
    isInTime(event.binMs, time)
  );
}

const isBelieved = ({ belief }: TransferEvent, { belief: wanted }: Query): boolean =>
  wanted === undefined ||
  (wanted === 'billable' ? belief === 'edge' || belief === 'settled' : belief === wanted);

/** Of ISO 8601, by walking: week 1 has the year's first Thursday. */
function weekOf(day: string): string {
  const dayMs = 24 * 60 * minuteMs;
  const timeMs = Date.parse(day);
  let monday = timeMs;
  while (new Date(monday).getUTCDay() !== 1) monday -= dayMs;
  const year = new Date(monday + 3 * dayMs).getUTCFullYear();
  let week = 0;
  for (let thursday = monday + 3 * dayMs; new Date(thursday).getUTCFullYear() === year; thursday -= 7 * dayMs)
    week += 1;
  return `${year}-W${String(week).padStart(2, '0')}`;
}

type Key = Record<string, string | number | null>;

function timesOf(binMs: number, timeZone: string): Record<string, string> {
  const { day, time: clock, offset } = localOf(binMs, timeZone);
  return {
    bin: `${day}T${clock}${offset}`,
    hour: `${day}T${clock.slice(0, 2)}:00${offset}`,
    day,
    week: weekOf(day),
    month: day.slice(0, 7),
  };
}

/** The groups that an event counts in: one of each component. */
function keysOf(event: TransferEvent, query: Query): Key[] {
  const { groupBy, time } = query;
  const facts: Record<string, string | number | null> = {
    ...(event as unknown as Key),
    sourceHost: event.source,
    destinationHost: event.destination,
    attributed: event.path === null ? 'no' : 'yes',
    ...timesOf(event.binMs, time.timeZone),
  };
  for (const end of ['sourcePlace', 'destinationPlace'] as const) {
    const known = event.path?.[end];
    facts[end] = known === undefined ? null : levelOf(known, query);
  }
  const components = groupBy.includes('component') ? [...new Set(crossedBy(event, query) ?? [null])] : [null];
  const passed = new Set(placesOf(event).map((place) => levelOf(place, query)));
  const places = groupBy.includes('place') && passed.size > 0 ? [...passed] : [null];
  return components.flatMap((component) =>
    places.map((place) => {
      const all: Key = { ...facts, component, place };
      return Object.fromEntries(groupBy.map((dimension) => [dimension, all[dimension]!]));
    }),
  );
}

const turnedLink = (name: string): string =>
  name
    .replace(/^link:(as:\d+)>(as:\d+)$/, 'link:$2>$1')
    .replace(/^peering:(as:\d+)>(as:\d+)\/(.*)$/, 'peering:$2>$1/$3')
    .replace(/^internal:(.*)>(.*)$/, 'internal:$2>$1');

const turn = (query: Query): Query => ({
  ...query,
  leaves: query.enters,
  enters: query.leaves,
  source: query.destination,
  destination: query.source,
  sourceHost: query.destinationHost,
  destinationHost: query.sourceHost,
  sourcePlace: query.destinationPlace,
  destinationPlace: query.sourcePlace,
  crosses: query.crosses?.map(turnedLink),
});

interface Counted {
  readonly event: TransferEvent;
  readonly way: 'forward' | 'backward';
}

/** Bytes of every bin that is asked for, empty ones too. */
function binsOf(counted: readonly Counted[], asked: readonly number[]): number[] {
  const bytes = new Map<number, number>();
  for (const { event } of counted) bytes.set(event.binMs, (bytes.get(event.binMs) ?? 0) + event.bytes);
  return asked.map((binMs) => bytes.get(binMs) ?? 0);
}

function rateOf(measure: Query['measure'], counted: readonly Counted[], asked: readonly number[]): number {
  const bins = binsOf(counted, asked);
  if (bins.length === 0) return 0;
  if (measure === 'averageRate')
    return Math.floor((bins.reduce((sum, bytes) => sum + bytes, 0) * 8) / (bins.length * 300));
  const sorted = bins.sort((left, right) => right - left);
  const place = measure === 'maximumRate' ? 1 : Math.floor(bins.length / 20) + 1;
  return Math.floor((sorted[place - 1]! * 8) / 300);
}

function measured(query: Query, counted: readonly Counted[], asked: readonly number[]): number {
  const { measure, direction } = query;
  const sum = (of: (one: Counted) => number): number => counted.reduce((total, one) => total + of(one), 0);
  if (measure === 'events') return counted.length;
  if (measure === 'bytes') return sum(({ event }) => event.bytes);
  if (measure === 'difference') return sum(({ event, way }) => event.bytes * (way === 'forward' ? 1 : -1));
  if (measure === 'hosts') return new Set(counted.map(({ event }) => event.destination)).size;
  if (direction !== 'larger') return rateOf(measure, counted, asked);
  const of = (way: Counted['way']): number =>
    rateOf(
      measure,
      counted.filter((one) => one.way === way),
      asked,
    );
  return Math.max(of('forward'), of('backward'));
}

const timeNames = ['bin', 'hour', 'day', 'week', 'month'];

/** The answer by going through all events. */
export function scan(
  events: readonly TransferEvent[],
  query: Query,
): { value: number; rows: { key: Key; value: number }[] } {
  const { measure, direction, time, groupBy } = query;
  const isBothWays = measure === 'difference' || direction === 'larger' || direction === 'sum';
  const counted = events.flatMap((event): Counted[] => [
    ...(direction !== 'backward' && matches(event, query) ? [{ event, way: 'forward' as const }] : []),
    ...((isBothWays || direction === 'backward') && matches(event, turn(query))
      ? [{ event, way: 'backward' as const }]
      : []),
  ]);
  const asked = /Rate|percentile/.test(measure) ? binsOfTime(events, time) : [];
  const groups = new Map<string, Counted[]>();
  for (const one of groupBy.length === 0 ? [] : counted) {
    // A group without a single byte has no row, where bytes are asked for.
    if (one.event.bytes === 0 && measure !== 'events' && measure !== 'hosts') continue;
    for (const key of keysOf(one.event, query)) {
      const text = JSON.stringify(key);
      groups.set(text, [...(groups.get(text) ?? []), one]);
    }
  }
  const names = groupBy.filter((dimension) => timeNames.includes(dimension));
  const askedByTime = new Map<string, number[]>();
  for (const binMs of names.length === 0 ? [] : asked) {
    const times = timesOf(binMs, time.timeZone);
    const text = names.map((name) => times[name]).join(' ');
    const there = askedByTime.get(text);
    if (there === undefined) askedByTime.set(text, [binMs]);
    else there.push(binMs);
  }
  const askedOf = (key: Key): number[] =>
    names.length === 0 ? asked : (askedByTime.get(names.map((name) => key[name]).join(' ')) ?? []);
  return {
    value: measured(query, counted, asked),
    rows: [...groups]
      .map(([text, group]) => ({ text, key: JSON.parse(text) as Key, group }))
      .map(({ text, key, group }) => ({ text, key, value: measured(query, group, askedOf(key)) }))
      .sort((left, right) => right.value - left.value || (left.text < right.text ? -1 : 1))
      .map(({ key, value }) => ({ key, value })),
  };
}

/** Every bin that counts, empty or not; of a time without both ends, those with events. */
function binsOfTime(events: readonly TransferEvent[], time: Query['time']): number[] {
  const binMs = 5 * minuteMs;
  const dayMs = 24 * 60 * minuteMs;
  const [year, month] = (time.period ?? '1970-01').split('-') as [string, string];
  const firstMonth = month.startsWith('Q') ? Number(month[1]) * 3 - 2 : Number(month);
  const lastMonth = month.startsWith('Q') ? firstMonth + 2 : firstMonth;
  const isPeriod = time.period !== undefined;
  const fromMs = isPeriod ? Date.UTC(Number(year), firstMonth - 1) - dayMs : time.fromMs;
  const toMs = isPeriod ? Date.UTC(Number(year), lastMonth) + dayMs : time.toMs;
  const bins: number[] = [];
  if (fromMs === undefined || toMs === undefined) bins.push(...new Set(events.map((event) => event.binMs)));
  else for (let bin = fromMs; bin < toMs; bin += binMs) bins.push(bin);
  return bins.filter((bin) => isInTime(bin, time));
}
