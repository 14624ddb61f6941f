import type { Query, QueryResult } from '@fairhop/shared/contract';
import { resultFacts, resultTable, type TableColumn } from './result-table.js';

/** Under which the file's key-value metadata have what the answer says beside its rows, in JSON. */
export const PARQUET_RESULT_KEY = 'fairhop.query-result';

/**
 * An answer's table as an Apache Parquet file: integers are INT64, times TIMESTAMP in milliseconds, what is unknown null. What is
 * beyond the limit (`other` of groups, `otherFiles`) is among the metadata, since it is no row.
 */
export async function resultParquet(result: QueryResult, groupBy: Query['groupBy']): Promise<Uint8Array> {
  // Few who ask the ledger want this format.
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: resultTable(result, groupBy).map(columnOf),
      kvMetadata: [{ key: PARQUET_RESULT_KEY, value: JSON.stringify(resultFacts(result)) }],
      createdBy: 'fairhop',
    }),
  );
}

function columnOf(column: TableColumn) {
  const { name } = column;
  switch (column.type) {
    case 'text':
      return { name, type: 'STRING' as const, data: [...column.values] };
    case 'integer':
      return {
        name,
        type: 'INT64' as const,
        data: column.values.map((value) => (value === null ? null : BigInt(value))),
      };
    case 'time':
      return {
        name,
        type: 'TIMESTAMP' as const,
        data: column.values.map((value) => (value === null ? null : new Date(value))),
      };
  }
}
