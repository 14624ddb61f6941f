import type { Query, QueryResult } from '@fairhop/shared/contract';
import { BIN_MS } from '@fairhop/shared/model';
import type { Reading } from '../reading/index.js';
import { readReceivedFiles } from './files.js';
import { isTimeDimension, timeLabel } from './group-keys.js';
import { Groups, topRows } from './groups.js';
import { invalidQuery } from './period.js';
import { ownerOf, type Question, titleOf } from './question.js';
import { Reads } from './reads.js';
import { includesBin, timeSlices } from './time-slices.js';

const waysOnly = [
  'leaves',
  'enters',
  'crosses',
  'source',
  'destination',
  'sourceHost',
  'place',
  'sourcePlace',
  'destinationPlace',
  'kind',
  'attributed',
] as const;
const fileDimensions: readonly Query['groupBy'][number][] = ['owner', 'title', 'category', 'destinationHost'];

/** A file comes by many ways, so that none of them can be asked for. Throws `query-invalid`. */
function checkFilesQuery(query: Query): void {
  for (const field of waysOnly) {
    if (query[field] !== undefined)
      throw invalidQuery(field, 'a file comes by many ways; leave it out for files');
  }
  const way = query.groupBy.find((one) => !isTimeDimension(one) && !fileDimensions.includes(one));
  if (way !== undefined)
    throw invalidQuery('groupBy', `a file comes by many ways; ${way} does not group files`);
}

export function* askFiles(question: Question): Reading<QueryResult> {
  const { query, store, period, zone, view } = question;
  checkFilesQuery(query);
  const [owner, title] = [ownerOf(question), titleOf(question)];
  const host = query.destinationHost === undefined ? undefined : store.hosts.id(query.destinationHost);
  const isBillable = query.belief === 'billable';
  const reads = new Reads(query.explain);
  const groups = new Groups<{ value: number }>(() => ({ value: 0 }));
  const files: NonNullable<QueryResult['files']> = [];
  let value = 0;
  const isLocal = query.time.hours !== undefined || query.time.days !== undefined;
  const isKnown = query.destinationHost === undefined || host !== undefined;
  const countRead = `SELECT count(*) AS rowsRead FROM host_files${host === undefined ? '' : ' WHERE host = @host'}`;
  yield* reads.add('host-files', {
    sql: isKnown ? countRead : 'SELECT 0 AS rowsRead',
    parameters: { ...(host !== undefined && { host }) },
  });
  for (const file of isKnown ? yield* readReceivedFiles({ host, owner, title, isBillable }) : []) {
    const { completedMs } = file;
    if (query.category !== undefined && file.category !== query.category) continue;
    if (period.fromMs !== null && completedMs < period.fromMs) continue;
    if (period.toMs !== null && completedMs >= period.toMs) continue;
    const bin = Math.floor(completedMs / BIN_MS);
    const [span] = zone.spans(bin * BIN_MS, (bin + 1) * BIN_MS);
    if (isLocal && !timeSlices([span!], query.time).some((slice) => includesBin(slice, bin))) continue;
    value += 1;
    if (files.length < query.limit) {
      const { title: name, contentId, sizeBytes } = file;
      files.push({ title: name, contentId, sizeBytes, completedMs });
    }
    if (query.groupBy.length === 0) continue;
    const values = query.groupBy.map((dimension) => {
      if (isTimeDimension(dimension)) return timeLabel(dimension, completedMs, span!.offsetMs);
      if (dimension === 'destinationHost') return view?.host?.(file.host) ?? file.host;
      return file[dimension as 'owner' | 'title' | 'category'];
    });
    groups.at(values).value += 1;
  }
  return {
    measure: 'files',
    unit: 'files',
    value,
    ...topRows(
      query.groupBy,
      [...groups.all].map(({ values, total }) => ({ values, value: total.value })),
      { limit: query.limit, rowsAddUp: true },
    ),
    files,
    ...(value > files.length && { otherFiles: value - files.length }),
    ...reads.told,
    ...period,
  };
}
