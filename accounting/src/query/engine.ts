import type { Query, QueryResult } from '@fairhop/shared/contract';
import { BIN_MS, FairhopError } from '@fairhop/shared/model';
import type { Ledger } from '../ledger/ledger.js';
import type { Route } from '../ledger/routes.js';
import {
  Groups,
  isRouteDimension,
  type Key,
  routeValue,
  slotMs,
  timeDimensions,
  timeLabel,
} from './group-keys.js';
import { matchesRoute, networkOf, parseNetwork } from './networks.js';
import { invalidQuery, type Period, periodOf } from './period.js';
import { type Selection, statementsFor } from './source.js';
import { beyondExact, createQueryStore, type QueryStore, type SumRow } from './store.js';
import { dayMinutes, includesBin, type TimeSlice, timeSlices } from './time-slices.js';
import { createZone, type Zone } from './zone.js';

/** The networks that exist, with traffic or without. */
export interface KnownNetworks {
  isp(id: string): unknown;
  autonomousSystem(asn: number): unknown;
}

export interface QueryEngineDependencies {
  readonly ledger: Pick<Ledger, 'database'>;
  readonly graph: () => KnownNetworks;
}

export interface QueryEngine {
  /**
   * Answers from the smallest rollup that knows, exact to the byte. Throws `network-unknown`, `owner-unknown`,
   * `title-unknown` (404), `query-invalid` (400) and `sum-beyond-limit` (422).
   */
  ask(query: Query): QueryResult;
}

/** Zones asked for; one takes a few KiB. */
const maximumZones = 100;
const HOUR_MS = 3_600_000;

export function createQueryEngine({ ledger, graph }: QueryEngineDependencies): QueryEngine {
  const zones = new Map<string, Zone>();
  let store: QueryStore | undefined;

  const zoneOf = (timeZone: string): Zone => {
    let zone = zones.get(timeZone);
    if (zone === undefined) {
      if (zones.size >= maximumZones) zones.clear();
      zone = createZone(timeZone);
      zones.set(timeZone, zone);
    }
    return zone;
  };
  const openStore = (): QueryStore => {
    // A ledger that was stopped and started has another database.
    if (store?.database !== ledger.database) store = createQueryStore(ledger.database);
    return store;
  };
  return {
    ask(query) {
      const zone = zoneOf(query.time.timeZone);
      const question = { query, store: openStore(), zone, period: periodOf(query.time, zone) };
      checkNetworks(question, graph());
      if (query.measure === 'files') return askFiles(question);
      if (query.measure === 'difference') return askDifference(question);
      return askSum(question, query.measure);
    },
  };
}

interface Question {
  readonly query: Query;
  readonly store: QueryStore;
  readonly zone: Zone;
  readonly period: Period;
}

function checkNetworks({ query, store }: Question, known: KnownNetworks): void {
  for (const field of ['leaves', 'enters', 'source', 'destination'] as const) {
    const ref = query[field];
    if (ref === undefined) continue;
    const named = parseNetwork(ref);
    const isKnown = 'isp' in named ? known.isp(named.isp) : known.autonomousSystem(named.asn);
    if (isKnown !== undefined) continue;
    // A network that is gone from the graph stays known by its traffic.
    const network = networkOf(ref);
    const hasTraffic = ({ path, sourceAs, sourceIsp, destinationAs, destinationIsp }: Route): boolean =>
      network(sourceAs, sourceIsp) ||
      network(destinationAs, destinationIsp) ||
      (path?.asPath.some((asn, index) => network(asn, path.isps[index] ?? null)) ?? false);
    if ([...store.routes().values()].some(hasTraffic)) continue;
    throw unknown('network', field, ref, 'an ISP or as:N of the AS graph is right');
  }
}

function unknown(what: string, path: string, value: string, right: string): FairhopError {
  const message = `${what} ${value} is not known here; ${right}`;
  return new FairhopError(`${what}-unknown`, message, { status: 404, errors: [{ path, message }] });
}

function ownerOf({ query, store }: Question): number | undefined {
  if (query.owner === undefined) return undefined;
  const id = store.owners.id(query.owner);
  if (id === undefined) throw unknown('owner', 'owner', query.owner, 'an owner with booked traffic is right');
  return id;
}

function titleOf({ query, store }: Question): number | undefined {
  if (query.title === undefined) return undefined;
  const id = store.titles.id(query.title);
  if (id === undefined) throw unknown('title', 'title', query.title, 'a title with booked traffic is right');
  return id;
}

/** What of the ledger's time is asked for. */
function slicesOf({ query, store, zone, period }: Question): TimeSlice[] {
  const { first, last } = store.bounds();
  if (first === null || last === null) return [];
  // Beyond the events there is nothing, so that an open end may lie on an hour, which rollups answer.
  const fromMs = Math.max(period.fromMs ?? 0, Math.floor((first * BIN_MS) / HOUR_MS) * HOUR_MS);
  const toMs = Math.min(
    period.toMs ?? Number.MAX_SAFE_INTEGER,
    Math.ceil(((last + 1) * BIN_MS) / HOUR_MS) * HOUR_MS,
  );
  if (fromMs >= toMs) return [];
  const { hours } = query.time;
  const needsZone =
    hours !== undefined || query.groupBy.some((dimension) => timeDimensions.includes(dimension));
  if (!needsZone) return timeSlices([{ fromMs, toMs, offsetMs: 0 }]);
  return timeSlices(zone.spans(fromMs, toMs), hours && dayMinutes(hours));
}

interface Sums {
  readonly value: number;
  readonly groups: Groups;
  readonly answeredBy: ReadonlySet<string>;
}

function sum(question: Question, measure: 'bytes' | 'events'): Sums {
  const { query, store } = question;
  const slices = slicesOf(question);
  const { groupBy } = query;
  const selection = selectionOf(question, measure, slices);
  const groups = new Groups();
  const answeredBy = new Set<string>();
  let value = 0;
  if (selection === undefined) return { value, groups, answeredBy };
  const routes = store.routes();
  const names = createNames(store);
  const keyOf = (row: SumRow, { offsetMs }: TimeSlice): Key =>
    Object.fromEntries(
      groupBy.map((dimension) => {
        if (dimension === 'owner') return [dimension, names.owner(row.owner!)];
        if (dimension === 'title') return [dimension, names.title(row.title!)];
        if (isRouteDimension(dimension)) return [dimension, routeValue(dimension, routes.get(row.route!)!)];
        return [dimension, timeLabel(dimension, slotMs(row.slot!, selection.time!), offsetMs)];
      }),
    );
  for (const slice of slices) {
    for (const statement of statementsFor(selection, slice, store.blocks)) {
      answeredBy.add(statement.answeredBy);
      for (const row of store.sums(statement)) {
        if (row.value === null) continue;
        value += row.value;
        if (!Number.isSafeInteger(value)) throw beyondExact();
        if (groupBy.length > 0) groups.add(keyOf(row, slice), row.value);
      }
    }
  }
  return { value, groups, answeredBy };
}

/** Undefined when nothing can match. */
function selectionOf(
  question: Question,
  measure: 'bytes' | 'events',
  slices: readonly TimeSlice[],
): Selection | undefined {
  const { query, store } = question;
  const owner = ownerOf(question);
  const title = titleOf(question);
  const host = query.destinationHost === undefined ? undefined : store.hostId(query.destinationHost);
  if (query.destinationHost !== undefined && host === undefined) return undefined;
  const routes = routesOf(question);
  if (routes?.length === 0) return undefined;
  const isByTime = query.groupBy.some((dimension) => timeDimensions.includes(dimension));
  // Where local hours begin within hours of UTC, only single bins tell to which one bytes belong.
  const isAligned = slices.every(({ offsetMs }) => offsetMs % HOUR_MS === 0);
  return {
    measure,
    ...(routes && { routes }),
    ...(owner !== undefined && { owner }),
    ...(title !== undefined && { title }),
    ...(host !== undefined && { host }),
    by: {
      route: query.groupBy.some(isRouteDimension),
      owner: query.groupBy.includes('owner'),
      title: query.groupBy.includes('title'),
    },
    ...(isByTime && { time: isAligned ? ('hour' as const) : ('bin' as const) }),
  };
}

/** Ids of the routes that match, undefined when all do. */
function routesOf({ query, store }: Question): number[] | undefined {
  const { leaves, enters, source, destination, kind } = query;
  if ([leaves, enters, source, destination, kind].every((field) => field === undefined)) return undefined;
  const filter = {
    leaves: leaves === undefined ? undefined : networkOf(leaves),
    enters: enters === undefined ? undefined : networkOf(enters),
    source: source === undefined ? undefined : networkOf(source),
    destination: destination === undefined ? undefined : networkOf(destination),
    kind,
  };
  const ids: number[] = [];
  for (const route of store.routes().values()) if (matchesRoute(route, filter)) ids.push(route.id);
  return ids;
}

const createNames = (store: QueryStore) => {
  const memo = (read: (id: number) => string) => {
    const names = new Map<number, string>();
    return (id: number): string => {
      const name = names.get(id) ?? read(id);
      names.set(id, name);
      return name;
    };
  };
  return { owner: memo(store.owners.name), title: memo(store.titles.name) };
};

function askSum(question: Question, measure: 'bytes' | 'events'): QueryResult {
  const { value, groups, answeredBy } = sum(question, measure);
  return {
    measure,
    unit: measure,
    value,
    rows: groups.rows(question.query.limit),
    answeredBy: told(answeredBy),
    ...question.period,
  };
}

/** Nothing had to be read when no route or no time matches. */
const told = (answeredBy: ReadonlySet<string>): string =>
  answeredBy.size === 0 ? 'nothing-matches' : [...answeredBy].sort().reverse().join('+');

function askDifference(question: Question): QueryResult {
  const { query } = question;
  const { leaves, enters, source, destination, groupBy } = query;
  if ((leaves === undefined || enters === undefined) && (source === undefined || destination === undefined)) {
    throw invalidQuery('measure', 'difference needs both leaves and enters, or both source and destination');
  }
  const oneSided = groupBy.find(isRouteDimension);
  if (oneSided !== undefined && oneSided !== 'kind') {
    throw invalidQuery(
      'groupBy',
      `${oneSided} is another one in each direction; group a difference by something else`,
    );
  }
  const turned: Query = {
    ...query,
    leaves: enters,
    enters: leaves,
    source: destination,
    destination: source,
  };
  const forward = sum(question, 'bytes');
  const backward = sum({ ...question, query: turned }, 'bytes');
  const groups = new Groups();
  for (const { key, value } of forward.groups.rows(Number.POSITIVE_INFINITY)) groups.add(key, value);
  for (const { key, value } of backward.groups.rows(Number.POSITIVE_INFINITY)) groups.add(key, -value);
  return {
    measure: 'difference',
    unit: 'bytes',
    value: forward.value - backward.value,
    parts: { forward: forward.value, backward: backward.value },
    rows: groups.rows(query.limit),
    answeredBy: told(new Set([...forward.answeredBy, ...backward.answeredBy])),
    ...question.period,
  };
}

function askFiles(question: Question): QueryResult {
  const { query, store, period, zone } = question;
  for (const field of ['leaves', 'enters', 'source', 'destination', 'kind'] as const) {
    if (query[field] !== undefined)
      throw invalidQuery(field, 'a file comes by many ways; leave it out for files');
  }
  const network = query.groupBy.find(isRouteDimension);
  if (network !== undefined)
    throw invalidQuery('groupBy', `a file comes by many ways; ${network} does not group files`);
  const [owner, title] = [ownerOf(question), titleOf(question)];
  const host = query.destinationHost === undefined ? undefined : store.hostId(query.destinationHost);
  const groups = new Groups();
  const files: NonNullable<QueryResult['files']> = [];
  let value = 0;
  const isKnown = query.destinationHost === undefined || host !== undefined;
  for (const file of isKnown ? store.receivedFiles({ host, owner, title }) : []) {
    const { completedMs } = file;
    if (period.fromMs !== null && completedMs < period.fromMs) continue;
    if (period.toMs !== null && completedMs >= period.toMs) continue;
    const bin = Math.floor(completedMs / BIN_MS);
    const [span] = zone.spans(bin * BIN_MS, (bin + 1) * BIN_MS);
    const { hours } = query.time;
    if (
      hours !== undefined &&
      !timeSlices([span!], dayMinutes(hours)).some((slice) => includesBin(slice, bin))
    )
      continue;
    value += 1;
    const { owner: ownerName, ...shown } = file;
    if (files.length < query.limit) files.push(shown);
    if (query.groupBy.length === 0) continue;
    const keys = query.groupBy.map((dimension) => {
      if (dimension === 'owner') return [dimension, ownerName];
      if (dimension === 'title') return [dimension, file.title];
      return [dimension, timeLabel(dimension, completedMs, span!.offsetMs)];
    });
    groups.add(Object.fromEntries(keys), 1);
  }
  return {
    measure: 'files',
    unit: 'files',
    value,
    rows: groups.rows(query.limit),
    files,
    answeredBy: 'host-files',
    ...period,
  };
}
