import type { Query, QueryResult } from '@fairhop/shared/contract';
import { type Column, formatTable, printJson } from '@fairhop/shared/service';
import { describeBytes, exact, instantText, writeLine } from './print.js';
import { type QueryOptions, queryOf } from './query-options.js';
import { askAccounting, type ServiceOptions } from './service-client.js';

export async function runQuery(
  measure: Query['measure'],
  options: QueryOptions & ServiceOptions,
): Promise<void> {
  const result = await askAccounting(options, (client) => client.query({ body: queryOf(measure, options) }));
  if (options.json) printJson(result);
  else writeLine(describeResult(result, options));
}

export async function runMatrix(options: QueryOptions & ServiceOptions): Promise<void> {
  const query = queryOf('bytes', { ...options, groupBy: ['sourceIsp', 'destinationIsp'], limit: 10_000 });
  const { rows } = await askAccounting(options, (client) => client.query({ body: query }));
  const cells = rows.map(({ key, value }) => ({
    from: nullableText(key['sourceIsp']),
    to: nullableText(key['destinationIsp']),
    bytes: value,
  }));
  if (options.json) printJson(cells);
  else writeLine(formatMatrix(cells));
}

interface MatrixCell {
  readonly from: string | null;
  readonly to: string | null;
  readonly bytes: number;
}

/** Rows are where bytes began, columns where they ended; an ISP that nobody knows is `unknown`. */
export function formatMatrix(cells: readonly MatrixCell[]): string {
  if (cells.length === 0) return 'Nothing is booked for that.';
  const isps = [...new Set(cells.flatMap(({ from, to }) => [from, to]))].sort(unknownLast);
  const bytes = new Map(cells.map((cell) => [`${cell.from} ${cell.to}`, cell.bytes]));
  const columns: Column<string | null>[] = [
    { header: 'bytes from \\ to', cell: (from) => from ?? undefined },
    ...isps.map((to) => ({
      header: to ?? 'unknown',
      cell: (from: string | null) => exact(bytes.get(`${from} ${to}`) ?? 0),
      align: 'right' as const,
    })),
  ];
  return formatTable(columns, isps);
}

const unknownLast = (left: string | null, right: string | null): number => {
  if (left === null || right === null) return Number(left === null) - Number(right === null);
  return left.localeCompare(right, 'en');
};

function describeResult(result: QueryResult, { leaves = 'A', enters = 'B' }: QueryOptions): string {
  const amount = (value: number): string =>
    result.unit === 'bytes' ? describeBytes(value) : `${exact(value)} ${result.unit}`;
  const lines = [amount(result.value)];
  if (result.parts) {
    lines.push(`  ${leaves} to ${enters}: ${amount(result.parts.forward)}`);
    lines.push(`  ${enters} to ${leaves}: ${amount(result.parts.backward)}`);
  }
  if (result.rows.length > 0) lines.push('', formatRows(result));
  if (result.files && result.files.length > 0) lines.push('', formatFiles(result.files));
  const isBounded = result.fromMs !== null || result.toMs !== null;
  if (isBounded) lines.push('', `from ${instantText(result.fromMs)} to ${instantText(result.toMs)}`);
  return lines.join('\n');
}

function formatRows({ rows, unit }: QueryResult): string {
  const names = Object.keys(rows[0]?.key ?? {});
  return formatTable(
    [
      ...names.map((name) => ({
        header: name,
        cell: ({ key }: QueryResult['rows'][number]) => textOf(name, key[name]),
      })),
      { header: unit, cell: ({ value }) => exact(value), align: 'right' as const },
    ],
    rows,
  );
}

const formatFiles = (files: NonNullable<QueryResult['files']>): string =>
  formatTable(
    [
      { header: 'title', cell: ({ title }) => title },
      { header: 'bytes', cell: ({ sizeBytes }) => exact(sizeBytes), align: 'right' },
      { header: 'completed', cell: ({ completedMs }) => instantText(completedMs) },
    ],
    files,
  );

function textOf(name: string, value: string | number | null | undefined): string | undefined {
  if (value === null || value === undefined) return undefined;
  const isAs = name.endsWith('As') && typeof value === 'number';
  return isAs ? `AS${value}` : String(value);
}

const nullableText = (value: string | number | null | undefined): string | null =>
  value === null || value === undefined ? null : String(value);
