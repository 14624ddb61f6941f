import type { QueryResult } from '@fairhop/shared/contract';
import type { Reading } from '../reading/index.js';
import { checkBothWays, checkEnds, turned } from './directions.js';
import { isOverlapping } from './group-keys.js';
import { answerTooLarge, Groups, topRows } from './groups.js';
import type { Question } from './question.js';
import { readMatching } from './read-matching.js';
import { beyondExact } from './read-sums.js';
import { Reads } from './reads.js';

interface Sum {
  value: number;
}

interface Sums {
  readonly total: Sum;
  readonly groups: Groups<Sum>;
}

const createSums = (): Sums => ({ total: { value: 0 }, groups: new Groups<Sum>(() => ({ value: 0 })) });

function* addUp(
  question: Question,
  measure: 'bytes' | 'events',
  reads: Reads,
  sums: Sums,
  factor: 1 | -1 = 1,
): Reading<void> {
  const read = createSums();
  yield* readMatching(question, { measure }, reads, (row, groups) => {
    read.total.value += row.value;
    if (!Number.isSafeInteger(read.total.value)) throw beyondExact();
    for (const values of groups) read.groups.at(values).value += row.value;
  });
  sums.total.value += read.total.value * factor;
  if (!Number.isSafeInteger(sums.total.value)) throw beyondExact();
  // A group of which all was taken back has nothing.
  for (const { values, total } of read.groups.all)
    if (total.value !== 0) sums.groups.at(values).value += total.value * factor;
}

const sumRows = ({ query: { groupBy, limit } }: Question, { groups }: Sums) =>
  topRows(
    groupBy,
    [...groups.all].map(({ values, total }) => ({ values, value: total.value })),
    { limit, rowsAddUp: !groupBy.some(isOverlapping) },
  );

export function* askSum(question: Question, measure: 'bytes' | 'events'): Reading<QueryResult> {
  const reads = new Reads(question.query.explain);
  const sums = createSums();
  yield* addUp(question, measure, reads, sums);
  return {
    measure,
    unit: measure,
    value: sums.total.value,
    ...sumRows(question, sums),
    ...reads.told,
    ...question.period,
  };
}

export function* askDifference(question: Question): Reading<QueryResult> {
  const { query } = question;
  checkEnds(query);
  checkBothWays(query, 'a difference');
  const reads = new Reads(query.explain);
  const sums = createSums();
  yield* addUp(question, 'bytes', reads, sums);
  const forward = sums.total.value;
  yield* addUp({ ...question, query: turned(query) }, 'bytes', reads, sums, -1);
  return {
    measure: 'difference',
    unit: 'bytes',
    value: sums.total.value,
    parts: { forward, backward: forward - sums.total.value },
    ...sumRows(question, sums),
    ...reads.told,
    ...question.period,
  };
}

/** Hosts of all groups; one takes some 30 bytes. */
const maximumHosts = 4_000_000;

/** Distinct hosts that bytes went to. A host may be in several groups. */
export function* askHosts(question: Question): Reading<QueryResult> {
  const { groupBy, limit, explain } = question.query;
  const reads = new Reads(explain);
  const total = new Set<number>();
  const groups = new Groups<Set<number>>(() => new Set());
  let held = 0;
  const add = (hosts: Set<number>, host: number): void => {
    const before = hosts.size;
    hosts.add(host);
    held += hosts.size - before;
    if (held > maximumHosts) throw answerTooLarge(`${maximumHosts} hosts in its groups`);
  };
  yield* readMatching(question, { measure: 'events', byHost: true }, reads, (row, keys) => {
    add(total, row.destinationHost!);
    for (const values of keys) add(groups.at(values), row.destinationHost!);
  });
  return {
    measure: 'hosts',
    unit: 'hosts',
    value: total.size,
    ...topRows(
      groupBy,
      [...groups.all].map(({ values, total: hosts }) => ({ values, value: hosts.size })),
      { limit, rowsAddUp: false },
    ),
    ...reads.told,
    ...question.period,
  };
}
