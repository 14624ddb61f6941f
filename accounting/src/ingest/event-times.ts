import { rejection } from './rejection.js';

/** How far clocks of agents, edges, coordinator and accounting may differ. */
export const CLOCK_TOLERANCE_MS = 60_000;

/**
 * A service whose clock lags must not refuse for good what is true; and little is won by a time that lies ahead, for a peer
 * transfer's times lie within its grant's.
 */
const FUTURE_TOLERANCE_MS = 10 * 60_000;

/** What is reported later than a quarter after it happened could not be settled any more. */
const MAX_AGE_MS = 93 * 86_400_000;

/** Far above the minute at which parts are cut, so that a machine that slept in between still reports; 288 bins. */
const MAX_PART_DURATION_MS = 86_400_000;

/** Throws `times-invalid`, `time-in-future`, `time-too-old` or `part-too-long`. */
export function checkTimes(startMs: number, endMs: number, nowMs: number): void {
  if (endMs < startMs) {
    throw rejection('times-invalid', `it ends at ${instant(endMs)}, before its start at ${instant(startMs)}`);
  }
  if (endMs > nowMs + FUTURE_TOLERANCE_MS) {
    throw rejection('time-in-future', `it ends at ${instant(endMs)}, now is ${instant(nowMs)}`);
  }
  if (startMs < nowMs - MAX_AGE_MS) {
    throw rejection(
      'time-too-old',
      `it starts at ${instant(startMs)}, more than 93 days before ${instant(nowMs)}`,
    );
  }
  if (endMs - startMs > MAX_PART_DURATION_MS) {
    throw rejection('part-too-long', `it lasts ${endMs - startMs} ms, at most ${MAX_PART_DURATION_MS} count`);
  }
}

export const instant = (timeMs: number): string => new Date(timeMs).toISOString();
