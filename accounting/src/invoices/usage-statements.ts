import { BINS_PER_HOUR, BLOCK_EVENTS, binColumns, ERA_HOURS } from '../ledger/schema.js';
import { hasWantedBin, wantedBins } from '../query/from-events.js';
import { binSums, wantedHours } from '../query/from-hours.js';
import type { EventBlock } from '../query/statement.js';
import type { Select } from '../reading/index.js';
import type { Selected } from './counted.js';
import type { Positions } from './positions.js';
import type { TimePart } from './time-parts.js';

type Values = Record<string, number | string>;

/** The events, the bytes, and a line `hour events bytes` for each hour of a route; null where it has none. */
export interface BookedRoute {
  readonly route: number;
  readonly told: string | null;
}

/** What was booked, of some routes. SQLite writes the lines: as rows, millions of them would take far longer. */
export function bookedInHours({ owner }: Selected, part: TimePart, routes: readonly number[]): Select {
  const parameters: Values = { ...hoursOf(part), routes: JSON.stringify(routes) };
  let rows = `route_hours AS r WHERE r.subject = wanted.value`;
  if (owner !== undefined) {
    rows = 'owner_route_hours AS r WHERE r.era = @era AND r.owner = @owner AND r.route = wanted.value';
    parameters['owner'] = owner;
    parameters['era'] = Math.floor(part.fromHour / ERA_HOURS);
  }
  const hours = `SELECT hour, events, bytes FROM ${rows} AND ${inHours(part).join(' AND ')} ORDER BY hour`;
  const told = `sum(events) || ' ' || sum(bytes) || char(10) || group_concat(hour || ' ' || events || ' ' || bytes, char(10))`;
  return {
    sql: `SELECT wanted.value AS route, (SELECT ${told} FROM (${hours})) AS told FROM json_each(@routes) AS wanted`,
    parameters,
  };
}

export interface OpenHour {
  readonly route: number;
  readonly hour: number;
  readonly open: number;
}

/** What of it may not be billed, by route and hour. */
export function openInHours(selected: Selected, part: TimePart): Select {
  const { where, parameters } = ofUnbillable(selected, part);
  return {
    sql: `SELECT r.route AS route, r.hour AS hour, sum(r.bytes) AS open FROM unbillable_hours AS r
      WHERE ${where} GROUP BY r.route, r.hour ORDER BY r.route, r.hour`,
    parameters,
  };
}

export interface EventsHour extends OpenHour {
  readonly events: number;
  readonly bytes: number;
}

/** The same of both from events up to a position, one by one. */
export const hoursOfEvents = (...of: EventsWanted): Select => {
  const { from, where, parameters } = ofEvents(...of);
  return {
    sql: `SELECT r.route AS route, r.bin / ${BINS_PER_HOUR} AS hour, count(*) AS events, sum(r.bytes) AS bytes,
        sum(${openOfEvent}) AS open
      FROM ${from} WHERE ${where} GROUP BY 1, 2 ORDER BY 1, 2`,
    parameters,
  };
};

/** Bytes of the bins of an hour as `b0` … `b11`. */
export type BinsOfHour = { readonly hour: number } & Record<`b${number}`, number>;

/** What was booked by bins, where rollups have them: of routes, or of an owner. */
export function binsInHours({ routes, owner }: Selected, part: TimePart): Select | undefined {
  if (owner !== undefined && routes !== undefined) return undefined;
  const where = inHours(part);
  if (owner !== undefined) {
    return {
      sql: `SELECT r.hour AS hour, ${binSums.join(', ')} FROM owner_hours AS r
        WHERE r.subject = @owner AND ${where.join(' AND ')} GROUP BY r.hour`,
      parameters: { ...hoursOf(part), owner },
    };
  }
  const subjects =
    routes === undefined ? 'SELECT id AS value FROM routes' : 'SELECT value FROM json_each(@routes)';
  return {
    sql: `SELECT r.hour AS hour, ${binSums.join(', ')} FROM (${subjects}) AS wanted CROSS JOIN route_hours AS r
      WHERE r.subject = wanted.value AND ${where.join(' AND ')} GROUP BY r.hour`,
    parameters: { ...hoursOf(part), ...(routes && { routes: JSON.stringify(routes) }) },
  };
}

export function openBinsInHours(selected: Selected, part: TimePart): Select {
  const { where, parameters } = ofUnbillable(selected, part);
  return {
    sql: `SELECT r.hour AS hour, ${binSums.join(', ')} FROM unbillable_hours AS r WHERE ${where} GROUP BY r.hour`,
    parameters,
  };
}

/** Billable bytes by bin from events, as those of an hour. */
export const binsOfEvents = (...of: EventsWanted): Select => {
  const { from, where, parameters } = ofEvents(...of);
  const sums = binColumns.map(
    (column, bin) =>
      `coalesce(sum(r.bytes - ${openOfEvent}) FILTER (WHERE r.bin % ${BINS_PER_HOUR} = ${bin}), 0) AS ${column}`,
  );
  return {
    sql: `SELECT r.bin / ${BINS_PER_HOUR} AS hour, ${sums.join(', ')} FROM ${from} WHERE ${where} GROUP BY 1`,
    parameters,
  };
};

/** The first events that count, by their ids. */
export const firstEvents = (limit: number, ...of: EventsWanted): Select => {
  const { from, where, parameters } = ofEvents(...of);
  return {
    sql: `SELECT r.id AS id FROM ${from} WHERE ${where} ORDER BY r.id LIMIT @limit`,
    parameters: { ...parameters, limit },
  };
};

type EventsWanted = Parameters<typeof ofEvents>;

const hoursOf = ({ fromHour, toHour }: TimePart): Values => ({ fromHour, toHour });

const inHours = (part: TimePart): string[] => [
  'r.hour >= @fromHour',
  'r.hour < @toHour',
  ...wantedHours(part),
];

function ofUnbillable({ routes, owner }: Selected, part: TimePart): { where: string; parameters: Values } {
  const where = inHours(part);
  if (routes !== undefined) where.push('r.route IN (SELECT value FROM json_each(@routes))');
  if (owner !== undefined) where.push('r.owner = @owner');
  return {
    where: where.join(' AND '),
    parameters: {
      ...hoursOf(part),
      ...(routes !== undefined && { routes: JSON.stringify(routes) }),
      ...(owner !== undefined && { owner }),
    },
  };
}

export const withTransfer =
  'LEFT JOIN peer_transfers AS t ON t.transfer_id = r.transfer_id AND r.from_bytes IS NOT NULL';

/** Bytes of the row that had moved to `settled` by then; what is settled is never taken back, so that no two such moves overlap. */
const settledOfEvent = `coalesce((
  SELECT sum(min(m.to_bytes, r.from_bytes + r.bytes) - max(m.from_bytes, r.from_bytes)) FROM belief_moves AS m
  WHERE m.transfer = t.id AND m.id <= @upToMove AND m.to_belief = 'settled'
    AND m.from_bytes < r.from_bytes + r.bytes AND m.to_bytes > r.from_bytes), 0)`;
/** Of event `r`, whose transfer is `t` if it is between agents: what may not be billed. */
export const openOfEvent = `CASE WHEN t.id IS NULL OR r.bytes = 0 THEN 0 ELSE r.bytes - ${settledOfEvent} END`;

/** Events up to a position that count in a part of time, with their transfers where they are between agents. */
function ofEvents(
  { routes, owner, title, category }: Selected,
  part: TimePart,
  { upToEvent, upToMove }: Pick<Positions, 'upToEvent' | 'upToMove'>,
  blocks: readonly EventBlock[],
): { from: string; where: string; parameters: Values } {
  const where = [
    `r.id >= blocks.value * ${BLOCK_EVENTS}`,
    `r.id < (blocks.value + 1) * ${BLOCK_EVENTS}`,
    'r.id <= @upToEvent',
    'r.bin >= @fromBin',
    'r.bin < @toBin',
    ...wantedBins(part),
  ];
  const wanted = blocks.filter(
    (block) => block.block * BLOCK_EVENTS <= upToEvent && hasWantedBin(block, part),
  );
  const parameters: Values = {
    blocks: JSON.stringify(wanted.map(({ block }) => block)),
    fromBin: part.fromHour * BINS_PER_HOUR,
    toBin: part.toHour * BINS_PER_HOUR,
    upToEvent,
    upToMove,
  };
  if (routes !== undefined) {
    where.push('r.route IN (SELECT value FROM json_each(@routes))');
    parameters['routes'] = JSON.stringify(routes);
  }
  for (const [field, value] of Object.entries({ owner, title, category })) {
    if (value === undefined) continue;
    where.push(`r.file IN (SELECT id FROM files WHERE ${field} = @${field})`);
    parameters[field] = value;
  }
  return {
    from: `json_each(@blocks) AS blocks CROSS JOIN events AS r ${withTransfer}`,
    where: where.join(' AND '),
    parameters,
  };
}
