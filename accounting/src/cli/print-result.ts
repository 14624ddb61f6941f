import type { QueryResult } from '@fairhop/shared/contract';
import { formatBitRate, formatTable } from '@fairhop/shared/service';
import { counted, describeBytes, exact, instantText, noteLines } from './print.js';
import type { QueryOptions } from './query-options.js';

type Row = QueryResult['rows'][number];
type KeyValue = Row['key'][string];

/** For people. */
export function describeResult(result: QueryResult, { leaves = 'A', enters = 'B' }: QueryOptions): string {
  const amount = (value: number): string => describeAmount(result.unit, value);
  const lines = [amount(result.value)];
  if (result.parts) {
    lines.push(`  ${leaves} to ${enters}: ${amount(result.parts.forward)}`);
    lines.push(`  ${enters} to ${leaves}: ${amount(result.parts.backward)}`);
  }
  if (result.rate) lines.push(`  ${describeRate(result.rate)}`);
  if (result.rows.length > 0) lines.push('', formatRows(result));
  if (result.files && result.files.length > 0) lines.push('', formatFiles(result.files, result.otherFiles));
  const isBounded = result.fromMs !== null || result.toMs !== null;
  if (isBounded) lines.push('', `from ${instantText(result.fromMs)} to ${instantText(result.toMs)}`);
  if (result.notes) lines.push('', ...noteLines(result));
  if (result.explanation) {
    const read = result.explanation.map(({ rollup, rowsRead }) => `${exact(rowsRead)} rows of ${rollup}`);
    lines.push('', `read: ${read.join(', ') || 'nothing, since nothing matches'}`);
  }
  return lines.join('\n');
}

function describeAmount(unit: QueryResult['unit'], value: number): string {
  if (unit === 'bytes') return describeBytes(value);
  if (unit === 'bitsPerSecond') return `${exact(value)} bit/s (${formatBitRate(value)})`;
  // `files`, `events`, `hosts`
  return counted(value, unit.slice(0, -1));
}

function describeRate({ bins, rank, bytes }: NonNullable<QueryResult['rate']>): string {
  const of = bins === null ? '' : ` of ${exact(bins)} 5-minute bins`;
  const which = rank === undefined ? '' : `number ${exact(rank)} from the largest down,`;
  return `${exact(bytes)} bytes:${which && ` ${which}`}${of || ' the largest 5-minute bin'}`;
}

function formatRows({ rows, other, unit }: QueryResult): string {
  const names = Object.keys(rows[0]?.key ?? {});
  const shown: { cells: (string | undefined)[]; value: number | null }[] = rows.map(({ key, value }) => ({
    cells: names.map((name) => textOf(name, key[name])),
    value,
  }));
  if (other) {
    shown.push({
      cells: names.map((_, index) => (index === 0 ? `(${other.groups} more)` : '')),
      value: other.value,
    });
  }
  return formatTable(
    [
      ...names.map((name, index) => ({
        header: name,
        cell: ({ cells }: (typeof shown)[number]) => cells[index],
      })),
      { header: unit, cell: ({ value }) => (value === null ? '-' : exact(value)), align: 'right' as const },
    ],
    shown,
  );
}

function formatFiles(files: NonNullable<QueryResult['files']>, others: number | undefined): string {
  const more = others === undefined ? [] : [{ title: `(${others} more)` }];
  const shown: Partial<(typeof files)[number]>[] = [...files, ...more];
  return formatTable(
    [
      { header: 'title', cell: ({ title }) => title },
      {
        header: 'bytes',
        cell: ({ sizeBytes }) => (sizeBytes === undefined ? '' : exact(sizeBytes)),
        align: 'right',
      },
      {
        header: 'completed',
        cell: ({ completedMs }) => (completedMs === undefined ? '' : instantText(completedMs)),
      },
    ],
    shown,
  );
}

function textOf(name: string, value: KeyValue | undefined): string | undefined {
  if (value === null || value === undefined) return undefined;
  const isAs = name.endsWith('As') && typeof value === 'number';
  return isAs ? `AS${value}` : String(value);
}
