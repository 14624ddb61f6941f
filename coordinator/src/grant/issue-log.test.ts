import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transferIdSchema } from '@fairhop/shared/model';
import { createManualClock } from '@fairhop/shared/service';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openCoordinatorDatabase } from '../database.js';
import { createIssueLog } from './issue-log.js';
import { newTransferId } from './transfer-id.js';

const DAY_MS = 24 * 3_600_000;
const startMs = Date.UTC(2026, 7, 1);
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairhop-issued-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const open = () => openCoordinatorDatabase(join(directory, 'coordinator.db'));

it('names a transfer once, by a UUID of its time', () => {
  const ids = Array.from({ length: 1_000 }, (_, index) => newTransferId(startMs + index));
  for (const id of ids) expect(transferIdSchema.parse(id)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  expect(new Set(ids).size).toBe(ids.length);
  expect([...ids].sort()).toEqual(ids);
});

it('has on disk what it says it wrote, and tells what was never issued', async () => {
  const clock = createManualClock(startMs);
  const database = open();
  const log = createIssueLog(database, clock);
  const issued = [newTransferId(startMs), newTransferId(startMs)];
  await Promise.all(issued.map((id) => log.add([id])));
  // What a process sees that takes the place of one that was killed now.
  const other = open();
  const reopened = createIssueLog(other, clock);
  const made = newTransferId(startMs);
  expect(reopened.unknown([issued[0]!, made, issued[1]!])).toEqual([made]);
  other.close();
  database.close();
});

it('rejects what cannot be written, and goes on', async () => {
  const database = open();
  const log = createIssueLog(database, createManualClock(startMs));
  database.pragma('query_only = ON');
  await expect(log.add([newTransferId(startMs)])).rejects.toThrow(/readonly/);
  database.pragma('query_only = OFF');
  const id = newTransferId(startMs);
  await log.add([id]);
  expect(log.unknown([id])).toEqual([]);
  database.close();
});

it('forgets transfers after 100 days, and not before', async () => {
  const clock = createManualClock(startMs);
  const database = open();
  const log = createIssueLog(database, clock);
  const old = Array.from({ length: 3_000 }, () => newTransferId(startMs));
  const younger = newTransferId(startMs + DAY_MS);
  await log.add([...old, younger]);
  clock.advance(100 * DAY_MS);
  await log.add([newTransferId(clock.nowMs())]);
  expect(log.unknown(old)).toEqual([]);
  clock.advance(1);
  await log.add([newTransferId(clock.nowMs())]);
  await log.add([newTransferId(clock.nowMs())]);
  expect(log.unknown([...old, younger])).toEqual(old);
  database.close();
});
