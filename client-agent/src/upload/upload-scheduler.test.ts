import { describe, expect, it } from 'vitest';
import { createTokenBucket } from './token-bucket.js';
import { createUploadScheduler, type UploadLane } from './upload-scheduler.js';

/** A clock that moves from timer to timer; each fires `lateMs` late. */
function manualTime(lateMs = 0) {
  let nowMs = 0;
  let timers: { atMs: number; callback: () => void }[] = [];
  return {
    nowMs: () => nowMs,
    setTimer(callback: () => void, delayMs: number) {
      const timer = { atMs: nowMs + delayMs + lateMs, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    runUntil(endMs: number) {
      for (;;) {
        const next = timers.reduce<(typeof timers)[number] | undefined>(
          (first, timer) => (first === undefined || timer.atMs < first.atMs ? timer : first),
          undefined,
        );
        if (next === undefined || next.atMs > endMs) break;
        timers = timers.filter((timer) => timer !== next);
        nowMs = Math.max(nowMs, next.atMs);
        next.callback();
      }
      nowMs = endMs;
    },
    get idle() {
      return timers.length === 0;
    },
  };
}

type Time = ReturnType<typeof manualTime>;

function lane(
  time: Time,
  { rate = Number.POSITIVE_INFINITY, frameBytes = 1_000_000, bytes = Number.POSITIVE_INFINITY } = {},
) {
  const sent: { atMs: number; bytes: number }[] = [];
  let leftBytes = bytes;
  const made = {
    bucket: createTokenBucket(rate, time.nowMs()),
    // A lane that offers little at a time must not get less than others.
    readyBytes: () => Math.min(leftBytes, frameBytes),
    send(count: number) {
      sent.push({ atMs: time.nowMs(), bytes: count });
      leftBytes -= count;
    },
    sent,
    between: (fromMs: number, toMs: number) =>
      sent.filter(({ atMs }) => fromMs <= atMs && atMs < toMs).reduce((sum, slice) => sum + slice.bytes, 0),
  };
  return made satisfies UploadLane;
}

describe('the upload rate', () => {
  it.each([
    [1_000_000, 0],
    [10_000_000, 0],
    [10_000_000, 15],
    [30_000_000, 3],
    [400_000_000, 1],
  ])('of %i bit/s is that rate over any second, with timers %i ms late', (rate, lateMs) => {
    const time = manualTime(lateMs);
    const scheduler = createUploadScheduler(rate, time);
    const only = lane(time);
    scheduler.add(only);
    time.runUntil(10_000);
    const perSecond = rate / 8;
    for (let fromMs = 0; fromMs <= 9_000; fromMs += 50) {
      const bytes = only.between(fromMs, fromMs + 1000);
      expect(bytes).toBeLessThanOrEqual(perSecond * 1.05 + 4096);
      expect(bytes).toBeGreaterThanOrEqual(perSecond * 0.93 - 4096);
    }
    expect(only.between(0, 10_000)).toBeGreaterThan(perSecond * 10 * 0.99);
    expect(Math.max(...only.sent.map(({ bytes }) => bytes))).toBeLessThanOrEqual(60 * 1024);
  });

  it('is shared fairly, whatever the peers ask in', () => {
    const time = manualTime();
    const scheduler = createUploadScheduler(20_000_000, time);
    const lanes = [1_000_000, 16_384, 5_000].map((frameBytes) => lane(time, { frameBytes }));
    for (const each of lanes) scheduler.add(each);
    time.runUntil(10_000);
    const totals = lanes.map((each) => each.between(0, 10_000));
    for (const total of totals) expect(total / (25_000_000 / 3)).toBeCloseTo(1, 1);
  });

  it('that one grant does not use goes to the others', () => {
    const time = manualTime();
    const scheduler = createUploadScheduler(20_000_000, time);
    const [slow, fast] = [lane(time, { rate: 2_000_000 }), lane(time)];
    scheduler.add(slow);
    scheduler.add(fast);
    time.runUntil(10_000);
    expect(slow.between(0, 10_000) / 2_500_000).toBeCloseTo(1, 1);
    expect(fast.between(0, 10_000) / 22_500_000).toBeCloseTo(1, 1);
  });

  it('can be changed, held and taken up again', () => {
    const time = manualTime();
    const scheduler = createUploadScheduler(8_000_000, time);
    const only = lane(time);
    scheduler.add(only);
    time.runUntil(2_000);
    scheduler.setRate(80_000_000);
    time.runUntil(4_000);
    expect(only.between(2_000, 4_000) / 20_000_000).toBeCloseTo(1, 1);
    scheduler.pause();
    time.runUntil(6_000);
    expect(only.between(4_000, 6_000)).toBe(0);
    scheduler.resume();
    time.runUntil(8_000);
    expect(only.between(6_000, 8_000) / 20_000_000).toBeCloseTo(1, 1);
    scheduler.stop();
    time.runUntil(10_000);
    expect(only.between(8_000, 10_000)).toBe(0);
    expect(time.idle).toBe(true);
  });

  it('has no timer while nobody is ready', () => {
    const time = manualTime();
    const scheduler = createUploadScheduler(8_000_000, time);
    const only = lane(time, { bytes: 100_000 });
    scheduler.add(only);
    time.runUntil(1_000);
    expect(only.between(0, 1_000)).toBe(100_000);
    expect(time.idle).toBe(true);
  });

  it('sends all at once without a limit, and stops with a lane that is removed', () => {
    const time = manualTime();
    const scheduler = createUploadScheduler(Number.POSITIVE_INFINITY, time);
    const ending = lane(time, { bytes: 10_000_000 });
    const stopping: UploadLane = {
      ...ending,
      send(bytes) {
        ending.send(bytes);
        if (ending.sent.length === 3) scheduler.remove(stopping);
      },
    };
    scheduler.add(stopping);
    scheduler.wake();
    expect(ending.sent).toHaveLength(3);
    const whole = lane(time, { bytes: 10_000_000 });
    scheduler.add(whole);
    expect(whole.between(0, 1)).toBe(10_000_000);
  });
});
