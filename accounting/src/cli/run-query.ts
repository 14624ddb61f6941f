import type { Query } from '@fairhop/shared/contract';
import { type Column, formatTable, printJson } from '@fairhop/shared/service';
import { formatCsv } from './csv.js';
import { exact, writeLine } from './print.js';
import { csvOf, describeResult } from './print-result.js';
import { type QueryOptions, queryOf } from './query-options.js';
import { askAccounting, type ServiceOptions } from './service-client.js';

export async function runQuery(
  measure: Query['measure'],
  options: QueryOptions & ServiceOptions,
): Promise<void> {
  const result = await askAccounting(options, (client) => client.query({ body: queryOf(measure, options) }));
  const format = formatOf(options);
  if (format === 'json') printJson(result);
  else if (format === 'csv') process.stdout.write(csvOf(result, options.groupBy !== undefined));
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
  const format = formatOf(options);
  if (format === 'json') printJson(cells);
  else if (format === 'csv')
    process.stdout.write(
      formatCsv([['from', 'to', 'bytes'], ...cells.map(({ from, to, bytes }) => [from, to, bytes])]),
    );
  else writeLine(formatMatrix(cells));
}

/** `--json` is what every command has. */
const formatOf = ({ json, format = 'table' }: QueryOptions & ServiceOptions) => (json ? 'json' : format);

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

const nullableText = (value: string | number | null | undefined): string | null =>
  value === null || value === undefined ? null : String(value);
