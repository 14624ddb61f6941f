import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openCoordinatorDatabase } from './database.js';
import type { GrantRecord } from './grant/index.js';
import { createUplinkStore } from './uplink-store.js';

const noGrants = { running: [], ended: [] };

it('adds bytes by scope and month, and keeps them until the month after', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairhop-usage-'));
  try {
    const file = join(directory, 'coordinator.db');
    const first = openCoordinatorDatabase(file);
    const usage = createUplinkStore(first, Date.parse('2026-08-10T00:00Z'));
    usage.write({
      used: [
        { scope: 'a', month: '2026-08', bytes: 5 },
        { scope: 'b', month: '2026-08', bytes: 7 },
      ],
      ...noGrants,
    });
    usage.write({ used: [{ scope: 'a', month: '2026-08', bytes: 6 }], ...noGrants });
    first.close();
    const second = openCoordinatorDatabase(file);
    const reopened = createUplinkStore(second, Date.parse('2026-09-01T00:00Z'));
    expect(reopened.bytes('a', '2026-08')).toBe(11);
    expect(reopened.bytes('b', '2026-08')).toBe(7);
    expect(reopened.bytes('a', '2026-09')).toBe(0);
    const later = createUplinkStore(second, Date.parse('2026-10-01T00:00Z'));
    expect(later.bytes('a', '2026-08')).toBe(0);
    second.close();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

it('keeps running grants until they end or expire, as they were reported last', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairhop-uplinks-'));
  try {
    const database = openCoordinatorDatabase(join(directory, 'coordinator.db'));
    const grant = (transferId: string, expiresMs: number, reportedBytes = 0) =>
      ({ transferId, expiresMs, reportedBytes }) as unknown as GrantRecord;
    const store = createUplinkStore(database, Date.parse('2026-08-10T00:00Z'));
    const running = [grant('late', 3_000), grant('soon', 2_000), grant('over', 1_000), grant('ended', 3_000)];
    store.write({ used: [], running, ended: [] });
    store.write({ used: [], running: [grant('late', 3_000, 7)], ended: ['ended'] });
    expect(store.runningGrants(1_000)).toEqual([grant('soon', 2_000), grant('late', 3_000, 7)]);
    database.close();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
