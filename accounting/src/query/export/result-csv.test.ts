import type { QueryResult } from '@fairhop/shared/contract';
import { expect, it } from 'vitest';
import { resultCsv } from './result-csv.js';

const answer: QueryResult = {
  ...{ measure: 'files', unit: 'files', value: 3, rows: [], rowsAddUp: true },
  ...{ answeredBy: 'host-files', fromMs: null, toMs: null },
};

it('says in its last line how many groups or files are beyond the limit', () => {
  const rows = [{ key: { owner: 'moviestudio', day: '2026-11-20' }, value: 2 }];
  const other = { groups: 4, value: 9 };
  expect(resultCsv({ ...answer, rows, other }, ['owner', 'day'])).toBe(
    'owner,day,files\r\nmoviestudio,2026-11-20,2\r\n(4 more),,9\r\n',
  );
  const files = [{ title: 'moviestudio/a', contentId: 'c'.repeat(64), sizeBytes: 5, completedMs: 0 }];
  expect(resultCsv({ ...answer, files, otherFiles: 2 }, [])).toBe(
    `title,contentId,sizeBytes,completed\r\nmoviestudio/a,${'c'.repeat(64)},5,1970-01-01T00:00:00.000Z\r\n(2 more),,,\r\n`,
  );
  // The files are not in a table of groups.
  expect(resultCsv({ ...answer, rows, files, otherFiles: 2 }, ['owner', 'day'])).not.toContain('more');
});
