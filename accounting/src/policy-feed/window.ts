/** Half-open, on bin edges. */
export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

const BIN_MS = 5 * 60_000;
/** Parts are reported a minute after they began at the latest, and booked some seconds later. */
const LATE_MS = 90_000;

/** The latest 5-minute bin of which all that comes in time is booked. */
export function latestWindow(nowMs: number): Window {
  const toMs = Math.floor((nowMs - LATE_MS) / BIN_MS) * BIN_MS;
  return { fromMs: toMs - BIN_MS, toMs };
}
