import { IS_DELIVERY_ROUTE } from '../ledger/delivery.js';
import { BINS_PER_HOUR, BLOCK_EVENTS, binColumns, ERA_HOURS, sumsByBin } from '../ledger/schema.js';
import { type Reading, rowsOf, type Select } from '../reading/index.js';
import { OF_KEPT_EVENTS } from './check-dropped.js';

/** A rollup, and how its rows come from the events. */
export interface RollupCheck {
  readonly name: string;
  readonly table: string;
  /** Columns of the table that are its key, with what they are of an event. */
  readonly keys: Readonly<Record<string, string>>;
  /** Sums that are kept, with what adds up to them. */
  readonly sums: Readonly<Record<string, string>>;
  /** Tables beside the events that keys are of. */
  readonly join: string;
  /** What cuts the events into slices so that no row's events lie in two of them. */
  readonly slicedBy: 'time' | 'host';
}

const counted = { events: 'count(*)', bytes: 'sum(bytes)' };
const hour = `bin / ${BINS_PER_HOUR}`;
const byBin = Object.fromEntries(binColumns.map((column, bin) => [column, sumsByBin[bin]!]));
const withFiles = 'CROSS JOIN files ON files.id = file';

export const rollupChecks: readonly RollupCheck[] = [
  {
    name: 'route-hours',
    table: 'route_hours',
    keys: { subject: 'route', hour },
    sums: { ...counted, ...byBin },
    join: '',
    slicedBy: 'time',
  },
  {
    name: 'owner-hours',
    table: 'owner_hours',
    keys: { subject: 'owner', hour },
    sums: { ...counted, ...byBin },
    join: withFiles,
    slicedBy: 'time',
  },
  {
    name: 'owner-delivery-hours',
    table: 'owner_delivery_hours',
    keys: { subject: 'owner', hour },
    sums: { ...counted, ...byBin },
    join: `${withFiles} CROSS JOIN routes ON routes.id = route AND ${IS_DELIVERY_ROUTE}`,
    slicedBy: 'time',
  },
  {
    name: 'owner-route-hours',
    table: 'owner_route_hours',
    keys: { era: `bin / ${BINS_PER_HOUR} / ${ERA_HOURS}`, owner: 'owner', route: 'route', hour },
    sums: counted,
    join: withFiles,
    slicedBy: 'time',
  },
  {
    name: 'host-files',
    table: 'host_files',
    keys: { host: 'host', file: 'file' },
    sums: { events: 'sum(events)', bytes: 'sum(bytes)' },
    join: '',
    slicedBy: 'host',
  },
];

/**
 * Most slices of the events. Rows of a slice are sorted in the processor's cache, which is faster by half; but events that
 * come late widen the blocks in which a slice is looked for, up to all of them, and then each slice reads all events.
 */
const maximumSlices = 32;
const eventsOfTimeSlice = 64 * 1024;
/** Slices by host read all events each, so they are only to bound a statement's time, to some seconds. */
const eventsOfHostSlice = 2 * 1024 * 1024;

type Slice = Readonly<Record<string, bigint>>;

/** Slices of time that hold about as many events each; the first and the last are open. */
export function* timeSlices(events: number): Reading<Slice[]> {
  const slices = Math.min(maximumSlices, Math.ceil(events / eventsOfTimeSlice));
  const every = Math.max(1, Math.ceil(events / BLOCK_EVENTS / Math.max(1, slices)));
  const cuts = yield* rowsOf<{ bin: number }>({
    sql: `SELECT DISTINCT first_bin / ${BINS_PER_HOUR} * ${BINS_PER_HOUR} AS bin
      FROM (SELECT first_bin, row_number() OVER (ORDER BY first_bin) - 1 AS place FROM event_blocks)
      WHERE place > 0 AND place % @every = 0 ORDER BY bin`,
    parameters: { every },
  });
  const edges = [-(2n ** 62n), ...cuts.map(({ bin }) => BigInt(bin)), 2n ** 62n];
  return edges.slice(1).map((toBin, index) => ({ fromBin: edges[index]!, toBin }));
}

function hostSlices(events: number): Slice[] {
  const slices = Math.max(1, Math.min(maximumSlices, Math.ceil(events / eventsOfHostSlice)));
  return Array.from({ length: slices }, (_, slice) => ({ slice: BigInt(slice), slices: BigInt(slices) }));
}

/** What is kept and what was dropped: this rollup is of all time. */
const hostRows = `(SELECT host, file, 1 AS events, bytes FROM events CROSS JOIN endpoints ON endpoints.id = destination
  UNION ALL SELECT host, file, events, bytes FROM dropped_host_files)`;

const sourceOf = {
  time: {
    from: `event_blocks AS blocks CROSS JOIN events
      ON events.id BETWEEN blocks.block * ${BLOCK_EVENTS} AND blocks.block * ${BLOCK_EVENTS} + ${BLOCK_EVENTS - 1}`,
    where: `WHERE blocks.last_bin >= @fromBin AND blocks.first_bin < @toBin AND bin >= @fromBin AND bin < @toBin`,
  },
  host: { from: hostRows, where: 'WHERE host % @slices = @slice' },
};
const wholeOf = {
  time: { from: 'events', where: '', kept: OF_KEPT_EVENTS },
  host: { from: hostRows, where: '', kept: '' },
};

/** The rollup's rows as the events, all or those of a slice, say they are. */
function fromEvents(
  { keys, sums, join }: RollupCheck,
  { from, where }: { from: string; where: string },
): string {
  const columns = Object.entries({ ...keys, ...sums }).map(([column, value]) => `${value} AS ${column}`);
  const places = Object.keys(keys).map((_, index) => index + 1);
  return `SELECT ${columns.join(', ')} FROM ${from} ${join} ${where} GROUP BY ${places.join(', ')}`;
}

/**
 * The first row, in the order of the key, in which rollup and events differ; undefined when there is none. First every row
 * that the events make is looked up in the rollup: where all are there and the rollup has no more rows, they are the same.
 */
export function* checkRollup(
  check: RollupCheck,
  events: number,
  slicesOfTime: readonly Slice[],
): Reading<string | undefined> {
  const { table, keys, sums, slicedBy } = check;
  const equals = Object.keys(keys).map((key) => `r.${key} = e.${key}`);
  const differs = Object.keys(sums).map((sum) => `r.${sum} IS NOT e.${sum}`);
  const sql = `SELECT count(*) AS rows, count(*) FILTER (WHERE ${differs.join(' OR ')}) AS broken
    FROM (${fromEvents(check, sourceOf[slicedBy])}) AS e LEFT JOIN ${table} AS r ON ${equals.join(' AND ')}`;
  let rows = 0;
  for (const parameters of slicedBy === 'time' ? slicesOfTime : hostSlices(events)) {
    const [slice] = yield* rowsOf<{ rows: number; broken: number }>({ sql, parameters });
    if (slice!.broken > 0) return yield* nameFirst(check);
    rows += slice!.rows;
  }
  const [rollup] = yield* rowsOf<{ rows: number }>({
    sql: `SELECT count(*) AS rows FROM ${table} ${wholeOf[slicedBy].kept}`,
  });
  return rollup!.rows === rows ? undefined : yield* nameFirst(check);
}

function* nameFirst(check: RollupCheck): Reading<string | undefined> {
  const keys = Object.keys(check.keys);
  const whole = wholeOf[check.slicedBy];
  const events = fromEvents(check, whole);
  const rollup = `SELECT ${[...keys, ...Object.keys(check.sums)].join(', ')} FROM ${check.table} ${whole.kept}`;
  const differing = (left: string, right: string): Select => ({
    sql: `SELECT * FROM (SELECT * FROM (${left}) EXCEPT SELECT * FROM (${right})) ORDER BY ${keys.join(', ')} LIMIT 1`,
    isExact: true,
  });
  const [booked] = yield* rowsOf<Row>(differing(events, rollup));
  const [rolled] = yield* rowsOf<Row>(differing(rollup, events));
  const [first] = [booked, rolled].filter((row) => row !== undefined).sort((a, b) => compare(a, b, keys));
  if (first === undefined) return undefined;
  const key = keys.map((column) => `${nameOf(column, check)} ${show(column, first[column])}`).join(', ');
  const of = (row: Row | undefined): string =>
    row !== undefined && compare(row, first, keys) === 0 ? sumsOf(row, keys) : 'no row';
  return `${check.name}: ${key}: its events have ${of(booked)}, the rollup has ${of(rolled)}`;
}

/** `subject` says less than what it is. */
const nameOf = (column: string, { keys }: RollupCheck): string =>
  column === 'subject' ? keys['subject']! : column;

type Row = Record<string, bigint | null>;

function compare(left: Row, right: Row, keys: readonly string[]): number {
  for (const key of keys) {
    const [a, b] = [left[key] ?? -1n, right[key] ?? -1n];
    if (a !== b) return a < b ? -1 : 1;
  }
  return 0;
}

const sumsOf = (row: Row, keys: readonly string[]): string =>
  Object.entries(row)
    .filter(([column, value]) => !keys.includes(column) && value !== 0n)
    .map(([column, value]) => `${column} ${value}`)
    .join(' ');

const show = (column: string, value: bigint | null | undefined): string =>
  column === 'hour' && typeof value === 'bigint'
    ? new Date(Number(value) * 3_600_000).toISOString()
    : String(value ?? 'unknown');
