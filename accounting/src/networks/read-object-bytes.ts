import { BIN_MS } from '@fairhop/shared/model';
import { toSafeInteger } from '@fairhop/shared/service';
import { BINS_PER_HOUR, BLOCK_EVENTS } from '../ledger/schema.js';
import { eachRow, type Reading, rowsOf } from '../reading/index.js';
import type { Segment } from './object-segments.js';

interface Sum {
  readonly bytes: number;
  readonly events: number;
}

const HOUR_MS = BINS_PER_HOUR * BIN_MS;

/**
 * Bytes and events that crossed a component while it was part of an object, or began or ended at it where it is a host. An event belongs
 * to the moment at which it starts, so that times that touch add up; whole hours come from rollups, the rest from the
 * events themselves. Whatever it crosses, an event counts once: segments do not overlap. What an object counts may be billed, so a
 * path crosses a component only where it is billable on that path.
 */
export function* readObjectBytes(segments: readonly Segment[]): Reading<Sum> {
  const names = [...new Set(segments.flatMap(({ components }) => components))];
  const routes = yield* numbersOf(routesOfComponents, names);
  const endpoints = yield* numbersOf(endpointsOfHosts, names);
  let bytes = 0n;
  let events = 0n;
  for (const segment of segments) {
    const crossed = numbers(segment.components, routes);
    const ends = numbers(segment.components, endpoints);
    for (const select of selectsOf(segment, crossed, ends)) {
      const [row] = yield* rowsOf<{ bytes: bigint; events: bigint }>({ ...select, isExact: true });
      bytes += row!.bytes;
      events += row!.events;
    }
  }
  return { bytes: toSafeInteger(bytes, 'bytes'), events: toSafeInteger(events, 'events') };
}

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
  const fromHour = Math.ceil(fromMs / HOUR_MS);
  const toHour = Math.floor(toMs / HOUR_MS);
  if (endpoints.length > 0 || fromHour >= toHour) {
    if (routes.length + endpoints.length > 0) yield events(fromMs, toMs);
    return;
  }
  if (routes.length === 0) return;
  yield { sql: sumOfHours, parameters: { routes: known.routes, fromHour, toHour } };
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
