import type { Query, QueryResult } from '@fairhop/shared/contract';
import { BIN_MS } from '@fairhop/shared/model';
import type { Reading } from '../reading/index.js';
import { turned } from './directions.js';
import { isTimeDimension, type KeyValue, timeLabel } from './group-keys.js';
import { answerTooLarge, Groups, topRows, type ValueOfGroup } from './groups.js';
import { invalidQuery } from './period.js';
import type { Question } from './question.js';
import { type Rate, type RateMeasure, rate } from './rate.js';
import { readMatching, slicesBetween } from './read-matching.js';
import { beyondExact } from './read-sums.js';
import { Reads } from './reads.js';
import { binsOf } from './time-slices.js';

/** Bins of all groups; one takes some 50 bytes. */
const maximumBins = 2_000_000;
/** Bins are counted one by one: ten years have a million. */
const maximumTimeMs = 3_660 * 86_400_000;

type Bins = Map<number, number>;

interface BinSums {
  readonly total: Bins;
  readonly groups: Groups<Bins>;
  held: number;
}

const createBinSums = (): BinSums => ({
  total: new Map(),
  groups: new Groups<Bins>(() => new Map()),
  held: 0,
});

function* addBins(question: Question, measure: RateMeasure, reads: Reads, sums: BinSums): Reading<void> {
  // An average is one of all bins together.
  const byBin = measure !== 'averageRate';
  const add = (bins: Bins, bin: number, bytes: number): void => {
    const before = bins.get(bin);
    if (before === undefined) {
      sums.held += 1;
      if (sums.held > maximumBins) throw answerTooLarge(`${maximumBins} bins in its groups`);
    }
    const value = (before ?? 0) + bytes;
    if (!Number.isSafeInteger(value)) throw beyondExact();
    bins.set(bin, value);
  };
  yield* readMatching(question, { measure: 'bytes', byBin }, reads, (row, groups) => {
    const bin = byBin ? row.slot! : 0;
    add(sums.total, bin, row.value);
    for (const values of groups) add(sums.groups.at(values), bin, row.value);
  });
}

/** How many bins are asked for, in all and of a group; null where time has no bounds and none are needed. */
function countBins(question: Question): {
  all: number | null;
  of(values: readonly KeyValue[]): number | null;
} {
  const { query, period } = question;
  const { fromMs, toMs } = period;
  if (fromMs === null || toMs === null) {
    if (query.measure === 'maximumRate') return { all: null, of: () => null };
    throw invalidQuery('time', `${query.measure} needs a time with both ends, such as period 2026-11`);
  }
  if (toMs - fromMs > maximumTimeMs)
    throw invalidQuery('time', `${query.measure} is of at most ten years; a shorter time is right`);
  const indexes = query.groupBy.flatMap((dimension, index) => (isTimeDimension(dimension) ? [index] : []));
  const dimensions = query.groupBy.filter(isTimeDimension);
  const counts = new Map<string, number>();
  let all = 0;
  for (const { bin, offsetMs } of binsOf(slicesBetween(question, fromMs, toMs))) {
    all += 1;
    if (dimensions.length === 0) continue;
    const text = dimensions.map((dimension) => timeLabel(dimension, bin * BIN_MS, offsetMs)).join('\n');
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const of = (values: readonly KeyValue[]): number =>
    dimensions.length === 0 ? all : (counts.get(indexes.map((index) => values[index]).join('\n')) ?? 0);
  return { all, of };
}

/** Throws `query-invalid` where the bins cannot be counted, `answer-too-large`, and as `readMatching` does. */
export function* askRate(question: Question, measure: RateMeasure): Reading<QueryResult> {
  const { query, period } = question;
  const counts = countBins(question);
  const reads = new Reads(query.explain);
  const ways = waysOf(query);
  const read: BinSums[] = [];
  for (const [index, way] of ways.entries()) {
    const sums = query.direction === 'sum' && index > 0 ? read[0]! : createBinSums();
    yield* addBins({ ...question, query: way }, measure, reads, sums);
    if (!read.includes(sums)) read.push(sums);
  }
  const totals = read.map(({ total }) => rate(measure, total, counts.all));
  const { value, ...decided } = larger(totals);
  const [forward, backward] = totals;
  return {
    measure,
    unit: 'bitsPerSecond',
    value,
    ...(backward && { parts: { forward: forward!.value, backward: backward.value } }),
    rate: { bins: counts.all, ...decided },
    ...topRows(query.groupBy, rowsOf(read, measure, counts.of), { limit: query.limit, rowsAddUp: false }),
    ...reads.told,
    ...period,
  };
}

function waysOf(query: Query): Query[] {
  if (query.direction === 'forward') return [query];
  return query.direction === 'backward' ? [turned(query)] : [query, turned(query)];
}

const larger = (rates: readonly Rate[]): Rate =>
  rates.reduce((best, one) => (one.bytes > best.bytes ? one : best));

/** Each group's rate, the larger one where there are two. */
function rowsOf(
  read: readonly BinSums[],
  measure: RateMeasure,
  binsOfGroup: (values: readonly KeyValue[]) => number | null,
): Iterable<ValueOfGroup> {
  const rates = new Groups<{ values: readonly KeyValue[]; value: number }>(() => ({ values: [], value: 0 }));
  for (const { groups } of read) {
    for (const { values, total } of groups.all) {
      // All of it was taken back.
      if ([...total.values()].every((bytes) => bytes === 0)) continue;
      const row = rates.at(values);
      row.value = Math.max(row.value, rate(measure, total, binsOfGroup(values)).value);
      row.values = values;
    }
  }
  return [...rates.all].map(({ total }) => total);
}
