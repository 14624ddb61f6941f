import type { Query, QueryResult } from '@fairhop/shared/contract';
import { formatCsv } from './csv.js';
import { resultTable, type TableColumn } from './result-table.js';

/** An answer's table; what groups beyond the limit add up to is its last line. */
export function resultCsv(result: QueryResult, groupBy: Query['groupBy']): string {
  const columns = resultTable(result, groupBy);
  const lines = Array.from({ length: columns[0]!.values.length }, (_, row) =>
    columns.map((column) => cellOf(column, row)),
  );
  const { other } = result;
  const rest =
    other === undefined ? [] : [[`(${other.groups} more)`, ...groupBy.slice(1).map(() => null), other.value]];
  return formatCsv([columns.map(({ name }) => name), ...lines, ...rest]);
}

function cellOf({ type, values }: TableColumn, row: number): string | number | null {
  const value = values[row]!;
  return type === 'time' && value !== null ? new Date(value).toISOString() : value;
}
