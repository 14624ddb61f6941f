import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createShaper, type Shaper } from './shaper.js';

/** A world in which time passes only when everybody waits. */
function createWorld() {
  let nowMs = 0;
  const timers = new Set<{ atMs: number; callback: () => void }>();
  const schedule = (delayMs: number, callback: () => void): (() => void) => {
    const timer = { atMs: nowMs + delayMs, callback };
    timers.add(timer);
    return () => timers.delete(timer);
  };
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  };
  return {
    nowMs: () => nowMs,
    schedule,
    run: async (untilMs: number): Promise<void> => {
      for (;;) {
        await settle();
        const [next] = [...timers].sort((left, right) => left.atMs - right.atMs);
        if (next === undefined || next.atMs > untilMs) break;
        timers.delete(next);
        nowMs = Math.max(nowMs, next.atMs);
        next.callback();
      }
      nowMs = untilMs;
    },
  };
}

/** Sends as fast as it may; `total` counts. */
function greedy(shaper: Shaper, sliceBytes = shaper.sliceBytes) {
  const flow = shaper.openFlow();
  const abort = new AbortController();
  const sender = { total: 0, stop: () => abort.abort(new Error('stopped')) };
  void (async () => {
    for (;;) {
      await flow.take(sliceBytes, abort.signal);
      sender.total += sliceBytes;
    }
  })().catch(() => undefined);
  return sender;
}

describe('the rate cap', () => {
  it('holds over any time for any number of responses, and leaves nothing unused', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 64_000, max: 200_000_000 }),
        fc.integer({ min: 1, max: 9 }),
        async (rateBitsPerSecond, count) => {
          const world = createWorld();
          const shaper = createShaper(rateBitsPerSecond, world);
          const senders = Array.from({ length: count }, () => greedy(shaper));
          await world.run(4_000);
          const total = senders.reduce((sum, sender) => sum + sender.total, 0);
          const fair = (rateBitsPerSecond / 8) * 4;
          expect(total).toBeLessThanOrEqual(fair + (rateBitsPerSecond / 8) * 0.1 + shaper.sliceBytes);
          expect(total).toBeGreaterThanOrEqual(fair - (rateBitsPerSecond / 8) * 0.02 - shaper.sliceBytes);
          for (const sender of senders) {
            expect(Math.abs(sender.total - total / count)).toBeLessThanOrEqual(2 * shaper.sliceBytes);
            sender.stop();
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('shares by bytes, not by slices', async () => {
    const world = createWorld();
    const shaper = createShaper(80_000_000, world);
    const [small, large] = [greedy(shaper, 5_000), greedy(shaper, 60_000)];
    await world.run(5_000);
    expect(Math.abs(small.total - large.total)).toBeLessThanOrEqual(2 * 60_000);
    small.stop();
    large.stop();
  });

  it('gives others what an ended response leaves, and a new one no more than its share', async () => {
    const world = createWorld();
    const shaper = createShaper(8_000_000, world);
    const [first, second] = [greedy(shaper), greedy(shaper)];
    await world.run(2_000);
    first.stop();
    const before = second.total;
    await world.run(4_000);
    expect(second.total - before).toBeGreaterThan(1_900_000);
    const third = greedy(shaper);
    const atThird = second.total;
    await world.run(6_000);
    expect(Math.abs(third.total - (second.total - atThird))).toBeLessThanOrEqual(3 * shaper.sliceBytes);
    second.stop();
    third.stop();
  });
});
