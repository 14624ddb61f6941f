import type { QueryResult } from '@fairhop/shared/contract';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { PARQUET_RESULT_KEY, resultParquet } from './result-parquet.js';

const answer: QueryResult = {
  ...{ measure: 'bytes', unit: 'bytes', value: 2 ** 53 - 1, rows: [], rowsAddUp: true },
  ...{ answeredBy: 'route-hours', fromMs: null, toMs: 1_800_000_000_000 },
};

async function readBack(written: Uint8Array) {
  const file = written.buffer.slice(
    written.byteOffset,
    written.byteOffset + written.byteLength,
  ) as ArrayBuffer;
  const metadata = parquetMetadata(file);
  const facts = metadata.key_value_metadata?.find(({ key }) => key === PARQUET_RESULT_KEY)?.value;
  return {
    rows: await parquetReadObjects({ file }),
    types: metadata.schema.slice(1).map(({ name, type }) => [name, type]),
    facts: JSON.parse(facts ?? 'null') as unknown,
  };
}

describe('an answer in Parquet', () => {
  it('has exact integers, unknown names as null, and what groups beyond the limit have beside them', async () => {
    const rows = [
      { key: { sourceAs: 64_501, day: '2026-11-20' }, value: 2 ** 53 - 2 },
      { key: { sourceAs: null, day: '2026-11-21' }, value: -7 },
    ];
    const other = { groups: 3, value: 5 };
    const { types, ...read } = await readBack(
      await resultParquet({ ...answer, rows, other }, ['sourceAs', 'day']),
    );
    expect(read).toEqual({
      rows: [
        { sourceAs: 64_501n, day: '2026-11-20', bytes: 9_007_199_254_740_990n },
        { sourceAs: null, day: '2026-11-21', bytes: -7n },
      ],
      facts: {
        ...{ measure: 'bytes', unit: 'bytes', value: 2 ** 53 - 1, rowsAddUp: true, other },
        ...{ answeredBy: 'route-hours', fromMs: null, toMs: 1_800_000_000_000 },
      },
    });
    expect(types).toEqual([
      ['sourceAs', 'INT64'],
      ['day', 'BYTE_ARRAY'],
      ['bytes', 'INT64'],
    ]);
  });

  it('is one row without groups, none where no group has anything, and a row for each file', async () => {
    expect((await readBack(await resultParquet(answer, []))).rows).toEqual([
      { bytes: 9_007_199_254_740_991n },
    ]);
    expect((await readBack(await resultParquet(answer, ['owner']))).rows).toEqual([]);
    const files = [
      { title: 'a/b', contentId: 'c'.repeat(64), sizeBytes: 2 ** 40, completedMs: 1_795_200_000_123 },
    ];
    const { rows } = await readBack(await resultParquet({ ...answer, unit: 'files', files }, []));
    expect(rows).toEqual([
      {
        title: 'a/b',
        contentId: 'c'.repeat(64),
        sizeBytes: 2n ** 40n,
        completed: new Date(1_795_200_000_123),
      },
    ]);
  });
});
