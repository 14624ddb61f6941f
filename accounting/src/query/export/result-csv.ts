import type { Query, QueryResult } from '@fairhop/shared/contract';
import { formatCsv } from './csv.js';
import { resultTable, type TableColumn } from './result-table.js';

/** An answer's table; how many groups or files are beyond the limit, and what groups of them add up to, is its last line. */
export function resultCsv(result: QueryResult, groupBy: Query['groupBy']): string {
  const columns = resultTable(result, groupBy);
  const lines = Array.from({ length: columns[0]!.values.length }, (_, row) =>
    columns.map((column) => cellOf(column, row)),
  );
  const rest = restOf(result, groupBy).map(({ count, value }) => [
    `(${count} more)`,
    ...columns.slice(1, -1).map(() => null),
    value,
  ]);
  return formatCsv([columns.map(({ name }) => name), ...lines, ...rest]);
}

function restOf({ other, otherFiles }: QueryResult, groupBy: Query['groupBy']) {
  if (groupBy.length > 0) return other === undefined ? [] : [{ count: other.groups, value: other.value }];
  return otherFiles === undefined ? [] : [{ count: otherFiles, value: null }];
}

function cellOf({ type, values }: TableColumn, row: number): string | number | null {
  const value = values[row]!;
  return type === 'time' && value !== null ? new Date(value).toISOString() : value;
}
