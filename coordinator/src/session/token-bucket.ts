/** Lets `burst` through at once and `perSecond` in the long run. */
export interface TokenBucket {
  take(): boolean;
}

/** @param monotonicMs a clock that never goes back. */
export function createTokenBucket(
  { perSecond, burst }: { perSecond: number; burst: number },
  monotonicMs: () => number = () => performance.now(),
): TokenBucket {
  let tokens = burst;
  let lastMs = monotonicMs();
  return {
    take() {
      const nowMs = monotonicMs();
      tokens = Math.min(burst, tokens + ((nowMs - lastMs) / 1000) * perSecond);
      lastMs = nowMs;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
