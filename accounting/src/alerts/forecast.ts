/** A week, so that each day of the week counts once, whatever it is like. */
export const FORECAST_WINDOW_MS = 7 * 24 * 3_600_000;
/** A forecast from less is one from a part of a day's ups and downs. */
export const FORECAST_MINIMUM_MS = 24 * 3_600_000;

export interface ForecastInput {
  /** Of the period so far. */
  readonly usedBytes: number;
  /** Used in the window: the last seven days, or since the period began. */
  readonly windowBytes: number;
  readonly windowMs: number;
  /** To the period's end. */
  readonly remainingMs: number;
}

/**
 * Bytes at the period's end: what is used, and for the rest of the period the average rate of the window; the fraction of a byte is
 * rounded down. Null where the window is less than a day.
 */
export function forecastBytes(input: ForecastInput): number | null {
  const { usedBytes, windowBytes, windowMs, remainingMs } = input;
  if (remainingMs <= 0) return usedBytes;
  if (windowMs < FORECAST_MINIMUM_MS) return null;
  const more = (BigInt(windowBytes) * BigInt(remainingMs)) / BigInt(windowMs);
  const total = BigInt(usedBytes) + more;
  // What is beyond what JSON's numbers hold is over every limit.
  return total > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(total);
}
