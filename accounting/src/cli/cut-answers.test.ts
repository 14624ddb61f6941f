import { accountingEndpoints, type QueryResult } from '@fairhop/shared/contract';
import { createHttpService, createLog, route } from '@fairhop/shared/service';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCommand } from './run-command.test-support.js';

/** What any question is answered. */
let answer: QueryResult;
const base = {
  ...({ measure: 'bytes', unit: 'bytes', rowsAddUp: true } as const),
  ...{ answeredBy: 'route-hours', fromMs: null, toMs: null },
};
const service = createHttpService({
  ...{ name: 'trial', host: '127.0.0.1', port: 0, bodyLimitBytes: 10_000 },
  log: createLog({ name: 'trial', level: 'silent' }),
});
service.routes((app) => route(app, accountingEndpoints.query, {}, () => answer));
beforeAll(() => service.start());
afterAll(() => service.stop());

const ask = (...argv: string[]) =>
  runCommand(...argv, '--accounting', service.url, '--token', 'token-of-whoever');

it.each([['table'], ['csv'], ['json']])(
  'a matrix with cells beyond the limit is refused as %s',
  async (format) => {
    const rows = [{ key: { sourceIsp: 'sp1', destinationIsp: 'sp2' }, value: 7 }];
    answer = { ...base, value: 8, rows, other: { groups: 201, value: 1 } };
    const ran = await ask('query', 'matrix', '--format', format);
    expect(ran).toMatchObject({ out: '', error: expect.stringMatching(/10201 cells.*\[answer-too-large\]/) });
    expect(ran.exitCode).not.toBe(0);
  },
);

it('files beyond the limit are counted below those that are listed', async () => {
  const files = [{ title: 'moviestudio/a', contentId: 'c'.repeat(64), sizeBytes: 5, completedMs: 0 }];
  answer = { ...base, measure: 'files', unit: 'files', value: 3, rows: [], files, otherFiles: 2 };
  const { out } = await ask('query', 'files', '--host', 'host:downloader');
  expect(out).toMatch(/moviestudio\/a +5 +1970-01-01T00:00:00.000Z\n\(2 more\)/);
  expect((await ask('query', 'files', '--host', 'host:downloader', '--format', 'csv')).out).toContain(
    '(2 more),,,',
  );
});
