import { BLOCK_EVENTS, ERA_HOURS } from '../ledger/schema.js';
import { ALL_BINS, BINS_PER_HOUR, includesBin, type TimeSlice } from './time-slices.js';

/** What is added up: one number of the ledger over some of its rows. */
export interface Selection {
  readonly measure: 'bytes' | 'events';
  readonly isAllTime: boolean;
  /** Undefined is all. */
  readonly routes?: readonly number[];
  readonly owner?: number;
  readonly title?: number;
  readonly host?: number;
  readonly by: { readonly route: boolean; readonly owner: boolean; readonly title: boolean };
  /** Sums per hour or bin of `time`. */
  readonly time?: 'hour' | 'bin';
}

/** Columns of a result's row: `value`, and those of `route`, `owner`, `title`, `slot` (an hour or a bin) that are asked for. */
export interface Statement {
  readonly sql: string;
  readonly parameters: Readonly<Record<string, number | string>>;
  readonly answeredBy: string;
}

/** Runs of event ids with the bins in them. */
export interface EventBlock {
  readonly block: number;
  readonly first: number;
  readonly last: number;
}

type HourTable = 'route_hours' | 'owner_hours' | 'owner_route_hours';

/** The smallest rollup that knows what is asked; undefined when only the events do. */
function rollupOf({ routes, owner, title, host, by, time }: Selection): HourTable | undefined {
  if (title !== undefined || host !== undefined || by.title || time === 'bin') return undefined;
  const needsRoute = routes !== undefined || by.route;
  const needsOwner = owner !== undefined || by.owner;
  if (!needsRoute) return 'owner_hours';
  return needsOwner ? 'owner_route_hours' : 'route_hours';
}

/**
 * What `host_files` knows: how much of which file each host received ever, by whatever way. Undefined when the question is
 * about less than that, or the hourly rollups know it.
 */
export function fromHostFiles(selection: Selection): Statement[] | undefined {
  const { measure, isAllTime, routes, owner, title, host, by, time } = selection;
  if (!isAllTime || routes !== undefined || by.route || time !== undefined) return undefined;
  if (host === undefined && title === undefined && !by.title) return undefined;
  const columns = [
    ...(by.owner ? ['files.owner AS owner'] : []),
    ...(by.title ? ['files.title AS title'] : []),
  ];
  const where = [
    'files.id = r.file',
    ...(host === undefined ? [] : ['r.host = @host']),
    ...(owner === undefined ? [] : ['files.owner = @owner']),
    ...(title === undefined ? [] : ['files.title = @title']),
  ];
  const parameters = {
    ...(host !== undefined && { host }),
    ...(owner !== undefined && { owner }),
    ...(title !== undefined && { title }),
  };
  const sql = select('host_files AS r CROSS JOIN files', columns, `r.${measure}`, where);
  return [{ sql, parameters, answeredBy: 'host-files' }];
}

/** The statements whose rows together answer a selection for one slice of time. */
export function statementsFor(
  selection: Selection,
  slice: TimeSlice,
  blocks: () => readonly EventBlock[],
): Statement[] {
  const table = rollupOf(selection);
  if (table === undefined) return fromEvents(selection, slice, blocks());
  // Only bytes of routes and owners are kept by bin; else the bins of hours that count in part are those of the events.
  if (table !== 'owner_route_hours' && selection.measure === 'bytes')
    return fromHours(table, selection, slice);
  const isWhole = (mask: number): boolean => mask === ALL_BINS;
  const whole = slice.masks.map((mask) => (isWhole(mask) ? mask : 0));
  const partial = slice.masks.map((mask) => (isWhole(mask) ? 0 : mask));
  return [
    ...(whole.some(Boolean) ? fromHours(table, selection, { ...slice, masks: whole }) : []),
    ...(partial.some(Boolean) ? fromEvents(selection, { ...slice, masks: partial }, blocks()) : []),
  ];
}

function fromHours(table: HourTable, selection: Selection, slice: TimeSlice): Statement[] {
  const { routes, owner, by, time } = selection;
  const byOwnerOnly = table === 'owner_hours';
  const columns = [
    ...(by.route ? [`${table === 'route_hours' ? 'r.subject' : 'r.route'} AS route`] : []),
    ...(by.owner ? [`${byOwnerOnly ? 'r.subject' : 'r.owner'} AS owner`] : []),
    ...(time === undefined ? [] : ['r.hour AS slot']),
  ];
  const from: string[] = [];
  const where = ['r.hour >= @fromHour', 'r.hour < @toHour', ...hoursOfDay(slice)];
  const parameters: Record<string, number | string> = { fromHour: slice.fromHour, toHour: slice.toHour };
  if (table === 'owner_route_hours') {
    // The key leads with the era, so each era is a range of its own.
    from.push('json_each(@eras) AS eras');
    where.push('r.era = eras.value');
    const first = Math.floor(slice.fromHour / ERA_HOURS);
    const last = Math.floor((slice.toHour - 1) / ERA_HOURS);
    parameters['eras'] = JSON.stringify(
      Array.from({ length: last - first + 1 }, (_, index) => first + index),
    );
  }
  if (owner !== undefined) {
    where.push(`${byOwnerOnly ? 'r.subject' : 'r.owner'} = @owner`);
    parameters['owner'] = owner;
  }
  if (routes !== undefined) {
    parameters['routes'] = JSON.stringify(routes);
    if (table === 'owner_route_hours' && owner === undefined) {
      where.push('r.route IN (SELECT value FROM json_each(@routes))');
    } else {
      from.push('json_each(@routes) AS wanted');
      where.push(`${table === 'route_hours' ? 'r.subject' : 'r.route'} = wanted.value`);
    }
  }
  // CROSS JOIN keeps this order: the few keys first, then their ranges of hours.
  const sql = select(
    [...from, `${table} AS r`].join(' CROSS JOIN '),
    columns,
    hourValue(selection, slice),
    where,
  );
  return [{ sql, parameters, answeredBy: table.replaceAll('_', '-') }];
}

/** Sum of one hourly row over the bins that the slice takes of it. */
function hourValue({ measure }: Selection, { masks }: TimeSlice): string {
  if (measure === 'events') return 'r.events';
  const partial = new Map<number, number[]>();
  for (const [hour, mask] of masks.entries()) {
    if (mask !== 0 && mask !== ALL_BINS) partial.set(mask, [...(partial.get(mask) ?? []), hour]);
  }
  if (partial.size === 0) return 'r.bytes';
  const cases = [...partial].map(([mask, hours]) => {
    const bins = Array.from({ length: BINS_PER_HOUR }, (_, bin) => bin).filter((bin) => (mask >> bin) & 1);
    return `WHEN r.hour % 24 IN (${hours.join(', ')}) THEN ${bins.map((bin) => `r.b${bin}`).join(' + ')}`;
  });
  return `CASE ${cases.join(' ')} ELSE r.bytes END`;
}

function hoursOfDay({ masks }: TimeSlice): string[] {
  const hours = masks.flatMap((mask, hour) => (mask === 0 ? [] : [hour]));
  return hours.length === masks.length ? [] : [`r.hour % 24 IN (${hours.join(', ')})`];
}

function fromEvents(selection: Selection, slice: TimeSlice, blocks: readonly EventBlock[]): Statement[] {
  const { measure, routes, owner, title, host, by, time } = selection;
  const wanted = blocks.filter((block) => hasWantedBin(block, slice)).map(({ block }) => block);
  if (wanted.length === 0) return [];
  const columns = [
    ...(by.route ? ['r.route AS route'] : []),
    ...(by.owner ? ['files.owner AS owner'] : []),
    ...(by.title ? ['files.title AS title'] : []),
    ...(time === undefined ? [] : [`${time === 'bin' ? 'r.bin' : `r.bin / ${BINS_PER_HOUR}`} AS slot`]),
  ];
  const from = ['json_each(@blocks) AS blocks', 'events AS r', ...(by.owner || by.title ? ['files'] : [])];
  const where = [
    `r.id >= blocks.value * ${BLOCK_EVENTS}`,
    `r.id < (blocks.value + 1) * ${BLOCK_EVENTS}`,
    'r.bin >= @fromBin',
    'r.bin < @toBin',
  ];
  if (by.owner || by.title) where.push('files.id = r.file');
  const parameters: Record<string, number | string> = {
    blocks: JSON.stringify(wanted),
    fromBin: slice.fromHour * BINS_PER_HOUR,
    toBin: slice.toHour * BINS_PER_HOUR,
  };
  if (slice.masks.some((mask) => mask !== ALL_BINS)) {
    const cases = slice.masks.flatMap((mask, hour) => (mask === 0 ? [] : [`WHEN ${hour} THEN ${mask}`]));
    where.push(
      `((CASE (r.bin / ${BINS_PER_HOUR}) % 24 ${cases.join(' ')} ELSE 0 END) >> (r.bin % ${BINS_PER_HOUR})) & 1`,
    );
  }
  if (routes !== undefined) {
    where.push('r.route IN (SELECT value FROM json_each(@routes))');
    parameters['routes'] = JSON.stringify(routes);
  }
  if (owner !== undefined) {
    where.push('r.file IN (SELECT id FROM files WHERE owner = @owner)');
    parameters['owner'] = owner;
  }
  if (title !== undefined) {
    where.push('r.file IN (SELECT id FROM files WHERE title = @title)');
    parameters['title'] = title;
  }
  if (host !== undefined) {
    where.push('r.destination IN (SELECT id FROM endpoints WHERE host = @host)');
    parameters['host'] = host;
  }
  const sql = select(from.join(' CROSS JOIN '), columns, measure === 'bytes' ? 'r.bytes' : '1', where);
  return [{ sql, parameters, answeredBy: 'events' }];
}

function select(from: string, columns: readonly string[], value: string, where: readonly string[]): string {
  const groups = columns.map((column) => column.slice(column.lastIndexOf(' ') + 1));
  const by = groups.length === 0 ? '' : ` GROUP BY ${groups.join(', ')}`;
  const list = [...columns, `sum(${value}) AS value`].join(', ');
  return `SELECT ${list} FROM ${from} WHERE ${where.join(' AND ')}${by}`;
}

function hasWantedBin({ first, last }: EventBlock, slice: TimeSlice): boolean {
  const from = Math.max(first, slice.fromHour * BINS_PER_HOUR);
  const to = Math.min(last, slice.toHour * BINS_PER_HOUR - 1);
  // A day of bins has every hour of the day in it.
  for (let bin = from; bin <= to && bin < from + 24 * BINS_PER_HOUR; bin += 1)
    if (includesBin(slice, bin)) return true;
  return false;
}
