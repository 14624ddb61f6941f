import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { runCrowd } from './crowd.js';
import type { Subscriber } from './subscribers.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fairhop-crowd-'));
  vi.useFakeTimers({ toFake: ['Date'], now: 10_000 });
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(directory, { recursive: true });
});

const bytes = Buffer.from('film');
const title = {
  id: 'studio/film',
  contentId: 'c',
  sizeBytes: bytes.length,
  pieceLengthBytes: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
};

/** Has the title at that time, and says that it took no time at all. */
const subscriber = (name: string, atMs: number): Subscriber => {
  const download: Subscriber['control']['download'] = async ({ output }) => {
    writeFileSync(output!, bytes);
    vi.setSystemTime(Math.max(atMs, Date.now()));
    return { seconds: 0 } as Awaited<ReturnType<Subscriber['control']['download']>>;
  };
  return { host: { name }, control: { download } } as Subscriber;
};

it('takes until the last one has the title, whatever agents say of it', async () => {
  const subscribers = [subscriber('a', 30_000), subscriber('b', 75_000)];
  const { signal } = new AbortController();
  const { startMs, endMs, downloads } = await runCrowd({ title, subscribers, directory, signal, events: [] });
  expect({ startMs, endMs }).toEqual({ startMs: 10_000, endMs: 75_000 });
  expect(downloads.map(({ isVerified }) => isVerified)).toEqual([true, true]);
});
