import type { QueryResult } from '@fairhop/shared/contract';

/** Null is unknown. */
export type MatrixName = string | number | null;

/** Values by two dimensions: the first are its rows, the second its columns. What is not there is 0. */
export interface Matrix {
  readonly rows: readonly MatrixName[];
  readonly columns: readonly MatrixName[];
  at(row: MatrixName, column: MatrixName): number;
}

/** Of an answer that is grouped by two dimensions. With `isSquare` both have all names of either. */
export function matrixOf(
  { rows }: Pick<QueryResult, 'rows'>,
  [down, across]: readonly [string, string],
  isSquare: boolean,
): Matrix {
  const names = (dimensions: readonly string[]): MatrixName[] =>
    [...new Set(rows.flatMap(({ key }) => dimensions.map((dimension) => key[dimension] ?? null)))].sort(
      byName,
    );
  const keyOf = (row: MatrixName, column: MatrixName): string => JSON.stringify([row, column]);
  const values = new Map(
    rows.map(({ key, value }) => [keyOf(key[down] ?? null, key[across] ?? null), value]),
  );
  return {
    rows: names(isSquare ? [down, across] : [down]),
    columns: names(isSquare ? [down, across] : [across]),
    at: (row, column) => values.get(keyOf(row, column)) ?? 0,
  };
}

/** What is unknown comes last. */
function byName(left: MatrixName, right: MatrixName): number {
  if (left === null || right === null) return Number(left === null) - Number(right === null);
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  return String(left).localeCompare(String(right), 'en');
}
