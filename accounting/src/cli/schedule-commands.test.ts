import { createManualClock } from '@fairhop/shared/service';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestCoordinator, type TestCoordinator } from '../fixture/coordinator.js';
import { createTestReporter, edgeTransfer } from '../fixture/reporter.js';
import { createTestDirectory, startTestService, type TestService } from '../fixture/service.js';
import { type Ran, runCommand } from './run-command.test-support.js';

const directory = createTestDirectory();
const noonMs = Date.UTC(2026, 10, 19, 12);
const clock = createManualClock(noonMs);
let coordinator: TestCoordinator;
let accounting: TestService;

const ask = (...argv: string[]): Promise<Ran> =>
  runCommand(...argv, '--accounting', accounting.url, '--token', accounting.service.operatorToken);
const json = async (...argv: string[]) => JSON.parse((await ask(...argv, '--json')).out);

const start = async (): Promise<void> => {
  accounting = await startTestService(
    {
      asGraphFile: directory.graphFile,
      dataDirectory: directory.dataDirectory,
      coordinatorUrl: coordinator.url,
    },
    clock,
  );
};
beforeAll(async () => {
  coordinator = await createTestCoordinator(clock.nowMs);
  await start();
  const edge = createTestReporter(coordinator, 'edge', () => accounting.url);
  const startMs = noonMs - 3_600_000;
  const report = edgeTransfer({
    bytes: 8_000_000,
    startMs,
    endMs: startMs + 1_000,
    destinationAddress: '127.1.0.10',
  });
  expect(await edge.post([report])).toMatchObject({ accepted: 1 });
});
afterAll(async () => {
  await accounting.stop();
  await coordinator.close();
  directory.remove();
});

it('keeps a question, asks it every night, and tells what is above a threshold', async () => {
  const asked = await ask(
    'query',
    'bytes',
    '--destination',
    'SP1',
    '--period',
    'yesterday',
    '--save',
    'into-sp1',
  );
  expect(asked.exitCode).toBe(0);
  expect(await json('saved-query', 'list')).toMatchObject([
    { id: 'into-sp1', name: 'bytes destination SP1', holder: { kind: 'operator' } },
  ]);
  const set = await ask(
    'schedule',
    'set',
    'nights',
    '--query',
    'into-sp1',
    '--cron',
    'nightly',
    '--above',
    '5MB',
  );
  expect(set.out).toBe('Schedule nights runs next at 2026-11-20T02:30:00.000Z.\n');
  // The service is down for the first night and half of the second day.
  await accounting.stop();
  clock.advance(26 * 3_600_000);
  await start();
  await expect.poll(async () => (await json('schedule', 'runs', 'nights'))[0]?.status).toBe('done');
  const notices = await json('alerts');
  expect(notices).toMatchObject([{ schedule: 'nights', value: 8_000_000, threshold: 5_000_000 }]);
  const [run] = await json('schedule', 'runs', 'nights');
  const dueMs = Date.UTC(2026, 10, 20, 2, 30);
  expect(run).toMatchObject({
    dueMs,
    missed: 0,
    answer: { value: 8_000_000, unit: 'bytes' },
    caused: [`alert:${notices[0].id}`],
  });
  expect((await ask('saved-query', 'remove', 'into-sp1')).error).toContain('[saved-query-in-use]');
  expect((await ask('schedule', 'remove', 'nights')).exitCode).toBe(0);
  expect((await ask('schedule', 'runs', 'nights')).out).toContain('8,000,000 bytes');
  expect((await ask('schedule', 'result', 'nights')).out).toMatch(/^Run 1, due .*: done\n8,000,000 bytes/);
  expect(await json('schedule', 'result', 'nights', '--run', '1')).toEqual({
    ...run,
    result: expect.objectContaining({ measure: 'bytes', value: 8_000_000, rows: [] }),
  });
  expect(await ask('schedule', 'result', 'nights', '--run', '2')).toMatchObject({
    exitCode: 3,
    error: expect.stringContaining('[run-unknown]'),
  });
  expect((await ask('saved-query', 'remove', 'into-sp1')).exitCode).toBe(0);
}, 30_000);

it.each([
  [['--query', 'nothing', '--cron', 'nightly'], 3, 'saved-query-unknown'],
  [['--close-periods', '--cron', '0 0 30 2 *'], 2, 'cron-never-due'],
  [['--close-periods', '--cron', '2026-11-20T16:00:00'], 2, 'cron-invalid'],
  [['--close-periods', '--cron', 'nightly', '--tz', 'Mars/Olympus'], 2, 'invalid-request'],
  [['--cron', 'nightly'], 2, 'schedule-task'],
])('says what is wrong with %s', async (options, exitCode, code) => {
  expect(await ask('schedule', 'set', 'wrong', ...options)).toMatchObject({
    exitCode,
    error: expect.stringContaining(`[${code}]`),
  });
});
