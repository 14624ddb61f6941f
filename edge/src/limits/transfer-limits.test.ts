import { randomUUID } from 'node:crypto';
import type { EdgeUrlClaims } from '@fairhop/shared/model';
import { describe, expect, it } from 'vitest';
import { createShaper } from '../seed/shaper.js';
import { createTransferLimits, type TransferLimits } from './transfer-limits.js';

const KBIT = 1_000;

/** An edge's limits in a world in which time passes only when everybody waits. */
function createWorld(capBitsPerSecond?: number) {
  let nowMs = 0;
  const timers = new Set<{ atMs: number; callback: () => void }>();
  const timer = {
    nowMs: () => nowMs,
    schedule: (delayMs: number, callback: () => void): (() => void) => {
      const entry = { atMs: nowMs + delayMs, callback };
      timers.add(entry);
      return () => timers.delete(entry);
    },
  };
  let news = 0;
  const cap = capBitsPerSecond === undefined ? undefined : createShaper(capBitsPerSecond, timer);
  const limits: TransferLimits = createTransferLimits({
    ...timer,
    cap,
    onNews: () => {
      news += 1;
    },
  });
  return {
    limits,
    news: () => news,
    run: async (forMs: number): Promise<void> => {
      const untilMs = nowMs + forMs;
      for (;;) {
        for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
        const [next] = [...timers].sort((one, other) => one.atMs - other.atMs);
        if (next === undefined || next.atMs > untilMs) break;
        timers.delete(next);
        nowMs = Math.max(nowMs, next.atMs);
        next.callback();
      }
      nowMs = untilMs;
    },
    /** A response that sends as fast as it may. */
    send(claimed: EdgeUrlClaims['limits'] = undefined) {
      const claims = {
        ...{ jti: randomUUID(), title: 'studio/film' },
        ...(claimed && { limits: claimed }),
      } as EdgeUrlClaims;
      const flow = limits.openFlow(claims, '192.0.2.1');
      const abort = new AbortController();
      const sender = { transferId: claims.jti, bytes: 0, stop: () => abort.abort(new Error('stopped')) };
      void (async () => {
        // Without a limit it would send for ever in no time.
        while (sender.bytes < 100_000_000) {
          const bytes = Math.min(flow.sliceBytes, 16_384);
          await flow.take(bytes, abort.signal);
          sender.bytes += bytes;
          limits.count(claims.jti, bytes);
        }
      })().catch(() => undefined);
      return sender;
    },
  };
}
const kilobytes = (bytes: number): number => Math.round(bytes / 1000);

describe('limits of transfers', () => {
  it('let the transfers under one policy share its rate, and others go, whatever they were before', async () => {
    const { limits, send, run } = createWorld(100_000 * KBIT);
    limits.apply([], []);
    const [one, other, free] = [send(), send(), send()];
    await run(1_000);
    const told = limits.transfers();
    expect(told.map(({ transferId }) => transferId).sort()).toEqual(
      [one, other, free].map(({ transferId }) => transferId).sort(),
    );
    const before = one.bytes;
    expect(told.find(({ transferId }) => transferId === one.transferId)).toMatchObject({
      ...{ clientAddress: '192.0.2.1', title: 'studio/film', bytes: before },
    });
    const limited = [one.transferId, other.transferId];
    limits.apply([{ policy: 'p', rateBitsPerSecond: 800 * KBIT, transfers: limited }], told);
    const freeBefore = free.bytes;
    await run(10_000);
    expect(kilobytes(one.bytes - before)).toBeGreaterThan(450);
    expect(kilobytes(one.bytes - before)).toBeLessThan(550);
    expect(kilobytes(other.bytes - before)).toBeLessThan(550);
    expect(free.bytes - freeBefore).toBeGreaterThan(10_000_000);
  });

  it('change the rate of those who wait, and let them go when the policy ends', async () => {
    const { limits, send, run } = createWorld(8_000 * KBIT);
    const sender = send([{ policy: 'p', rateBitsPerSecond: 8 * KBIT }]);
    await run(10_000);
    expect(kilobytes(sender.bytes)).toBeLessThanOrEqual(12);
    const told = [
      { transferId: sender.transferId, clientAddress: '192.0.2.1', title: 'studio/film', bytes: 0 },
    ];
    limits.apply([{ policy: 'p', rateBitsPerSecond: 80 * KBIT, transfers: [sender.transferId] }], told);
    await run(10_000);
    expect(kilobytes(sender.bytes)).toBeGreaterThan(95);
    expect(kilobytes(sender.bytes)).toBeLessThan(125);
    limits.apply(undefined, told);
    await run(1_000);
    expect(kilobytes(sender.bytes)).toBeGreaterThan(900);
    sender.stop();
  });

  it('take a token’s word until the coordinator says otherwise, and tell it of transfers that it does not know', async () => {
    const { limits, send, run, news } = createWorld(8_000 * KBIT);
    limits.apply([], []);
    expect(news()).toBe(0);
    const sender = send([{ policy: 'p', rateBitsPerSecond: 80 * KBIT }]);
    expect(news()).toBe(1);
    limits.apply([], []);
    await run(10_000);
    expect(kilobytes(sender.bytes)).toBeLessThan(125);
    const told = limits.transfers();
    expect(told).toHaveLength(1);
    limits.apply([], told);
    const before = news();
    limits.apply([], told);
    expect(news()).toBe(before);
    await run(1_000);
    expect(kilobytes(sender.bytes)).toBeGreaterThan(900);
  });

  it('tell nothing while no policy is in force, and not of transfers that ended', async () => {
    const { limits, send, run } = createWorld(8_000 * KBIT);
    const sender = send();
    await run(100);
    expect(limits.transfers()).toEqual([]);
    limits.apply([], []);
    expect(limits.transfers()).toHaveLength(1);
    sender.stop();
    await run(11_000);
    expect(limits.transfers()).toEqual([]);
  });
});
