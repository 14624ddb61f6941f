/** Unused rate is kept this long: over any second at most a twentieth above the rate, and a late timer loses nothing. */
const BURST_MS = 50;
/** Payload of one data frame at most: 60 KiB, so that a frame with its header fits into a message. */
const MAX_SLICE_BYTES = 60 * 1024;
/** Below this a frame's header and its packets' would cost more than a twentieth. */
const MIN_SLICE_BYTES = 4 * 1024;

/** Bytes that may be sent now under a rate. It starts empty, so that a start is no burst. */
export interface TokenBucket {
  /** A rate in bits per second, or Infinity. */
  setRate(bitsPerSecond: number): void;
  /** What is sent at once, at most: the bucket always comes to hold it. */
  readonly sliceBytes: number;
  availableBytes(nowMs: number): number;
  take(bytes: number): void;
  /** Until `bytes` are available, if nobody else takes. */
  waitMs(bytes: number, nowMs: number): number;
}

/** `nowMs` is of any clock that never goes back. */
export function createTokenBucket(bitsPerSecond: number, nowMs: number): TokenBucket {
  let bytesPerMs = bitsPerSecond / 8000;
  let tokens = 0;
  let refilledMs = nowMs;
  const sliceBytes = (): number =>
    Math.max(MIN_SLICE_BYTES, Math.min(MAX_SLICE_BYTES, Math.floor((bytesPerMs * BURST_MS) / 4)));
  const refill = (atMs: number): void => {
    const elapsedMs = atMs - refilledMs;
    if (elapsedMs <= 0) return;
    refilledMs = atMs;
    tokens = Math.min(Math.max(bytesPerMs * BURST_MS, sliceBytes()), tokens + elapsedMs * bytesPerMs);
  };
  const available = (atMs: number): number => {
    if (bytesPerMs === Number.POSITIVE_INFINITY) return bytesPerMs;
    refill(atMs);
    return tokens;
  };
  return {
    setRate(newBitsPerSecond) {
      bytesPerMs = newBitsPerSecond / 8000;
      tokens = Math.min(tokens, bytesPerMs * BURST_MS);
    },
    get sliceBytes() {
      return sliceBytes();
    },
    availableBytes: available,
    take(bytes) {
      if (bytesPerMs !== Number.POSITIVE_INFINITY) tokens -= bytes;
    },
    waitMs(bytes, atMs) {
      const missingBytes = bytes - available(atMs);
      return missingBytes <= 0 ? 0 : missingBytes / bytesPerMs;
    },
  };
}
