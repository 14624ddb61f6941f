import type { ComponentRecord } from '@fairhop/shared/contract';
import type { LabReport } from '../measure/report.js';
import type { TrueRow } from './row-report.js';

const SHOWN_DIFFERENCES = 20;

/**
 * What the records of components have to be by the kernels: every row has one on each part of the way that its bytes truly took
 * which accounting was told of, and on both hosts, and all records say of it what its row says, and whose it is. On parts beside
 * these a row has a record only where its path has it; where paths are wrong, `rowPaths` tells.
 */
export function componentReport(
  rows: readonly TrueRow[],
  records: ReadonlyMap<string, readonly ComponentRecord[]>,
): LabReport['componentRecords'] {
  const differences: string[] = [];
  const byRow = new Map<number, Map<string, ComponentRecord>>();
  let count = 0;
  for (const [component, list] of records) {
    for (const record of list) {
      count += 1;
      const ofRow = byRow.get(record.eventId) ?? new Map<string, ComponentRecord>();
      byRow.set(record.eventId, ofRow);
      if (ofRow.has(component)) differences.push(`row ${record.eventId} is twice on ${component}`);
      ofRow.set(component, record);
    }
  }
  let due = 0;
  const trueBytes = new Map<string, number>();
  for (const { event, due: parts, differences: wrong } of rows) {
    const { id, bytes, startMs, endMs, title, source, destination, path } = event;
    const owner = title.split('/')[0]!;
    const ofRow = byRow.get(id) ?? new Map<string, ComponentRecord>();
    byRow.delete(id);
    const expected = new Set([...parts, source, destination]);
    for (const component of expected) {
      due += 1;
      trueBytes.set(component, (trueBytes.get(component) ?? 0) + bytes);
      // A row with a path of before is counted as such.
      if (!ofRow.has(component) && wrong.length === 0)
        differences.push(`row ${id} went over ${component}, which has no record of it`);
    }
    const booked = new Set([...(path?.components ?? []), source, destination]);
    for (const component of booked)
      if (!ofRow.has(component))
        differences.push(`row ${id} is on no record of ${component}, which is on its path`);
    const right = JSON.stringify([path?.id ?? null, owner, bytes, startMs, endMs, title]);
    for (const [component, record] of ofRow) {
      const said = [record.path, record.owner, record.bytes, record.startMs, record.endMs, record.title];
      if (!booked.has(component))
        differences.push(`${component} has a record of row ${id}, which is not on it`);
      if (record.component !== component)
        differences.push(`${component} has a record of ${record.component}`);
      if (JSON.stringify(said) !== right)
        differences.push(`${component} says of row ${id} ${JSON.stringify(said)}, which is ${right}`);
    }
  }
  for (const [id, ofRow] of byRow)
    differences.push(`${[...ofRow.keys()]} have records of row ${id}, which is not booked`);
  const sumOf = (component: string): number =>
    (records.get(component) ?? []).reduce((total, { bytes }) => total + bytes, 0);
  const total = rows.reduce((sum, { event }) => sum + event.bytes, 0);
  return {
    ok: differences.length === 0,
    rows: rows.length,
    components: records.size,
    records: count,
    due,
    maxByteError: Math.max(
      0,
      ...[...trueBytes].map(([component, bytes]) => Math.abs(sumOf(component) - bytes) / Math.max(1, total)),
    ),
    differences: differences.slice(0, SHOWN_DIFFERENCES),
  };
}
