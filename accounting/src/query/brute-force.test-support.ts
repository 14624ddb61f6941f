import type { Query } from '@fairhop/shared/contract';
import type { TransferEvent } from '../ledger/event.js';

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
}

const formats = new Map<string, Intl.DateTimeFormat>();

function localOf(timeMs: number, timeZone: string): Local {
  let format = formats.get(timeZone);
  if (format === undefined) {
    const two = '2-digit';
    format = new Intl.DateTimeFormat('sv-SE', {
      timeZone,
      ...{ year: 'numeric', month: two, day: two, hour: two, minute: two, timeZoneName: 'longOffset' },
    } as Intl.DateTimeFormatOptions);
    formats.set(timeZone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(timeMs).map(({ type, value }) => [type, value]));
  const offset = parts['timeZoneName']!.replace('GMT', '').replace('−', '-');
  return {
    day: `${parts['year']}-${parts['month']}-${parts['day']}`,
    time: `${parts['hour']}:${parts['minute']}`,
    offset: offset === '' ? '+00:00' : offset,
  };
}

function isInTime(
  { binMs }: TransferEvent,
  { fromMs, toMs, period, hours, timeZone }: Query['time'],
): boolean {
  if (fromMs !== undefined && binMs < fromMs) return false;
  if (toMs !== undefined && binMs >= toMs) return false;
  const { day, time } = localOf(binMs, timeZone);
  if (period !== undefined) {
    const quarter = `${day.slice(0, 4)}-Q${Math.ceil(Number(day.slice(5, 7)) / 3)}`;
    if (period !== quarter && period !== day.slice(0, 7)) return false;
  }
  if (hours === undefined || hours.from === hours.to) return true;
  const { from, to } = hours;
  return from < to ? time >= from && time < to : time >= from || time < to;
}

function matches(event: TransferEvent, query: Query): boolean {
  const { leaves, enters, source, destination, destinationHost, owner, title, kind, time } = query;
  return (
    crosses(event, leaves, enters) &&
    (source === undefined || isIn(source, event.sourceAs, event.sourceIsp)) &&
    (destination === undefined || isIn(destination, event.destinationAs, event.destinationIsp)) &&
    (destinationHost === undefined || event.destination === destinationHost) &&
    (owner === undefined || event.owner === owner) &&
    (title === undefined || event.title === title) &&
    (kind === undefined || event.kind === kind) &&
    isInTime(event, time)
  );
}

function keyOf(event: TransferEvent, { groupBy, time }: Query): Record<string, string | number | null> {
  const { day, time: clock, offset } = localOf(event.binMs, time.timeZone);
  const times = { hour: `${day}T${clock.slice(0, 2)}:00${offset}`, day, month: day.slice(0, 7) };
  return Object.fromEntries(
    groupBy.map((dimension) => [
      dimension,
      dimension in times ? times[dimension as 'day'] : event[dimension as 'owner'],
    ]),
  );
}

/** The answer by going through all events. */
export function scan(
  events: readonly TransferEvent[],
  query: Query,
): { value: number; rows: { key: Record<string, string | number | null>; value: number }[] } {
  const { measure, leaves, enters, source, destination } = query;
  const turned = { ...query, leaves: enters, enters: leaves, source: destination, destination: source };
  const counted = events.flatMap((event) => [
    ...(matches(event, query) ? [{ event, value: measure === 'events' ? 1 : event.bytes }] : []),
    ...(measure === 'difference' && matches(event, turned) ? [{ event, value: -event.bytes }] : []),
  ]);
  const sums = new Map<string, number>();
  for (const { event, value } of query.groupBy.length === 0 ? [] : counted) {
    const key = JSON.stringify(keyOf(event, query));
    sums.set(key, (sums.get(key) ?? 0) + value);
  }
  return {
    value: counted.reduce((sum, { value }) => sum + value, 0),
    rows: [...sums]
      .sort(([leftKey, left], [rightKey, right]) => right - left || (leftKey < rightKey ? -1 : 1))
      .map(([key, value]) => ({ key: JSON.parse(key), value })),
  };
}
