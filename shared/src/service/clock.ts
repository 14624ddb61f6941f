import { setTimeout as delay } from 'node:timers/promises';
import { FairhopError } from '../model/errors.js';

/** Milliseconds since 1970-01-01 UTC. */
export interface Clock {
  nowMs(): number;
}

export const systemClock: Clock = { nowMs: () => Date.now() };

export interface ManualClock extends Clock {
  advance(durationMs: number): void;
}

/** A clock that stands still until it is advanced. */
export function createManualClock(startMs: number): ManualClock {
  let nowMs = startMs;
  return {
    nowMs: () => nowMs,
    advance: (durationMs) => {
      nowMs += durationMs;
    },
  };
}

/** Waits; throws `aborted` as soon as the signal says so. */
export async function sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(durationMs, undefined, signal ? { signal } : {});
  } catch (error) {
    throw new FairhopError('aborted', `a wait of ${durationMs} ms was aborted`, { cause: error });
  }
}

/**
 * The promise's outcome, or FairhopError `code` (504) when it takes longer. The work itself goes on unless it watches a
 * signal of its own.
 */
export async function withTimeout<Result>(
  promise: Promise<Result>,
  timeoutMs: number,
  code: string,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    const error = new FairhopError(code, `no result within ${timeoutMs} ms`, { status: 504 });
    timer = setTimeout(() => reject(error), timeoutMs);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

export interface BackoffOptions {
  /** Tries in all, the first included. */
  attempts: number;
  /** Longest wait before the second try; it doubles with each further one. */
  baseMs: number;
  /** No wait is longer. */
  maxMs: number;
  signal?: AbortSignal;
  /** False ends it at once: a refusal does not get better by asking again. */
  isRetryable?: (error: unknown) => boolean;
}

export interface BackoffDependencies {
  /** Uniform in [0, 1). */
  random: () => number;
  sleep: typeof sleep;
}

/**
 * Tries until it works, with waits uniform between 0 and a doubling bound ("full jitter", Brooker 2015), so that many
 * that failed together do not come back together. Throws the last error, or `aborted`.
 */
export async function retryWithBackoff<Result>(
  operation: (attempt: number) => Promise<Result>,
  options: BackoffOptions,
  dependencies: BackoffDependencies = { random: Math.random, sleep },
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    if (options.signal?.aborted) throw new FairhopError('aborted', 'aborted before another try');
    try {
      return await operation(attempt);
    } catch (error) {
      if (attempt >= options.attempts || options.isRetryable?.(error) === false) throw error;
    }
    const boundMs = Math.min(options.maxMs, options.baseMs * 2 ** (attempt - 1));
    await dependencies.sleep(dependencies.random() * boundMs, options.signal);
  }
}
