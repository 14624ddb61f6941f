import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FairhopError } from '../model/errors.js';
import { createManualClock, retryWithBackoff, sleep, withTimeout } from './clock.js';

describe('a manual clock', () => {
  it('stands until it is advanced', () => {
    const clock = createManualClock(1000);
    expect(clock.nowMs()).toBe(1000);
    clock.advance(5);
    expect(clock.nowMs()).toBe(1005);
  });
});

describe('sleep', () => {
  it('ends at once when aborted, before or while it waits', async () => {
    await expect(sleep(60_000, AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' });
    const controller = new AbortController();
    const waiting = sleep(60_000, controller.signal);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'aborted' });
  });
});

describe('withTimeout', () => {
  it('passes on what comes in time', async () => {
    expect(await withTimeout(Promise.resolve(1), 60_000, 'late')).toBe(1);
    await expect(withTimeout(Promise.reject(new Error('own')), 60_000, 'late')).rejects.toThrow('own');
  });

  it('throws the code for what does not', async () => {
    await expect(withTimeout(new Promise(() => undefined), 1, 'late')).rejects.toMatchObject({
      code: 'late',
      status: 504,
    });
  });
});

describe('retryWithBackoff', () => {
  it('waits between tries, never longer than a doubling bound', async () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const run = async (attempts: number, baseMs: number, maxMs: number, randoms: number[]): Promise<void> => {
      const waits: number[] = [];
      let tries = 0;
      const failing = retryWithBackoff(
        async (attempt) => {
          tries += 1;
          throw new Error(`try ${attempt}`);
        },
        { attempts, baseMs, maxMs },
        { random: () => randoms[waits.length]!, sleep: async (ms) => void waits.push(ms) },
      );
      await expect(failing).rejects.toThrow(`try ${attempts}`);
      expect(tries).toBe(attempts);
      expect(waits).toEqual(
        randoms.slice(0, attempts - 1).map((value, index) => value * Math.min(maxMs, baseMs * 2 ** index)),
      );
    };
    const counts = fc.integer({ min: 1, max: 12 });
    const times = fc.integer({ min: 1, max: 10_000 });
    const randoms = fc.array(random, { minLength: 12, maxLength: 12 });
    await fc.assert(fc.asyncProperty(counts, times, times, randoms, run));
  });

  const dependencies = { random: () => 0.5, sleep: async () => undefined };

  it('gives the first result, and does not ask again after a refusal', async () => {
    const second = async (attempt: number): Promise<number> => {
      if (attempt < 2) throw new Error('not yet');
      return attempt;
    };
    expect(await retryWithBackoff(second, { attempts: 5, baseMs: 1, maxMs: 1 }, dependencies)).toBe(2);
    let tries = 0;
    const refused = retryWithBackoff(
      async () => {
        tries += 1;
        throw new FairhopError('forbidden', 'no', { status: 403 });
      },
      { attempts: 5, baseMs: 1, maxMs: 1, isRetryable: () => false },
      dependencies,
    );
    await expect(refused).rejects.toMatchObject({ code: 'forbidden' });
    expect(tries).toBe(1);
  });

  it('ends while it waits when aborted', async () => {
    const controller = new AbortController();
    const failing = retryWithBackoff(
      async () => {
        setImmediate(() => controller.abort());
        throw new Error('down');
      },
      { attempts: 5, baseMs: 1e6, maxMs: 1e6, signal: controller.signal },
      { random: () => 0.9, sleep },
    );
    await expect(failing).rejects.toMatchObject({ code: 'aborted' });
  });
});
