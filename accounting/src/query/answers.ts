import type { Query, QueryResult } from '@fairhop/shared/contract';
import { BIN_MS } from '@fairhop/shared/model';
import type { Reading } from '../reading/index.js';
import { readReceivedFiles } from './files.js';
import { Groups, isRouteDimension, timeLabel } from './group-keys.js';
import { invalidQuery } from './period.js';
import { ownerOf, type Question, titleOf } from './question.js';
import { sum } from './sum.js';
import { dayMinutes, includesBin, timeSlices } from './time-slices.js';

export function* askSum(question: Question, measure: 'bytes' | 'events'): Reading<QueryResult> {
  const { value, groups, answeredBy } = yield* sum(question, measure);
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

export function* askDifference(question: Question): Reading<QueryResult> {
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
  const forward = yield* sum(question, 'bytes');
  const backward = yield* sum({ ...question, query: turned }, 'bytes');
  const groups = new Groups(query.groupBy);
  groups.addAll(forward.groups, 1);
  groups.addAll(backward.groups, -1);
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

export function* askFiles(question: Question): Reading<QueryResult> {
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
  const groups = new Groups(query.groupBy);
  const files: NonNullable<QueryResult['files']> = [];
  let value = 0;
  const isKnown = query.destinationHost === undefined || host !== undefined;
  for (const file of isKnown ? yield* readReceivedFiles({ host, owner, title }) : []) {
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
      if (dimension === 'owner') return ownerName;
      if (dimension === 'title') return file.title;
      return timeLabel(dimension, completedMs, span!.offsetMs);
    });
    groups.add(keys, 1);
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
