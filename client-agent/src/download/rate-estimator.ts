/** Busy time over which older observations fade to 1/e: a few pieces of a slow uplink. */
const MEMORY_MS = 2000;
/** Before this much busy time an estimate says nothing. */
const MIN_BUSY_MS = 50;

/** Payload rate of one source while something is asked of it; a source that stalls gets slower with each look. */
export interface RateEstimator {
  /** Something is, or nothing more is, asked of the source. */
  setBusy(busy: boolean, nowMs: number): void;
  add(bytes: number, nowMs: number): void;
  /** Undefined while too little was seen. */
  bytesPerSecond(nowMs: number): number | undefined;
}

export function createRateEstimator(): RateEstimator {
  let bytes = 0;
  let busyMs = 0;
  let busySinceMs: number | undefined;

  const advance = (nowMs: number): void => {
    if (busySinceMs === undefined || nowMs <= busySinceMs) return;
    const elapsedMs = nowMs - busySinceMs;
    const kept = Math.exp(-elapsedMs / MEMORY_MS);
    bytes *= kept;
    busyMs = busyMs * kept + elapsedMs;
    busySinceMs = nowMs;
  };

  return {
    setBusy: (busy, nowMs) => {
      advance(nowMs);
      if (!busy) busySinceMs = undefined;
      else busySinceMs ??= nowMs;
    },
    add: (added, nowMs) => {
      advance(nowMs);
      bytes += added;
    },
    bytesPerSecond: (nowMs) => {
      advance(nowMs);
      return busyMs < MIN_BUSY_MS ? undefined : (bytes * 1000) / busyMs;
    },
  };
}
