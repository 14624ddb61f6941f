import type { Query, QueryResult } from '@fairhop/shared/contract';

/** `integer` is exact; `time` is an instant in milliseconds; null is unknown. */
export type TableColumn =
  | { readonly name: string; readonly type: 'integer' | 'time'; readonly values: readonly (number | null)[] }
  | { readonly name: string; readonly type: 'text'; readonly values: readonly (string | null)[] };

/** Columns of an answer, each as long as it has rows. */
export type ResultTable = readonly TableColumn[];

/** One row for each group; without groups one for each file, or for the value alone. */
export function resultTable(result: QueryResult, groupBy: Query['groupBy']): ResultTable {
  const { rows, files, value, unit } = result;
  if (groupBy.length > 0) {
    const keys = groupBy.map((name): TableColumn => {
      const values = rows.map(({ key }) => key[name] ?? null);
      return name.endsWith('As')
        ? { name, type: 'integer', values: values as (number | null)[] }
        : { name, type: 'text', values: values as (string | null)[] };
    });
    return [...keys, { name: unit, type: 'integer', values: rows.map((row) => row.value) }];
  }
  if (files === undefined) return [{ name: unit, type: 'integer', values: [value] }];
  return [
    { name: 'title', type: 'text', values: files.map(({ title }) => title) },
    { name: 'contentId', type: 'text', values: files.map(({ contentId }) => contentId) },
    { name: 'sizeBytes', type: 'integer', values: files.map(({ sizeBytes }) => sizeBytes) },
    { name: 'completed', type: 'time', values: files.map(({ completedMs }) => completedMs) },
  ];
}

/** What an answer says beside its rows. */
export const resultFacts = ({ rows, files, ...facts }: QueryResult): Omit<QueryResult, 'rows' | 'files'> =>
  facts;
