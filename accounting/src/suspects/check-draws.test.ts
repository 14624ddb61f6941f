import { createLog, openDatabase } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { plausibilitySchema } from '../plausibility/index.js';
import { createDrawCheck } from './check-draws.js';
import { suspectMigrations } from './schema.js';

let database: Database;
let found: string[];
let unknown: Set<string>;
let look: () => Promise<boolean>;

const open = (): void => {
  look = createDrawCheck(database, {
    check: async (transferIds) => transferIds.filter((one) => unknown.has(one)),
    thresholds: plausibilitySchema.parse({}),
    found: (agent) => found.push(agent),
    log: createLog({ name: 'draws', level: 'silent' }),
  });
};
beforeEach(() => {
  database = openDatabase(':memory:', suspectMigrations, { synchronous: 'NORMAL' });
  [found, unknown] = [[], new Set()];
  open();
});
afterEach(() => database.close());

const START_MS = Date.UTC(2026, 10, 20, 18);
const HOUR_MS = 3_600_000;
/** As the coordinator makes them: a later one is higher. */
const idOf = (hour: number): string => {
  const time = (START_MS + hour * HOUR_MS).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
};
const add = (uploader: string, numbers: readonly number[]): void => {
  const insert = database.prepare(
    `INSERT INTO transfers (transfer_id, uploader, downloader, difference, last_ms, signed_ms) VALUES (?, ?, ?, 'none', 1, 1)`,
  );
  for (const number of numbers) insert.run(idOf(number), uploader, 'other');
};
const from = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => first + index);
/** Returns how often the thief was found by now. */
const lookAll = async (): Promise<number> => {
  while (await look());
  return found.filter((agent) => agent === 'thief').length;
};

describe('forged grants that come at once', () => {
  it.each([
    [5, 5],
    [20, 20],
    [1_500, 20],
    [1_000, 0],
  ])('are found: %i beside %i that were drawn', async (forged, real) => {
    const forgeries = from(0, forged).map((number) => 2 * number);
    for (const number of forgeries) unknown.add(idOf(number));
    add('thief', forgeries);
    add(
      'honest',
      from(0, real).map((number) => 2 * number + 1),
    );
    expect(await lookAll()).toBe(forged);
    expect(found).not.toContain('honest');
  });
});

describe('a coordinator that lost its log', () => {
  const kept = from(0, 10);
  const lost = from(10, 10);

  it('of some time accuses nobody of that time, however late they come; others are found', async () => {
    add('honest', [...kept, ...lost.slice(0, 5)]);
    await lookAll();
    for (const number of lost) unknown.add(idOf(number));
    add('honest', lost.slice(5));
    expect(await lookAll()).toBe(0);
    add('honest', from(20, 5));
    await lookAll();
    expect(found).toEqual([]);
    unknown.add(idOf(4.5));
    add('thief', [4.5]);
    expect(await lookAll()).toBe(1);
  });

  it('and has it again tells after a start what was never drawn', async () => {
    add('honest', [...kept, ...lost]);
    await lookAll();
    for (const number of [...kept, ...lost, 50]) unknown.add(idOf(number));
    add('thief', [50]);
    expect(await lookAll()).toBe(0);
    unknown = new Set([idOf(50)]);
    expect(await lookAll()).toBe(0);
    open();
    expect(await lookAll()).toBe(1);
  });

  it('longer ago than it keeps excuses nobody who forges an order of then', async () => {
    const old = from(-101 * 24, 10);
    add('honest', [...old, ...kept]);
    await lookAll();
    for (const number of [...old, old[5]! + 0.5]) unknown.add(idOf(number));
    add('thief', [old[5]! + 0.5]);
    expect(await lookAll()).toBe(1);
  });
});
