import { BIN_MS } from '@fairhop/shared/model';
import { toSafeInteger } from '@fairhop/shared/service';
import { BLOCK_EVENTS } from '../ledger/schema.js';
import { eachRow, type Reading, rowsOf, type Select } from '../reading/index.js';
import {
  countedWhole,
  HOUR_MS,
  hostsDropped,
  readDroppedHours,
  readKeptFromMs,
  splitAt,
} from './dropped-detail.js';
import type { Segment } from './object-segments.js';

interface Sum {
  readonly bytes: number;
  readonly events: number;
  /** Where it is not as fine as it was asked for. */
  readonly notes?: string[];
}

/**
 * Bytes and events that crossed a component while it was part of an object, or began or ended at it where it is a host. An event belongs
 * to the moment at which it starts, so that times that touch add up; whole hours come from rollups, the rest from the
 * events themselves. Whatever it crosses, an event counts once: segments do not overlap. What an object counts may be billed, so a
 * path crosses a component only where it is billable on that path. Where events are dropped, an hour that counts in part counts whole,
 * once for all segments that it is of, and a note says so; of hosts nothing tells then: throws `detail-dropped`.
 */
export function* readObjectBytes(segments: readonly Segment[]): Reading<Sum> {
  const names = [...new Set(segments.flatMap(({ components }) => components))];
  const routes = yield* numbersOf(routesOfComponents, names);
  const endpoints = yield* numbersOf(endpointsOfHosts, names);
  const keptFromMs = yield* readKeptFromMs();
  let bytes = 0n;
  let events = 0n;
  function* add(select: Select): Reading<void> {
    const [row] = yield* rowsOf<{ bytes: bigint; events: bigint }>({ ...select, isExact: true });
    bytes += row!.bytes;
    events += row!.events;
  }
  const partHours = new Map<number, Set<number>>();
  for (const segment of segments) {
    const crossed = numbers(segment.components, routes);
    const ends = numbers(segment.components, endpoints);
    const { before, from } = splitAt(segment, keptFromMs);
    if (before !== undefined) {
      if (ends.length > 0 && (yield* readDroppedHours(before, 1)).length > 0) throw hostsDropped(keptFromMs);
      const { wholeFromHour, wholeToHour, part } = hoursOf(before);
      if (wholeFromHour < wholeToHour) yield* add(sumOfRoutes(crossed, wholeFromHour, wholeToHour));
      for (const hour of part) {
        const known = partHours.get(hour) ?? new Set();
        partHours.set(hour, known);
        for (const route of crossed) known.add(route);
      }
    }
    if (from !== undefined) for (const select of selectsOf(from, crossed, ends)) yield* add(select);
  }
  let isWidened = false;
  for (const [hour, crossed] of partHours) {
    const part = { fromMs: hour * HOUR_MS, toMs: (hour + 1) * HOUR_MS };
    if (crossed.size === 0 || (yield* readDroppedHours(part, 1)).length === 0) continue;
    isWidened = true;
    yield* add(sumOfRoutes([...crossed], hour, hour + 1));
  }
  return {
    bytes: toSafeInteger(bytes, 'bytes'),
    events: toSafeInteger(events, 'events'),
    ...(isWidened && { notes: [countedWhole(keptFromMs)] }),
  };
}

/** Hours that a segment has whole, and those that it has in part. */
function hoursOf({ fromMs, toMs }: Pick<Segment, 'fromMs' | 'toMs'>) {
  const wholeFromHour = Math.ceil(fromMs / HOUR_MS);
  const wholeToHour = Math.floor(toMs / HOUR_MS);
  const part = new Set<number>();
  if (fromMs % HOUR_MS !== 0) part.add(wholeFromHour - 1);
  if (toMs % HOUR_MS !== 0) part.add(wholeToHour);
  return { wholeFromHour, wholeToHour, part };
}

const sumOfRoutes = (routes: readonly number[], fromHour: number, toHour: number): Select => ({
  sql: sumOfHours,
  parameters: { routes: JSON.stringify(routes), fromHour, toHour },
});

const routesOfComponents = `
  SELECT DISTINCT components.name, routes.id AS number
  FROM json_each(@names) AS wanted CROSS JOIN components ON components.name = wanted.value
    CROSS JOIN path_components ON component = components.id AND billable = 1
    CROSS JOIN routes ON routes.path = path_components.path`;
const endpointsOfHosts = `
  SELECT hosts.name, endpoints.id AS number
  FROM json_each(@names) AS wanted CROSS JOIN hosts ON hosts.name = wanted.value
    CROSS JOIN endpoints ON endpoints.host = hosts.id`;

function* numbersOf(sql: string, names: readonly string[]): Reading<Map<string, number[]>> {
  const found = new Map<string, number[]>();
  const parameters = { names: JSON.stringify(names) };
  yield* eachRow<{ name: string; number: number }>({ sql, parameters }, ({ name, number }) => {
    const list = found.get(name);
    if (list === undefined) found.set(name, [number]);
    else list.push(number);
  });
  return found;
}

const numbers = (components: readonly string[], of: ReadonlyMap<string, number[]>): number[] => [
  ...new Set(components.flatMap((component) => of.get(component) ?? [])),
];

function* selectsOf({ fromMs, toMs }: Segment, routes: readonly number[], endpoints: readonly number[]) {
  const known = { routes: JSON.stringify(routes), endpoints: JSON.stringify(endpoints) };
  const events = (partFromMs: number, partToMs: number) => ({
    sql: sumOfEvents,
    parameters: {
      ...known,
      fromMs: partFromMs,
      toMs: partToMs,
      firstBin: Math.floor(partFromMs / BIN_MS),
      lastBin: Math.floor((partToMs - 1) / BIN_MS),
    },
  });
  const { wholeFromHour: fromHour, wholeToHour: toHour } = hoursOf({ fromMs, toMs });
  if (endpoints.length > 0 || fromHour >= toHour) {
    if (routes.length + endpoints.length > 0) yield events(fromMs, toMs);
    return;
  }
  if (routes.length === 0) return;
  yield sumOfRoutes(routes, fromHour, toHour);
  if (fromMs < fromHour * HOUR_MS) yield events(fromMs, fromHour * HOUR_MS);
  if (toHour * HOUR_MS < toMs) yield events(toHour * HOUR_MS, toMs);
}

const sumOfHours = `
  SELECT coalesce(sum(bytes), 0) AS bytes, coalesce(sum(events), 0) AS events FROM route_hours
  WHERE subject IN (SELECT value FROM json_each(@routes)) AND hour >= @fromHour AND hour < @toHour`;

const sumOfEvents = `
  SELECT coalesce(sum(events.bytes), 0) AS bytes, count(*) AS events
  FROM event_blocks AS blocks CROSS JOIN events
    ON events.id >= blocks.block * ${BLOCK_EVENTS} AND events.id < (blocks.block + 1) * ${BLOCK_EVENTS}
  WHERE blocks.first_bin <= @lastBin AND blocks.last_bin >= @firstBin
    AND events.bin * ${BIN_MS} + events.start >= @fromMs AND events.bin * ${BIN_MS} + events.start < @toMs
    AND (events.route IN (SELECT value FROM json_each(@routes))
      OR events.source IN (SELECT value FROM json_each(@endpoints))
      OR events.destination IN (SELECT value FROM json_each(@endpoints)))`;
