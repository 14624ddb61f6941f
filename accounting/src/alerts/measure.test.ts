import { createManualClock, type ManualClock } from '@fairhop/shared/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestCoordinator } from '../fixture/coordinator.js';
import {
  createTestReporter,
  edgeTransfer,
  peerTransfer,
  statementOf,
  type TestReporter,
} from '../fixture/reporter.js';
import { createTestDirectory, startTestService, type TestService } from '../fixture/service.js';

/** For what happens soon, on a machine that is busy. */
const patience = { timeout: 15_000 };

let cleanups: (() => unknown)[] = [];
let accounting: TestService;
let coordinator: Awaited<ReturnType<typeof createTestCoordinator>>;
let edge: TestReporter;
let clock: ManualClock;

beforeEach(async () => {
  const directory = createTestDirectory();
  // In the middle of a month: all is in one period.
  clock = createManualClock(Date.UTC(2026, 10, 20, 12));
  coordinator = await createTestCoordinator(clock.nowMs);
  const { graphFile: asGraphFile, dataDirectory } = directory;
  accounting = await startTestService({ asGraphFile, dataDirectory, coordinatorUrl: coordinator.url }, clock);
  cleanups = [directory.remove, coordinator.close, accounting.stop];
  edge = createTestReporter(coordinator, 'edge', () => accounting.url);
});
afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

const owner = 'moviestudio';
const times = () => ({ startMs: clock.nowMs() - 2_000, endMs: clock.nowMs() - 1_000 });
const put = (id: string, change: object = {}) =>
  accounting.client.putBudget({
    params: { id },
    body: { owner, limitBytes: 1_000, period: 'month', ...change },
  });

describe('what a budget counts', () => {
  it('is billable: what one side claims is told beside it, and counts once it settles', async () => {
    const downloader = createTestReporter(coordinator, 'agent', () => accounting.url);
    const uploader = createTestReporter(coordinator, 'agent', () => accounting.url);
    expect(await put('b')).toMatchObject({ usedBytes: 0, pendingBytes: 0 });
    await edge.post([edgeTransfer({ bytes: 300, ...times() })]);
    const { endMs, ...began } = times();
    const identities = { coordinator, uploader: uploader.identity, downloader: downloader.identity };
    const transfer = await peerTransfer({ ...identities, toBytes: 600, endMs, ...began });
    await downloader.post([transfer]);
    expect(await put('b')).toMatchObject({ usedBytes: 300, pendingBytes: 600 });
    expect((await accounting.client.listAlerts({ query: {} })).alerts).toEqual([]);
    const sent = { sentBytes: 600, timeMs: endMs, last: true };
    await uploader.post([statementOf(transfer, uploader.identity, sent)]);
    // Nobody asks: what may settle is looked at again.
    const told = async () => (await accounting.client.listAlerts({ query: {} })).alerts;
    await expect.poll(told, patience).toMatchObject([{ stepPercent: 80, usedBytes: 900 }]);
    const { budgets } = await accounting.client.listBudgets({});
    expect(budgets).toMatchObject([{ usedBytes: 900, pendingBytes: 0, activeSteps: [80] }]);
  });

  it('is what its filter names, to the byte', async () => {
    const fill = { kind: 'origin-to-edge', source: 'host:origin', destination: `host:${edge.identity.key}` };
    await edge.post([
      edgeTransfer({ bytes: 100, ...times() }),
      edgeTransfer({
        bytes: 20,
        ...times(),
        title: `${owner}/clip.mp4`,
        category: 'live',
        content: 'c1'.repeat(32),
      }),
      edgeTransfer({ bytes: 3, ...times(), destinationAddress: '127.2.0.10' }),
      edgeTransfer({ bytes: 40_000, ...times(), title: 'other/film.mp4', content: 'c2'.repeat(32) }),
      edgeTransfer({ bytes: 5_000, ...times(), ...fill, destinationAddress: '127.0.0.1' }),
    ]);
    const used = async (change: object) => (await put('b', change)).usedBytes;
    expect(await used({})).toBe(123);
    expect(await used({ title: `${owner}/film.mp4` })).toBe(103);
    expect(await used({ category: 'live' })).toBe(20);
    expect(await used({ enters: 'sp2' })).toBe(3);
    expect(await used({ leaves: 'cdn', enters: 'sp1' })).toBe(120);
    expect(await used({ crosses: ['link:as:64500>as:64502'] })).toBe(3);
    expect(await used({ kind: 'client-to-client' })).toBe(0);
    expect(await used({ kind: 'origin-to-edge' })).toBe(5_000);
    expect(await used({ title: `${owner}/unheard-of.mp4` })).toBe(0);
    expect(await used({ owner: 'nobody' })).toBe(0);
  });
});
