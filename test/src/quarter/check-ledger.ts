import { type Query, type QueryResult, querySchema } from '@fairhop/shared/contract';
import type { z } from 'zod';
import type { Chance } from '../simulation/random.js';
import type { Accounts } from './accounts.js';
import { BIN_MS, dayOf } from './calendar.js';
import { ispOf } from './network.js';
import type { Row, Truth } from './truth.js';
import { componentsOf, isCounted, percentileOf, turned } from './usage.js';

type Dimension = Query['groupBy'][number];
type Asked = z.input<typeof querySchema>;

const TIME_ZONE = 'Europe/London';

const ispName = (asn: number | null): string | null => (asn === null ? null : ispOf(asn));

/** What a row is in each dimension; of components it is several. */
const facts: Partial<Record<Dimension, (row: Row) => readonly (string | number | null)[]>> = {
  sourceIsp: ({ sourceAs }) => [ispName(sourceAs)],
  destinationIsp: ({ destinationAs }) => [ispName(destinationAs)],
  owner: ({ owner }) => [owner],
  title: ({ title }) => [title],
  category: ({ category }) => [category],
  kind: ({ kind }) => [kind],
  attributed: ({ asPath }) => [asPath === null ? 'no' : 'yes'],
  day: ({ binMs }) => [dayOf(binMs, TIME_ZONE)],
  month: ({ binMs }) => [dayOf(binMs, TIME_ZONE).slice(0, 7)],
  component: ({ asPath }) => (asPath === null ? [null] : componentsOf(asPath)),
  destinationHost: ({ destination }) => [destination],
};

const splits: readonly (readonly Dimension[])[] = [
  ['sourceIsp', 'destinationIsp'],
  ['owner'],
  ['day'],
  ['component'],
  ['kind', 'month'],
  ['title', 'category'],
  ['attributed', 'destinationHost'],
];

const SPLITS_OF_STEP = 2;

/** Sums that were there before: none of them is ever less. */
export type Sums = Map<string, number>;

const fail = (what: string, told: unknown, right: unknown): never => {
  throw new Error(
    `${what}: ${JSON.stringify(told)}, but what was reported comes to ${JSON.stringify(right)}`,
  );
};

const sum = (numbers: Iterable<number>): number => {
  let total = 0;
  for (const one of numbers) total += one;
  return total;
};

/**
 * Sums of the ledger, of its rollups, and of its answers by splits are those of what was reported; no sum is less than before.
 * Throws the first that is not.
 */
export function checkLedger(
  { audit, queries }: Accounts,
  {
    truth,
    before,
    chance,
    isThorough,
  }: {
    readonly truth: Truth;
    readonly before: Sums;
    readonly chance: Chance;
    /** By every split, and not only by some that are drawn. */
    readonly isThorough: boolean;
  },
): void {
  const { rows } = truth;
  const billable = new Map(rows.map((row) => [row, truth.billableBytes(row)]));
  const bytes = sum(rows.map((row) => row.bytes));
  const { ok, firstBreak, ...audited } = audit();
  if (!ok) throw new Error(`the audit says: ${firstBreak}`);
  if (audited.bytes !== bytes || audited.events !== rows.length)
    fail('the ledger has', [audited.events, audited.bytes], [rows.length, bytes]);
  const ask = (asked: Asked) => queries.ask(querySchema.parse(asked));
  if (rows.length === 0) return;
  const beliefs = ask({ measure: 'bytes', groupBy: ['belief'] });
  if (sum(beliefs.rows.map(({ value }) => value)) !== bytes) fail('beliefs add up to', beliefs.rows, bytes);
  for (const belief of [undefined, 'billable'] as const) {
    const bytesOf = (row: Row): number => (belief === undefined ? row.bytes : billable.get(row)!);
    const all = belief ?? 'all';
    for (const groupBy of chance.shuffled(splits).slice(0, isThorough ? splits.length : SPLITS_OF_STEP)) {
      const told = ask({
        ...{ measure: 'bytes', groupBy: [...groupBy], limit: 10_000, time: { timeZone: TIME_ZONE } },
        ...(belief && { belief }),
      });
      const right = split(rows, groupBy, bytesOf);
      if (told.value !== sum(rows.map(bytesOf))) fail(`${all} bytes`, told.value, sum(rows.map(bytesOf)));
      const rowsTold = new Map(
        told.rows.map(({ key, value }) => [groupBy.map((name) => key[name]).join(' '), value]),
      );
      if (told.rowsAddUp && sum(rowsTold.values()) !== told.value)
        fail(`${groupBy} add up to`, [...rowsTold], told.value);
      if (rowsTold.size !== right.size) fail(`groups by ${groupBy}`, [...rowsTold.keys()], [...right.keys()]);
      for (const [key, value] of right) {
        if (rowsTold.get(key) !== value) fail(`${all} bytes of ${key}`, rowsTold.get(key), value);
        const name = `${all} ${key}`;
        if (value < (before.get(name) ?? 0)) fail(`${name} became less`, before.get(name), value);
        before.set(name, rowsTold.get(key)!);
      }
    }
  }
  checkFiles(ask, truth);
  checkPercentile(ask, { rows, billable, chance });
}

function split(rows: readonly Row[], groupBy: readonly Dimension[], bytesOf: (row: Row) => number): Sums {
  const sums: Sums = new Map();
  for (const row of rows) {
    const bytes = bytesOf(row);
    if (bytes === 0) continue;
    for (const key of keysOf(row, groupBy)) sums.set(key, (sums.get(key) ?? 0) + bytes);
  }
  return sums;
}

/** Of rows by split: rows never change. */
const knownKeys = new WeakMap<Row, Map<readonly Dimension[], readonly string[]>>();

function keysOf(row: Row, groupBy: readonly Dimension[]): readonly string[] {
  const known = knownKeys.get(row) ?? new Map<readonly Dimension[], readonly string[]>();
  knownKeys.set(row, known);
  const keys =
    known.get(groupBy) ??
    groupBy
      .map((dimension) => facts[dimension]!(row).map((value) => String(value ?? '')))
      .reduce((some, values) => some.flatMap((one) => values.map((value) => `${one} ${value}`)));
  known.set(groupBy, keys);
  return keys;
}

/** Files by the day on which a host completed them first, backed by all bytes that are booked, settled or not. */
function checkFiles(ask: (asked: Asked) => Pick<QueryResult, 'rows'>, { rows, completedFiles }: Truth): void {
  const right: Sums = new Map();
  for (const { host, contentId, sizeBytes, owner, timeMs } of completedFiles) {
    const received = rows.filter((row) => row.destination === host && row.contentId === contentId);
    if (sum(received.map(({ bytes }) => bytes)) < sizeBytes) continue;
    const key = `${owner} ${dayOf(timeMs, TIME_ZONE)}`;
    right.set(key, (right.get(key) ?? 0) + 1);
  }
  const told = ask({ measure: 'files', groupBy: ['owner', 'day'], time: { timeZone: TIME_ZONE } });
  const entries = told.rows.map(({ key, value }) => `${key['owner']} ${key['day']} ${value}`).sort();
  const rightEntries = [...right].map(([key, value]) => `${key} ${value}`).sort();
  if (entries.join() !== rightEntries.join()) fail('files', entries, rightEntries);
}

const HOURS = 40;

/** Of some hours around a row, and a way of it. */
function checkPercentile(
  ask: (asked: Asked) => { value: number },
  { rows, billable, chance }: { rows: readonly Row[]; billable: ReadonlyMap<Row, number>; chance: Chance },
): void {
  const { binMs } = chance.pick(rows);
  const [fromMs, toMs] = [
    binMs - chance.below(HOURS) * 3_600_000,
    binMs + chance.between(1, HOURS) * 3_600_000,
  ];
  const filter = chance.pick([
    { leaves: 'sp1', enters: 'sp2' },
    { leaves: 'sp3', enters: 'backbone' },
    { source: 'cdn', destination: 'sp2' },
  ]);
  const direction = chance.pick(['forward', 'backward', 'larger', 'sum'] as const);
  const binsMs: number[] = [];
  for (let one = fromMs; one < toMs; one += BIN_MS) binsMs.push(one);
  const [there, back] = [filter, turned(filter)].map((way) =>
    rows.filter((row) => isCounted(row, way)).map((row) => [row.binMs, billable.get(row)!] as const),
  ) as [[number, number][], [number, number][]];
  const right = {
    forward: () => percentileOf(there, binsMs),
    backward: () => percentileOf(back, binsMs),
    larger: () => Math.max(percentileOf(there, binsMs), percentileOf(back, binsMs)),
    sum: () => percentileOf([...there, ...back], binsMs),
  }[direction]();
  const asked: Asked = {
    measure: 'percentile95',
    belief: 'billable',
    direction,
    ...filter,
    time: { fromMs, toMs },
  };
  const { value } = ask(asked);
  if (value !== right) fail(`the answer to ${JSON.stringify(asked)}`, value, right);
}
