import type { Database } from 'better-sqlite3';
import { binColumns } from '../ledger/schema.js';

export interface RollupCheck {
  readonly name: string;
  /** Columns of its key, then the sums. */
  readonly rollup: string;
  readonly keys: readonly string[];
  /** The same from the events. */
  readonly events: string;
}

const binSums = binColumns
  .map((column, bin) => `coalesce(sum(bytes) FILTER (WHERE bin % 12 = ${bin}), 0) AS ${column}`)
  .join(', ');
const columns = ['events', 'bytes', ...binColumns].join(', ');

export const rollupChecks: readonly RollupCheck[] = [
  {
    name: 'route-hours',
    keys: ['route', 'hour'],
    rollup: `SELECT subject AS route, hour, ${columns} FROM route_hours`,
    events: `SELECT route, bin / 12 AS hour, count(*) AS events, sum(bytes) AS bytes, ${binSums}
      FROM events GROUP BY 1, 2`,
  },
  {
    name: 'owner-hours',
    keys: ['owner', 'hour'],
    rollup: `SELECT subject AS owner, hour, ${columns} FROM owner_hours`,
    events: `SELECT owner, bin / 12 AS hour, count(*) AS events, sum(bytes) AS bytes, ${binSums}
      FROM events JOIN files ON files.id = file GROUP BY 1, 2`,
  },
  {
    name: 'owner-route-hours',
    keys: ['era', 'owner', 'route', 'hour'],
    rollup: 'SELECT era, owner, route, hour, events, bytes FROM owner_route_hours',
    events: `SELECT bin / 12 / 512 AS era, owner, route, bin / 12 AS hour, count(*) AS events, sum(bytes) AS bytes
      FROM events JOIN files ON files.id = file GROUP BY 1, 2, 3, 4`,
  },
  {
    name: 'host-files',
    keys: ['host', 'file'],
    rollup: 'SELECT host, file, events, bytes FROM host_files',
    events: `SELECT host, file, count(*) AS events, sum(bytes) AS bytes
      FROM events JOIN endpoints ON endpoints.id = destination GROUP BY 1, 2`,
  },
  {
    name: 'pairs',
    keys: ['source_as', 'destination_as', 'hour'],
    rollup: `SELECT source_as, destination_as, hour, sum(events) AS events, sum(bytes) AS bytes
      FROM route_hours JOIN routes ON routes.id = subject GROUP BY 1, 2, 3`,
    events: `SELECT source_as, destination_as, bin / 12 AS hour, count(*) AS events, sum(bytes) AS bytes
      FROM events JOIN routes ON routes.id = route GROUP BY 1, 2, 3`,
  },
];

/** The first row, in the order of the key, in which rollup and events differ; undefined when there is none. */
export function checkRollup(
  database: Database,
  { name, keys, rollup, events }: RollupCheck,
): string | undefined {
  const order = keys.join(', ');
  const differing = (left: string, right: string) =>
    database
      .prepare<[], Record<string, bigint | null>>(
        `SELECT * FROM (SELECT * FROM (${left}) EXCEPT SELECT * FROM (${right})) ORDER BY ${order} LIMIT 1`,
      )
      .safeIntegers()
      .get();
  const booked = differing(events, rollup);
  const rolled = differing(rollup, events);
  const [first] = [booked, rolled].filter((row) => row !== undefined).sort((a, b) => compare(a, b, keys));
  if (first === undefined) return undefined;
  const key = keys.map((column) => `${column} ${show(column, first[column])}`).join(', ');
  const of = (row: typeof first | undefined): string =>
    row !== undefined && compare(row, first, keys) === 0 ? sums(row, keys) : 'no row';
  return `${name}: ${key}: its events have ${of(booked)}, the rollup has ${of(rolled)}`;
}

type Row = Record<string, bigint | null>;

function compare(left: Row, right: Row, keys: readonly string[]): number {
  for (const key of keys) {
    const [a, b] = [left[key] ?? -1n, right[key] ?? -1n];
    if (a !== b) return a < b ? -1 : 1;
  }
  return 0;
}

const sums = (row: Row, keys: readonly string[]): string =>
  Object.entries(row)
    .filter(([column, value]) => !keys.includes(column) && value !== 0n)
    .map(([column, value]) => `${column} ${value}`)
    .join(' ');

const show = (column: string, value: bigint | null | undefined): string =>
  column === 'hour' && typeof value === 'bigint'
    ? new Date(Number(value) * 3_600_000).toISOString()
    : String(value ?? 'unknown');
