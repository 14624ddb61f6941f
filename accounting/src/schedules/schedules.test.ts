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

it('runs the others where the line of one cannot be read, and shows what is wrong with it', () => {
  const schedules = openSchedules();
  schedules.put({ ...nightly, id: 'invoices' });
  for (const id of ['date', 'never']) schedules.put({ ...nightly, id });
  const spoil = open[0]!.prepare('UPDATE schedules SET cron = ? WHERE id = ?');
  spoil.run('2026-11-20T02:10:00', 'date');
  spoil.run('0 0 30 2 *', 'never');
  expect(schedules.nextMs()).toBe(startMs + 30 * minuteMs);
  nowMs = startMs + 31 * minuteMs;
  expect(schedules.claim()).toMatchObject({ schedule: 'invoices' });
  expect(schedules.claim()).toBeUndefined();
  expect(schedules.nextMs()).toBe(startMs + 30 * minuteMs + 86_400_000);
  expect(schedules.list()).toMatchObject([
    { id: 'date', nextMs: null, error: { code: 'cron-invalid' } },
    { id: 'invoices', nextMs: startMs + 30 * minuteMs + 86_400_000, error: null },
    { id: 'never', nextMs: null, error: { code: 'cron-never-due' } },
  ]);
  expect(schedules.asking('sp1')).toEqual(['date', 'invoices', 'never']);
  schedules.put({ ...nightly, id: 'date' });
  expect(schedules.list()[0]).toMatchObject({ id: 'date', error: null });
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

/** Has a schedule run each minute, so many times. */
const runs = (schedules: ReturnType<typeof openSchedules>, count: number, result?: object): void => {
  for (let index = 0; index < count; index += 1) {
    nowMs += minuteMs;
    for (let run = schedules.claim(); run !== undefined; run = schedules.claim())
      schedules.end(run, { caused: [], ...(result && { result: result as never }) });
  }
};

it('keeps the newest hundred runs of a schedule, whatever others run', () => {
  const schedules = openSchedules();
  const owner = { kind: 'owner', id: 'studio' } as const;
  schedules.put({ ...nightly, id: 'invoices' });
  nowMs = startMs + 30 * minuteMs;
  runs(schedules, 1);
  for (const id of ['a', 'b']) schedules.put({ ...nightly, id, cron: '* * * * *', holder: owner });
  // One flush for all of them.
  open[0]!.transaction(() => runs(schedules, 103))();
  expect(schedules.runs('invoices', 100)).toHaveLength(1);
  const kept = schedules.runs('a', 200);
  expect(kept).toHaveLength(100);
  expect(kept[0]?.dueMs).toBe(nowMs);
  // Of those that are removed together it keeps as many, the newest of them: names cost nothing.
  schedules.remove('a');
  schedules.put({ ...nightly, id: 'a' });
  schedules.remove('b');
  expect(schedules.runs('a', 200).length + schedules.runs('b', 200).length).toBe(100);
  expect(schedules.runs('b', 1)[0]?.dueMs).toBe(nowMs);
  expect(schedules.runs('invoices', 100)).toHaveLength(1);
});

it('gives what a run found only where that run is asked for, and to nobody else', () => {
  const schedules = openSchedules();
  const holder = { kind: 'isp', id: 'sp1' } as const;
  schedules.put({ ...nightly, cron: '* * * * *', holder });
  const result = { value: 100, unit: 'bytes', rows: [{ key: { title: 'a/b' }, value: 100 }] };
  runs(schedules, 1, result);
  const [listed] = schedules.runs('traffic', 10, holder);
  expect(listed).toMatchObject({ answer: { value: 100, unit: 'bytes' } });
  expect(listed).not.toHaveProperty('result');
  expect(schedules.run('traffic', listed!.id, holder)).toEqual({ ...listed, result });
  expect(schedules.run('traffic', listed!.id)).toEqual({ ...listed, result });
  const unknown = expect.objectContaining({ code: 'run-unknown', status: 404 });
  expect(() => schedules.run('other', listed!.id, holder)).toThrow(unknown);
  expect(() => schedules.run('traffic', listed!.id, { ...holder, id: 'sp2' })).toThrow(unknown);
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

it('has not done a closing that left something undone, and names what it caused and what it did not', async () => {
  const task = { type: 'close-periods', issue: true } as const;
  const run = { ...nightly, id: 1, attempt: 1, schedule: 'invoices', task, dueMs: startMs };
  const failures = Array.from({ length: 12 }, (_, index) => `invoice i${index}: it lacks an address`);
  const closed = (some: readonly string[]) =>
    perform(run, { closePeriods: async () => ({ invoices: ['CDN-7'], failures: some }) } as never);
  expect(await closed([])).toEqual({ caused: ['invoice:CDN-7'] });
  expect(await closed(failures)).toEqual({
    caused: ['invoice:CDN-7'],
    error: {
      code: 'closing-incomplete',
      message: expect.stringMatching(/^12 could not .*invoice i0: it lacks an address; .*and 2 more/),
    },
  });
});

it('lists the others where a saved query is not right any more, and shows what is wrong with it', async () => {
  const schedules = openSchedules();
  const database = open[0]!;
  const savedQueries = createSavedQueries(database);
  const query = querySchema.parse({ measure: 'bytes' });
  for (const id of ['new', 'old']) savedQueries.put({ id, name: 'All', query, holder: operator });
  database
    .prepare('UPDATE saved_queries SET query = ? WHERE id = ?')
    .run('{"measure":"bytes","groupBy":["weather"]}', 'old');
  const error = { code: 'saved-query-invalid', message: expect.stringMatching(/old .*groupBy\.0/) };
  expect(savedQueries.list()).toEqual([
    { id: 'new', name: 'All', query, holder: operator, error: null },
    { id: 'old', name: 'All', query: null, holder: operator, error },
  ]);
  expect(savedQueries.get('old').holder).toEqual(operator);
  const task = { type: 'query', savedQuery: 'old' } as const;
  const run = { ...schedules.put({ ...nightly, task }), schedule: 'traffic', task, dueMs: startMs };
  await expect(perform({ ...run, id: 1, attempt: 1 }, { savedQueries } as never)).rejects.toMatchObject(
    error,
  );
  savedQueries.put({ id: 'old', name: 'All', query, holder: operator });
  expect(savedQueries.list()[1]).toMatchObject({ query, error: null });
});

it('asks as of the time that was due, tells what is beyond the threshold, and records a failure', async () => {
  const schedules = openSchedules();
  const savedQueries = createSavedQueries(open[0]!);
  const query = querySchema.parse({ measure: 'bytes', time: { period: 'yesterday' }, limit: 10_000 });
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
        ask: async ({ time, limit }) => {
          asked.push({ ...time, limit });
          return { measure: 'bytes', unit: 'bytes', value: 100 } as never;
        },
        closePeriods: async () => ({ invoices: [], failures: [] }),
        tell: (notice) => `msg_${told.push(notice)}`,
      }),
  });
  scheduler.start();
  await expect.poll(() => schedules.runs('unknown', 1)[0]?.status).toBe('failed');
  await scheduler.stop();
  const dueMs = startMs + 86_400_000 + 30 * minuteMs;
  expect(asked).toEqual([
    {
      ...{ timeZone: 'UTC', fromMs: Date.parse('2026-11-20T00:00Z'), toMs: Date.parse('2026-11-21T00:00Z') },
      // The rows beyond it are counted in the result, and not kept.
      limit: 1_000,
    },
  ]);
  expect(told).toMatchObject([{ id: `schedule:traffic:${dueMs}`, value: 100, threshold: 99 }]);
  expect(schedules.runs('traffic', 1)).toMatchObject([
    { dueMs, status: 'done', missed: 1, answer: { value: 100 }, caused: ['alert:msg_1'] },
  ]);
  expect(schedules.runs('unknown', 1)[0]?.error?.code).toBe('saved-query-unknown');
});
