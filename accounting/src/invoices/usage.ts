import type { LineBasis } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';
import { rate as rateOfBins } from '../query/rate.js';
import type { EventBlock } from '../query/statement.js';
import { createQueryStore, type QueryStore } from '../query/store.js';
import { includesBin } from '../query/time-slices.js';
import { createZone, type Zone } from '../query/zone.js';
import { measureOf } from '../rating/index.js';
import { eachRow, type Reading, rowsOf } from '../reading/index.js';
import { readCompletedFiles } from './completed-files.js';
import { type Counted, isOfFiles, type Selected, selectedOf } from './counted.js';
import { Leaves } from './leaves.js';
import { eventsDropped, type Positions, readKeptFromMs } from './positions.js';
import { createRouteNames } from './route-names.js';
import { countBins, type TimePart, timePartsOf } from './time-parts.js';
import {
  type BinsOfHour,
  type BookedRoute,
  binsInHours,
  binsOfEvents,
  bookedInHours,
  type EventsHour,
  firstEvents,
  hoursOfEvents,
  type OpenHour,
  openBinsInHours,
  openInHours,
} from './usage-statements.js';

/** What a charge counts: how much of what, of how many events, with the digest of it. */
export type Usage = Pick<LineBasis, 'quantity' | 'measure' | 'events' | 'digest'>;

export interface UsageReader {
  /**
   * What a charge counts in the state that is read, whose positions are told: from rollups, and from events where only they know
   * (titles, categories, hours that count in part). Throws `sum-beyond-limit` (422), `events-dropped` (409).
   */
  read(counted: Counted, positions: Positions): Reading<Usage>;
  /** The same of the state at any positions, derived from single events and moves of belief. Throws as `read`. */
  derive(counted: Counted, positions: Positions): Reading<Usage>;
  /** Ids of the first events that count. */
  sample(counted: Counted, positions: Positions): Reading<number[]>;
}

/** Routes of one statement: its answer has some MB, for at most 512 hours each. */
const ROUTES_AT_ONCE = 200;
const SAMPLE_EVENTS = 20;
const BINS_PER_HOUR = 12;

interface Asked {
  readonly parts: readonly TimePart[];
  readonly positions: Positions;
  readonly from: 'rollups' | 'events';
  /** From when on single events are kept. */
  readonly keptFromMs: number;
}

type BinBytes = Map<number, number>;

export function createUsageReader(database: Database): UsageReader {
  const store: QueryStore = createQueryStore(database);
  const nameOf = createRouteNames(database);
  const zones = new Map<string, Zone>();
  const zoneOf = (timeZone: string): Zone => {
    const zone = zones.get(timeZone) ?? createZone(timeZone);
    zones.set(timeZone, zone);
    return zone;
  };

  /** Rows of routes, hour by hour, as leaves. */
  const addHours = (leaves: Leaves, prefix: string) => {
    let route: number | undefined;
    let booked: string[] = [];
    let open: string[] = [];
    const end = (): void => {
      if (route === undefined) return;
      const name = nameOf(route);
      leaves.addRows(`${prefix} booked ${name}`, booked.join('\n'));
      leaves.addRows(`${prefix} open ${name}`, open.join('\n'));
      [booked, open] = [[], []];
    };
    return {
      end,
      add(row: OpenHour & Partial<EventsHour>): void {
        if (row.route !== route) end();
        route = row.route;
        if (row.events !== undefined) booked.push(`${row.hour} ${row.events} ${row.bytes}`);
        if (row.open > 0) open.push(`${row.hour} ${row.open}`);
        leaves.count(row.events ?? 0, (row.bytes ?? 0) - row.open);
      },
    };
  };
  function* readFromRollups(
    leaves: Leaves,
    prefix: string,
    selected: Selected,
    part: TimePart,
  ): Reading<void> {
    const routes = selected.routes ?? [...store.routes().keys()];
    for (let at = 0; at < routes.length; at += ROUTES_AT_ONCE) {
      const select = bookedInHours(selected, part, routes.slice(at, at + ROUTES_AT_ONCE));
      yield* eachRow<BookedRoute>(select, ({ route, told }) => {
        if (told === null) return;
        const sums = told.indexOf('\n');
        const [events, bytes] = told.slice(0, sums).split(' ').map(Number);
        leaves.count(events!, bytes!);
        leaves.addRows(`${prefix} booked ${nameOf(route)}`, told.slice(sums + 1));
      });
    }
    const rows = addHours(leaves, prefix);
    yield* eachRow<OpenHour>(openInHours(selected, part), rows.add);
    rows.end();
  }
  function* readFromEvents(
    leaves: Leaves,
    prefix: string,
    selected: Selected,
    part: TimePart,
    positions: Positions,
  ): Reading<void> {
    const rows = addHours(leaves, prefix);
    yield* eachRow<EventsHour>(hoursOfEvents(selected, part, positions, yield* readBlocks(part)), rows.add);
    rows.end();
  }
  function* readHours(leaves: Leaves, way: number, selected: Selected, asked: Asked): Reading<void> {
    for (const [index, part] of asked.parts.entries()) {
      const prefix = `${way} ${String(index).padStart(4, '0')}`;
      if (asked.from === 'rollups' && part.isWhole && !isOfFiles(selected))
        yield* readFromRollups(leaves, prefix, selected, part);
      else {
        requireKept(part, asked);
        yield* readFromEvents(leaves, prefix, selected, part, asked.positions);
      }
    }
  }
  function* readBins(selected: Selected, asked: Asked): Reading<BinBytes> {
    const { parts, positions, from } = asked;
    const bins: BinBytes = new Map();
    for (const part of parts) {
      const addSigned = (sign: 1 | -1) => (row: BinsOfHour) => {
        for (let index = 0; index < BINS_PER_HOUR; index += 1) {
          const bytes = row[`b${index}`]! * sign;
          const bin = row.hour * BINS_PER_HOUR + index;
          if (bytes !== 0 && includesBin(part, bin)) bins.set(bin, (bins.get(bin) ?? 0) + bytes);
        }
      };
      const booked = from === 'rollups' && !isOfFiles(selected) ? binsInHours(selected, part) : undefined;
      if (booked === undefined) {
        requireKept(part, asked);
        yield* eachRow(binsOfEvents(selected, part, positions, yield* readBlocks(part)), addSigned(1));
      } else {
        yield* eachRow(booked, addSigned(1));
        yield* eachRow(openBinsInHours(selected, part), addSigned(-1));
      }
    }
    return bins;
  }
  function* readPercentile(
    counted: Counted,
    ways: readonly (Selected | undefined)[],
    asked: Asked,
    leaves: Leaves,
  ): Reading<number> {
    const read: BinBytes[] = [];
    for (const [way, selected] of ways.entries()) {
      const bins = selected === undefined ? new Map<number, number>() : yield* readBins(selected, asked);
      leaves.addRows(`${way} bins`, textOf(bins));
      read.push(bins);
    }
    const { plan } = counted;
    const isSum = plan.type === 'percentile95' && plan.direction === 'sum';
    const count = countBins(counted, zoneOf(counted.timeZone));
    const rates = (isSum ? [addUp(read)] : read).map((bins) => rateOfBins('percentile95', bins, count));
    return Math.max(...rates.map(({ value }) => value));
  }
  function* readFrom(from: Asked['from'], counted: Counted, positions: Positions): Reading<Usage> {
    const zone = zoneOf(counted.timeZone);
    const measure = measureOf(counted.plan);
    const ways = selectedOf(counted, store, zone);
    const parts = timePartsOf(counted, zone);
    const asked: Asked = { parts, positions, from, keptFromMs: yield* readKeptFromMs() };
    if (measure === 'files') {
      const [selected] = ways;
      if (from === 'events' || selected?.routes !== undefined)
        for (const part of parts) requireKept(part, asked);
      const files =
        selected === undefined ? new Leaves() : yield* readCompletedFiles(selected, counted, asked);
      return { measure, quantity: files.events, events: files.events, digest: files.digest };
    }
    const leaves = new Leaves();
    for (const [way, selected] of ways.entries())
      if (selected !== undefined) yield* readHours(leaves, way, selected, asked);
    const quantity = measure === 'bytes' ? leaves.bytes : yield* readPercentile(counted, ways, asked, leaves);
    return { measure, quantity, events: leaves.events, digest: leaves.digest };
  }
  return {
    read: (counted, positions) => readFrom('rollups', counted, positions),
    derive: (counted, positions) => readFrom('events', counted, positions),
    *sample(counted, positions) {
      if (measureOf(counted.plan) === 'files') return [];
      const zone = zoneOf(counted.timeZone);
      const ids: number[] = [];
      for (const selected of selectedOf(counted, store, zone)) {
        for (const part of selected === undefined ? [] : timePartsOf(counted, zone)) {
          const blocks = yield* readBlocks(part);
          const select = firstEvents(SAMPLE_EVENTS, selected!, part, positions, blocks);
          ids.push(...(yield* rowsOf<{ id: number }>(select)).map(({ id }) => id));
        }
      }
      return [...new Set(ids)].sort((left, right) => left - right).slice(0, SAMPLE_EVENTS);
    },
  };
}

/** As of the state that is read: of an hour that is dropped meanwhile the ledger has no blocks any more. */
const readBlocks = ({ fromHour, toHour }: TimePart): Reading<EventBlock[]> =>
  rowsOf<EventBlock>({
    sql: `SELECT block, first_bin AS first, last_bin AS last FROM event_blocks
      WHERE first_bin < @toBin AND last_bin >= @fromBin ORDER BY block`,
    parameters: { fromBin: fromHour * BINS_PER_HOUR, toBin: toHour * BINS_PER_HOUR },
  });

const HOUR_MS = 3_600_000;

function requireKept({ fromHour }: Pick<TimePart, 'fromHour'>, { keptFromMs }: Asked): void {
  if (fromHour * HOUR_MS < keptFromMs) throw eventsDropped(keptFromMs);
}

const textOf = (bins: BinBytes): string =>
  [...bins]
    .filter(([, bytes]) => bytes !== 0)
    .sort(([left], [right]) => left - right)
    .map(([bin, bytes]) => `${bin} ${bytes}`)
    .join('\n');

function addUp(read: readonly BinBytes[]): BinBytes {
  const sum: BinBytes = new Map();
  for (const bins of read) for (const [bin, bytes] of bins) sum.set(bin, (sum.get(bin) ?? 0) + bytes);
  return sum;
}
