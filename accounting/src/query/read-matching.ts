import type { Query } from '@fairhop/shared/contract';
import { BIN_MS } from '@fairhop/shared/model';
import type { Reading } from '../reading/index.js';
import { beliefsOf } from './beliefs.js';
import { asRollupsKnow, splitAt } from './dropped.js';
import {
  isOverlapping,
  isRouteDimension,
  isTimeDimension,
  type KeyValue,
  routeValues,
  slotMs,
  timeLabel,
} from './group-keys.js';
import type { Question } from './question.js';
import { eachSum, type SumRow } from './read-sums.js';
import type { Reads } from './reads.js';
import { selectMatching, type Wanted } from './select-matching.js';
import { fromHostFiles, type SourceStatement, statementsFor } from './source.js';
import type { Selection } from './statement.js';
import { type TimeSlice, timeSlices } from './time-slices.js';

const HOUR_MS = 3_600_000;

/** Where time is cut, the zone matters only for what asks for local times. */
export function slicesBetween({ query, zone }: Question, fromMs: number, toMs: number): TimeSlice[] {
  if (fromMs >= toMs) return [];
  const { hours, days } = query.time;
  const needsZone = hours !== undefined || days !== undefined || query.groupBy.some(isTimeDimension);
  const spans = needsZone ? zone.spans(fromMs, toMs) : [{ fromMs, toMs, offsetMs: 0 }];
  return timeSlices(spans, { hours, days });
}

/** What of the ledger's time is asked for. */
function slicesOf(question: Question): TimeSlice[] {
  const { store, period } = question;
  const { first, last } = store.bounds();
  if (first === null || last === null) return [];
  // Beyond the events there is nothing, so that an open end may lie on an hour, which rollups answer.
  const fromMs = Math.max(period.fromMs ?? 0, Math.floor((first * BIN_MS) / HOUR_MS) * HOUR_MS);
  const toMs = Math.min(
    period.toMs ?? Number.MAX_SAFE_INTEGER,
    Math.ceil(((last + 1) * BIN_MS) / HOUR_MS) * HOUR_MS,
  );
  return slicesBetween(question, fromMs, toMs);
}

/** A sum with the groups that it belongs to: one, several where they overlap, none where nothing is grouped. */
type Use = (row: SumRow, groups: readonly (readonly KeyValue[])[]) => void;

/**
 * Reads the sums that match, none of which is 0, from the smallest rollup that knows. Where it matters what is believed, some take
 * back what others have too much; together they are not negative.
 * Throws `owner-unknown`, `title-unknown`, `sum-beyond-limit`, `detail-dropped`.
 */
export function* readMatching(question: Question, wanted: Wanted, reads: Reads, use: Use): Reading<void> {
  const { store } = question;
  const slices = slicesOf(question);
  const selection = selectMatching(question, wanted, slices);
  if (selection === undefined) return;
  // Where all of the time counts, it needs no slices.
  const wholes = fromHostFiles(selection);
  const allTime = { fromHour: 0, toHour: 0, masks: [], offsetMs: 0 };
  const names = createNames(question);
  const withBelief = beliefsOf(selection.belief, store.routes);
  const known = wholes === undefined ? knownSlices(question, selection, slices, reads) : [allTime];
  for (const slice of known) {
    const groupsOf = createGroupsOf(question, names, selection.time ?? 'hour', slice);
    const sources =
      wholes?.map((statement) => ({ statement })) ?? statementsFor(selection, slice, store.blocks);
    for (const { statement, believed } of sources as readonly SourceStatement[]) {
      yield* reads.add(statement.answeredBy, statement.countRead);
      yield* eachSum(statement, (row) => {
        for (const one of withBelief(row, believed)) use(one, groupsOf(one));
      });
    }
  }
}

/** The slices, with what is before the events that are kept as rollups know it. */
function knownSlices(
  { query, store }: Question,
  selection: Selection,
  slices: readonly TimeSlice[],
  reads: Reads,
): TimeSlice[] {
  const keptFromHour = store.keptFromHour();
  // A rate is of the bins that are asked for, not of more.
  const mayWiden = !['averageRate', 'maximumRate', 'percentile95'].includes(query.measure);
  return slices.flatMap((slice) => {
    const { before, from } = splitAt(slice, keptFromHour);
    if (before === undefined) return [slice];
    const known = asRollupsKnow(selection, before, { keptFromHour, mayWiden });
    if (known.note !== undefined) reads.notes.add(known.note);
    return [known.slice, ...(from === undefined ? [] : [from])];
  });
}

/** The groups of a row; of time by their labels, which are few beside the rows. */
function createGroupsOf(
  { query, store, view }: Question,
  names: ReturnType<typeof createNames>,
  unit: 'hour' | 'bin',
  { offsetMs }: TimeSlice,
): (row: SumRow) => readonly (readonly KeyValue[])[] {
  const { groupBy } = query;
  if (groupBy.length === 0) return () => [];
  const routes = store.routes();
  const labels = groupBy.map(() => new Map<number, string>());
  const valuesOf = (dimension: Query['groupBy'][number], index: number, row: SumRow): readonly KeyValue[] => {
    if (isRouteDimension(dimension)) return routeValues(dimension, routes.get(row.route!)!, query);
    if (dimension === 'category' || dimension === 'belief') return [row[dimension]!];
    if (!isTimeDimension(dimension)) return [names[dimension](row[dimension]!)];
    const slot = row.slot!;
    let label = labels[index]!.get(slot);
    if (label === undefined) {
      label = timeLabel(dimension, slotMs(slot, unit), offsetMs);
      labels[index]!.set(slot, label);
    }
    return [label];
  };
  const shownOf: typeof valuesOf = (dimension, index, row) => {
    const values = valuesOf(dimension, index, row);
    if (view?.shown === undefined) return values;
    const route = routes.get(row.route!)!;
    return values.flatMap((value) => view.shown!(dimension, value, route) ?? (value === null ? [null] : []));
  };
  if (!groupBy.some(isOverlapping))
    return (row) => [groupBy.map((dimension, index) => shownOf(dimension, index, row)[0]!)];
  return (row) =>
    groupBy.reduce<KeyValue[][]>(
      (groups, dimension, index) => {
        const values = shownOf(dimension, index, row);
        return groups.flatMap((group) => values.map((value) => [...group, value]));
      },
      [[]],
    );
}

const createNames = ({ store, view }: Question) => {
  const memo = (read: (id: number) => string) => {
    const names = new Map<number, string>();
    return (id: number): string => {
      const name = names.get(id) ?? read(id);
      names.set(id, name);
      return name;
    };
  };
  const { host: called = (name: string) => name } = view ?? {};
  const host = memo((id) => called(store.hosts.name(id)));
  return {
    owner: memo(store.owners.name),
    title: memo(store.titles.name),
    sourceHost: host,
    destinationHost: host,
  };
};
