import { z } from 'zod';
import { routedNetwork } from '../net/index.js';

/** Pairs that are remembered, below 300 KB on disk. Where there are more in a day, the oldest may be traced again. */
const MAX_PAIRS = 4096;
export const HOUR_MS = 3_600_000;

/** Traces that were begun, oldest first. A pair that was forgotten is empty: it still counts for the hour. */
export const traceHistorySchema = z
  .array(z.strictObject({ pair: z.string().max(100), startedMs: z.int().min(0) }))
  .max(MAX_PAIRS);
export type TraceHistory = Readonly<z.infer<typeof traceHistorySchema>>;

export interface TraceLimits {
  /** Between two traces of the same pair of prefixes. */
  readonly pairIntervalMs: number;
  /** Traces begun within an hour. */
  readonly hourlyLimit: number;
  /** Traces at a time. */
  readonly atOnce: number;
}

export type TraceDecision = 'trace' | 'pair-recent' | 'hourly-limit' | 'busy';

/** Whether a trace of `pair` may begin now; `running` are under way. */
export function decideTrace(
  history: TraceHistory,
  { pair, running, nowMs }: { pair: string; running: number; nowMs: number },
  limits: TraceLimits,
): TraceDecision {
  const isWithin = (startedMs: number, durationMs: number): boolean =>
    startedMs <= nowMs && nowMs - startedMs < durationMs;
  // Entries of the future are from a clock that was set back: they hold nobody up.
  if (history.some((entry) => entry.pair === pair && isWithin(entry.startedMs, limits.pairIntervalMs))) {
    return 'pair-recent';
  }
  if (running >= limits.atOnce) return 'busy';
  const lastHour = history.filter(({ startedMs }) => isWithin(startedMs, HOUR_MS)).length;
  return lastHour >= limits.hourlyLimit ? 'hourly-limit' : 'trace';
}

/** The history with a trace that begins now, without what no decision needs any more. */
export function withTrace(
  history: TraceHistory,
  pair: string,
  nowMs: number,
  limits: TraceLimits,
): TraceHistory {
  const keepMs = Math.max(limits.pairIntervalMs, HOUR_MS);
  const kept = history.filter(({ startedMs }) => startedMs <= nowMs && nowMs - startedMs < keepMs);
  return [...kept.slice(-(MAX_PAIRS - 1)), { pair, startedMs: nowMs }];
}

/** The history as if the way of a pair had not been traced. */
export const withoutPair = (history: TraceHistory, pair: string): TraceHistory =>
  history.map((entry) => (entry.pair === pair ? { ...entry, pair: '' } : entry));

/** Hosts of the same two networks share a way. */
export const tracePair = (source: string, destination: string): string =>
  `${routedNetwork(source)} ${routedNetwork(destination)}`;
