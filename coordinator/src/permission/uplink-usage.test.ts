import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openCoordinatorDatabase } from '../database.js';
import { createUplinkUsage } from './uplink-usage.js';

it('adds bytes by scope and month, and keeps them until the month after', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairhop-usage-'));
  try {
    const file = join(directory, 'coordinator.db');
    const first = openCoordinatorDatabase(file);
    const usage = createUplinkUsage(first, Date.parse('2026-08-10T00:00Z'));
    usage.add([
      { scope: 'a', month: '2026-08', bytes: 5 },
      { scope: 'b', month: '2026-08', bytes: 7 },
    ]);
    usage.add([{ scope: 'a', month: '2026-08', bytes: 6 }]);
    first.close();
    const second = openCoordinatorDatabase(file);
    const reopened = createUplinkUsage(second, Date.parse('2026-09-01T00:00Z'));
    expect(reopened.bytes('a', '2026-08')).toBe(11);
    expect(reopened.bytes('b', '2026-08')).toBe(7);
    expect(reopened.bytes('a', '2026-09')).toBe(0);
    const later = createUplinkUsage(second, Date.parse('2026-10-01T00:00Z'));
    expect(later.bytes('a', '2026-08')).toBe(0);
    second.close();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
