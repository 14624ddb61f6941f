import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { querySchema } from '@fairhop/shared/contract';
import { createLog } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSettlementDatabase } from '../settlement-database.js';
import {
  createSavedQueries,
  createScheduler,
  createSchedules,
  perform,
  type ScheduleNotice,
} from './index.js';

const operator = { kind: 'operator', id: 'operator' } as const;
const minuteMs = 60_000;
const startMs = Date.parse('2026-11-20T02:00Z');
const nightly = {
  id: 'traffic',
  task: { type: 'query', savedQuery: 'sp1' } as const,
  cron: 'nightly',
  timeZone: 'UTC',
  isPaused: false,
  holder: operator,
};
const log = createLog({ name: 'test', level: 'silent' });

let directory: string;
let nowMs: number;
const clock = { nowMs: () => nowMs };
const open: Database[] = [];
const openSchedules = () => {
  const database = openSettlementDatabase(join(directory, 'settlement.sqlite'));
  open.push(database);
  return createSchedules(database, clock);
};
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairhop-schedules-'));
  nowMs = startMs;
});
afterEach(async () => {
  for (const database of open.splice(0)) database.close();
  await rm(directory, { recursive: true });
});

it('gives each due time to one process, whoever looks', () => {
  const [one, other] = [openSchedules(), openSchedules()];
  one.put(nightly);
  expect(one.claim()).toBeUndefined();
  nowMs = startMs + 31 * minuteMs;
  const run = one.claim()!;
  expect(run).toMatchObject({ schedule: 'traffic', dueMs: startMs + 30 * minuteMs, attempt: 1 });
  expect(other.claim()).toBeUndefined();
  one.end(run, { caused: ['alert:a'] });
  expect(other.runs('traffic', 10)).toMatchObject([{ status: 'done', missed: 0, caused: ['alert:a'] }]);
  expect(other.list()).toMatchObject([{ nextMs: startMs + 30 * minuteMs + 86_400_000, lastRun: run.id }]);
});

it('catches up once for all the nights that it was down', () => {
  openSchedules().put(nightly);
  nowMs = startMs + 5 * 86_400_000;
  const later = openSchedules();
  const run = later.claim()!;
  expect(run.dueMs).toBe(startMs + 4 * 86_400_000 + 30 * minuteMs);
  expect(later.claim()).toBeUndefined();
  later.end(run, { caused: [] });
  expect(later.runs('traffic', 10)).toMatchObject([{ missed: 4 }]);
});

it('begins a run again that a crash cut off, and gives up on one that always crashes', () => {
  openSchedules().put(nightly);
  nowMs = startMs + 31 * minuteMs;
  const first = openSchedules().claim()!;
  for (const attempt of [2, 3]) {
    nowMs += 10 * minuteMs;
    // Whoever began it may still be at it.
    expect(openSchedules().claim()).toBeUndefined();
    nowMs += minuteMs;
    expect(openSchedules().claim()).toMatchObject({ id: first.id, attempt });
  }
  nowMs += 11 * minuteMs;
  const last = openSchedules();
  expect(last.claim()).toBeUndefined();
  expect(last.runs('traffic', 1)).toMatchObject([{ status: 'failed', error: { code: 'cut-off' } }]);
  // The one that was slow comes too late.
  last.end(first, { caused: ['alert:late'] });
  expect(last.runs('traffic', 1)).toMatchObject([{ status: 'failed', caused: [] }]);
});

it('does nothing while paused, and nothing of before it was set', () => {
  const schedules = openSchedules();
  schedules.put({ ...nightly, isPaused: true });
  nowMs = startMs + 86_400_000;
  expect(schedules.claim()).toBeUndefined();
  schedules.put(nightly);
  expect(schedules.claim()).toBeUndefined();
  expect(schedules.nextMs()).toBe(startMs + 86_400_000 + 30 * minuteMs);
});

it('refuses names that another party has', () => {
  const schedules = openSchedules();
  schedules.put(nightly);
  const holder = { kind: 'isp', id: 'sp1' } as const;
  expect(() => schedules.put({ ...nightly, holder })).toThrow(
    expect.objectContaining({ code: 'schedule-taken' }),
  );
});

it('lets nobody wait for ever behind one that is always due', () => {
  const schedules = openSchedules();
  const eachMinute = { ...nightly, cron: '* * * * *' };
  for (const id of ['a', 'b']) schedules.put({ ...eachMinute, id });
  const order: string[] = [];
  for (let count = 0; count < 4; count += 1) {
    nowMs += minuteMs;
    const run = schedules.claim()!;
    schedules.end(run, { caused: [] });
    order.push(run.schedule);
  }
  expect(order).toEqual(['a', 'b', 'a', 'b']);
});

it('shows nobody what another party found under the same name', () => {
  const schedules = openSchedules();
  const holder = { kind: 'isp', id: 'sp1' } as const;
  schedules.put(nightly);
  nowMs = startMs + 31 * minuteMs;
  schedules.end(schedules.claim()!, { caused: ['alert:secret'] });
  schedules.remove(nightly.id);
  schedules.put({ ...nightly, holder });
  expect(schedules.runs(nightly.id, 10, holder)).toEqual([]);
  nowMs += 86_400_000;
  schedules.end(schedules.claim()!, { caused: ['alert:own'] });
  expect(schedules.runs(nightly.id, 10, holder)).toMatchObject([{ caused: ['alert:own'] }]);
  expect(schedules.runs(nightly.id, 10)).toHaveLength(2);
});

it('leaves room for others, however many schedules and saved queries one party wants', () => {
  const schedules = openSchedules();
  const savedQueries = createSavedQueries(open[0]!);
  const holder = { kind: 'owner', id: 'studio' } as const;
  const query = querySchema.parse({ measure: 'bytes' });
  const schedule = (index: number) => schedules.put({ ...nightly, id: `s${index}`, holder });
  const saved = (index: number) => savedQueries.put({ id: `q${index}`, name: 'All', query, holder });
  // One flush for all of them.
  open[0]!.transaction(() => {
    for (let index = 0; index < 100; index += 1) schedule(index);
    for (let index = 0; index < 1_000; index += 1) saved(index);
  })();
  expect(() => schedule(100)).toThrow(expect.objectContaining({ code: 'too-many-schedules' }));
  expect(() => saved(1_000)).toThrow(expect.objectContaining({ code: 'too-many-saved-queries' }));
  expect(schedule(0).id).toBe('s0');
  expect(schedules.put(nightly).id).toBe('traffic');
  expect(savedQueries.put({ id: 'q1000', name: 'All', query, holder: operator }).id).toBe('q1000');
});

it('asks as of the time that was due, tells what is beyond the threshold, and records a failure', async () => {
  const schedules = openSchedules();
  const savedQueries = createSavedQueries(open[0]!);
  const query = querySchema.parse({ measure: 'bytes', time: { period: 'yesterday' } });
  savedQueries.put({ id: 'sp1', name: 'Yesterday', query, holder: operator });
  schedules.put({ ...nightly, task: { ...nightly.task, alert: { direction: 'above', value: 99 } } });
  schedules.put({ ...nightly, id: 'unknown', task: { type: 'query', savedQuery: 'nothing' } });
  nowMs = startMs + 2 * 86_400_000;
  const told: ScheduleNotice[] = [];
  const asked: unknown[] = [];
  const scheduler = createScheduler({
    ...{ schedules, clock, log },
    perform: (run) =>
      perform(run, {
        savedQueries,
        ask: async ({ time }) => {
          asked.push(time);
          return { measure: 'bytes', unit: 'bytes', value: 100 } as never;
        },
        closePeriods: async () => [],
        tell: (notice) => `msg_${told.push(notice)}`,
      }),
  });
  scheduler.start();
  await expect.poll(() => schedules.runs('unknown', 1)[0]?.status).toBe('failed');
  await scheduler.stop();
  const dueMs = startMs + 86_400_000 + 30 * minuteMs;
  expect(asked).toEqual([
    { timeZone: 'UTC', fromMs: Date.parse('2026-11-20T00:00Z'), toMs: Date.parse('2026-11-21T00:00Z') },
  ]);
  expect(told).toMatchObject([{ id: `schedule:traffic:${dueMs}`, value: 100, threshold: 99 }]);
  expect(schedules.runs('traffic', 1)).toMatchObject([
    { dueMs, status: 'done', missed: 1, result: { value: 100 }, caused: ['alert:msg_1'] },
  ]);
  expect(schedules.runs('unknown', 1)[0]?.error?.code).toBe('saved-query-unknown');
});
