import { expect, it } from 'vitest';
import { dueTimes } from './due-times.js';

const at = (text: string): number => Date.parse(text);
const london = (cron: string) => dueTimes(cron, 'Europe/London', at('2026-01-01T00:00Z'));

it('runs by the clock of the zone, also where clocks change', () => {
  const nightly = london('nightly');
  expect(nightly.after(at('2026-03-28T12:00Z'))).toBe(at('2026-03-29T01:30Z'));
  // 02:30 on 25 October comes once, after the hour that is twice.
  expect(nightly.after(at('2026-10-24T12:00Z'))).toBe(at('2026-10-25T02:30Z'));
  // 01:30 on 29 March does not exist: it is run when the clocks went forward.
  const skipped = london('30 1 * * *').after(at('2026-03-28T12:00Z'))!;
  expect(skipped).toBeGreaterThanOrEqual(at('2026-03-29T01:00Z'));
  expect(skipped).toBeLessThan(at('2026-03-29T02:00Z'));
  // 01:30 on 25 October is there twice, and run once.
  const twice = london('30 1 * * *');
  const first = twice.after(at('2026-10-24T12:00Z'))!;
  expect(twice.after(first)).toBe(at('2026-10-26T01:30Z'));
});

it('counts what was missed and keeps the latest', () => {
  const weekly = dueTimes('weekly', 'UTC', 0);
  const monday = at('2026-11-16T02:30Z');
  expect(weekly.latest(at('2026-11-01T00:00Z'), monday - 1)).toEqual({
    dueMs: at('2026-11-09T02:30Z'),
    missed: 1,
  });
  expect(weekly.latest(at('2026-11-01T00:00Z'), monday)).toEqual({ dueMs: monday, missed: 2 });
  expect(weekly.latest(monday, monday)).toBeUndefined();
  const everyMinute = dueTimes('* * * * *', 'UTC', 0);
  expect(everyMinute.latest(0, at('2026-11-20T12:00:30Z'))).toEqual({
    dueMs: at('2026-11-20T12:00Z'),
    missed: 1_000,
  });
});

it.each([
  ['0 0 30 2 *', 'cron-never-due'],
  ['61 * * * *', 'cron-invalid'],
  ['* * * *', 'cron-invalid'],
  ['* * * * * *', 'cron-invalid'],
  ['sometimes', 'cron-invalid'],
  ['@daily', 'cron-invalid'],
  ['2026-11-20T16:00:00', 'cron-invalid'],
  ['2026-11-20 16:00', 'cron-invalid'],
  ['2027-01-01T00:00 * * * *', 'cron-invalid'],
])('refuses %s with %s', (cron, code) => {
  expect(() => london(cron)).toThrow(expect.objectContaining({ code }));
});
