/** Paces bytes to a rate: what is taken beyond is owed before more may be taken (RFC 2697's single rate). */
export interface TokenBucket {
  /** Takes `bytes` if nothing is owed. */
  take(bytes: number, nowMs: number): boolean;
  /** Gives back what was taken and not used. */
  giveBack(bytes: number): void;
  /** Time until something may be taken. */
  waitMs(nowMs: number): number;
}

/** A bucket of `rateBitsPerSecond` that saves up at most `burstBytes`. */
export function createTokenBucket(
  rateBitsPerSecond: number,
  burstBytes: number,
  startMs: number,
): TokenBucket {
  const bytesPerMs = rateBitsPerSecond / 8000;
  let level = burstBytes;
  let lastMs = startMs;
  const fill = (nowMs: number): void => {
    level = Math.min(burstBytes, level + Math.max(0, nowMs - lastMs) * bytesPerMs);
    lastMs = Math.max(lastMs, nowMs);
  };
  return {
    take: (bytes, nowMs) => {
      fill(nowMs);
      if (level <= 0) return false;
      level -= bytes;
      return true;
    },
    giveBack: (bytes) => {
      level = Math.min(burstBytes, level + bytes);
    },
    waitMs: (nowMs) => {
      fill(nowMs);
      return level > 0 ? 0 : Math.ceil((1 - level) / bytesPerMs);
    },
  };
}
