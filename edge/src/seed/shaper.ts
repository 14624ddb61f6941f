/** Largest piece of a response that is sent at once under a cap, so that many responses interleave finely. */
const maxSliceBytes = 64 * 1024;
/** A slice takes at most this long at the capped rate, so that slow caps interleave finely too. */
const sliceMs = 50;
/** What an idle edge may send at once when traffic comes: also what a late timer may catch up. */
const burstMs = 100;

/** A flow that hands a slice to its socket keeps its claim meanwhile; one that paused catches up on no more than this. */
const creditBytes = 2 * maxSliceBytes;

export interface ShaperDependencies {
  /** Monotonic milliseconds. */
  nowMs(): number;
  /** Calls back once after the delay, 0 being the next turn of the event loop; returns what cancels it. */
  schedule(delayMs: number, callback: () => void): () => void;
}

/** One response's place in the queue. */
export interface Flow {
  /** Waits until `bytes` (at most `sliceBytes`) may be sent. One wait at a time. Rejects with the signal's reason. */
  take(bytes: number, signal: AbortSignal): Promise<void>;
}

export interface Shaper {
  /** What a flow takes at a time. */
  readonly sliceBytes: number;
  /** From now on, for those who wait too. */
  setRate(bitsPerSecond: number): void;
  openFlow(): Flow;
}

interface Waiting {
  readonly flow: { finish: number };
  readonly bytes: number;
  grant(): void;
}

/**
 * Caps the sum of all flows by a token bucket and shares it fairly in bytes between those that have something to send,
 * by start-time fair queueing (Goyal, Vin, Cheng 1996): the flow that lags most goes first. Unlike deficit round robin it
 * keeps a flow's standing while the flow hands its slice to the socket. What a blocked flow does not take, others get.
 */
export function createShaper(rateBitsPerSecond: number, dependencies: ShaperDependencies): Shaper {
  let bytesPerMs = rateBitsPerSecond / 8000;
  let burstBytes = bytesPerMs * burstMs;
  /** One entry per response at most, so that `maxResponses` bounds it. */
  const waiting = new Set<Waiting>();
  let tokens = burstBytes;
  let filledMs = dependencies.nowMs();
  let virtualTime = 0;
  let cancelTimer: (() => void) | undefined;

  const refill = (): void => {
    const nowMs = dependencies.nowMs();
    tokens = Math.min(burstBytes, tokens + (nowMs - filledMs) * bytesPerMs);
    filledMs = nowMs;
  };

  const lagging = (): Waiting => {
    let first: Waiting | undefined;
    for (const entry of waiting)
      if (first === undefined || entry.flow.finish < first.flow.finish) first = entry;
    return first!;
  };

  const serve = (): void => {
    cancelTimer?.();
    cancelTimer = undefined;
    refill();
    // The bucket may go into debt by one slice, so that a slice larger than the burst is not stuck.
    if (waiting.size > 0 && tokens >= 0) {
      const next = lagging();
      waiting.delete(next);
      tokens -= next.bytes;
      virtualTime = Math.max(virtualTime, next.flow.finish);
      next.flow.finish += next.bytes;
      next.grant();
    }
    // One slice a turn: the flow that got it is to stand in line again before the next is given.
    if (waiting.size > 0) {
      cancelTimer = dependencies.schedule(tokens >= 0 ? 0 : Math.max(1, -tokens / bytesPerMs), serve);
    }
  };

  const openFlow = (): Flow => {
    const flow = { finish: virtualTime };
    return {
      take: (bytes, signal) =>
        new Promise((resolve, reject) => {
          if (signal.aborted) {
            reject(signal.reason);
            return;
          }
          flow.finish = Math.max(flow.finish, virtualTime - creditBytes);
          const onAbort = (): void => {
            waiting.delete(entry);
            if (waiting.size === 0) {
              cancelTimer?.();
              cancelTimer = undefined;
            }
            reject(signal.reason);
          };
          const entry: Waiting = {
            flow,
            bytes,
            grant: () => {
              signal.removeEventListener('abort', onAbort);
              resolve();
            },
          };
          signal.addEventListener('abort', onAbort, { once: true });
          waiting.add(entry);
          // All flows that ask in the same turn are weighed against each other.
          if (cancelTimer === undefined) cancelTimer = dependencies.schedule(0, serve);
        }),
    };
  };

  return {
    get sliceBytes() {
      return Math.max(1024, Math.min(maxSliceBytes, Math.floor(bytesPerMs * sliceMs)));
    },
    setRate(bitsPerSecond) {
      if (bitsPerSecond / 8000 === bytesPerMs) return;
      refill();
      bytesPerMs = bitsPerSecond / 8000;
      burstBytes = bytesPerMs * burstMs;
      tokens = Math.min(tokens, burstBytes);
      if (cancelTimer !== undefined) serve();
    },
    openFlow,
  };
}
