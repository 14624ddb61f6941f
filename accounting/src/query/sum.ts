import { BIN_MS } from '@fairhop/shared/model';
import type { Reading } from '../reading/index.js';
import {
  Groups,
  isRouteDimension,
  type KeyValue,
  routeValue,
  slotMs,
  timeDimensions,
  timeLabel,
} from './group-keys.js';
import { matchesRoute, networkOf } from './networks.js';
import { ownerOf, type Question, titleOf } from './question.js';
import { beyondExact, eachSum, type SumRow } from './read-sums.js';
import { fromHostFiles, type Selection, statementsFor } from './source.js';
import type { QueryStore } from './store.js';
import { dayMinutes, type TimeSlice, timeSlices } from './time-slices.js';

const HOUR_MS = 3_600_000;

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

/** Rows of `groups` add up to `value`; `answeredBy` names what was read. */
export interface Sums {
  readonly value: number;
  readonly groups: Groups;
  readonly answeredBy: ReadonlySet<string>;
}

/** Adds up bytes or events. Throws `owner-unknown`, `title-unknown`, `sum-beyond-limit`. */
export function* sum(question: Question, measure: 'bytes' | 'events'): Reading<Sums> {
  const { query, store } = question;
  const slices = slicesOf(question);
  const { groupBy } = query;
  const selection = selectionOf(question, measure, slices);
  const groups = new Groups(groupBy);
  const answeredBy = new Set<string>();
  let value = 0;
  if (selection === undefined) return { value, groups, answeredBy };
  const routes = store.routes();
  const names = createNames(store);
  /** The values of a row's group; of time by their labels, which are few beside the rows. */
  const createGroupOf = ({ offsetMs }: TimeSlice) => {
    const labels = groupBy.map(() => new Map<number, string>());
    return (row: SumRow): KeyValue[] =>
      groupBy.map((dimension, index) => {
        if (dimension === 'owner') return names.owner(row.owner!);
        if (dimension === 'title') return names.title(row.title!);
        if (isRouteDimension(dimension)) return routeValue(dimension, routes.get(row.route!)!);
        const slot = row.slot!;
        let label = labels[index]!.get(slot);
        if (label === undefined) {
          label = timeLabel(dimension, slotMs(slot, selection.time!), offsetMs);
          labels[index]!.set(slot, label);
        }
        return label;
      });
  };
  // Where all of the time counts, it needs no slices.
  const wholes = fromHostFiles(selection);
  const allTime = { fromHour: 0, toHour: 0, masks: [], offsetMs: 0 };
  for (const slice of wholes === undefined ? slices : [allTime]) {
    const groupOf = createGroupOf(slice);
    for (const statement of wholes ?? statementsFor(selection, slice, store.blocks)) {
      answeredBy.add(statement.answeredBy);
      yield* eachSum(statement, (row) => {
        if (row.value === null) return;
        value += row.value;
        if (!Number.isSafeInteger(value)) throw beyondExact();
        if (groupBy.length > 0) groups.add(groupOf(row), row.value);
      });
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
  const { query, store, period } = question;
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
    isAllTime: period.fromMs === null && period.toMs === null && query.time.hours === undefined,
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
