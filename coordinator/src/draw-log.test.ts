import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '@fairhop/shared/service';
import { expect, it } from 'vitest';
import { openCoordinatorDatabase } from './database.js';
import { createDrawLog } from './draw-log.js';
import type { Draw } from './session/dependencies.js';

const draw = (downloader: string, timeMs: number): Draw => ({
  timeMs,
  downloader,
  contentId: 'c',
  candidates: [],
  seed: 's',
});

it('keeps the latest 10,000 draws, newest first, over a restart', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairhop-draws-'));
  const log = createLog({ name: 'test', level: 'silent' });
  try {
    const file = join(directory, 'coordinator.db');
    const first = openCoordinatorDatabase(file);
    const draws = createDrawLog(first, log);
    for (let timeMs = 0; timeMs < 9_999; timeMs += 1) draws.append(draw('a', timeMs));
    expect(draws.latest({ limit: 1 })).toEqual([draw('a', 9_998)]);
    for (let timeMs = 0; timeMs < 2; timeMs += 1) draws.append(draw('b', timeMs));
    draws.stop();
    first.close();
    const second = openCoordinatorDatabase(file);
    const reopened = createDrawLog(second, log);
    expect(reopened.latest({ limit: 3 })).toEqual([draw('b', 1), draw('b', 0), draw('a', 9_998)]);
    expect(reopened.latest({ downloader: 'a', limit: 20_000 })).toHaveLength(9_998);
    reopened.stop();
    second.close();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
