import { BIN_MS, FairhopError } from '@fairhop/shared/model';
import { BINS_PER_HOUR } from '../ledger/schema.js';
import { type Reading, rowsOf } from '../reading/index.js';
import type { Segment } from './object-segments.js';

export const HOUR_MS = BINS_PER_HOUR * BIN_MS;

/** Single events before it are dropped; 0 while all are kept. */
export function* readKeptFromMs(): Reading<number> {
  const sql = `SELECT value AS hour FROM counters WHERE name = 'kept-from-hour'`;
  const [row] = yield* rowsOf<{ hour: number }>({ sql, parameters: {} });
  return row!.hour * HOUR_MS;
}

/** Numbers of the hours within [fromMs, toMs) of which single events are dropped, the first `limit` of them. */
export function* readDroppedHours(
  { fromMs, toMs }: Pick<Segment, 'fromMs' | 'toMs'>,
  limit: number,
): Reading<number[]> {
  const sql =
    'SELECT hour FROM dropped_hours WHERE hour >= @fromHour AND hour < @toHour ORDER BY hour LIMIT @limit';
  const parameters = { fromHour: Math.floor(fromMs / HOUR_MS), toHour: Math.ceil(toMs / HOUR_MS), limit };
  return (yield* rowsOf<{ hour: number }>({ sql, parameters })).map(({ hour }) => hour);
}

/** Cuts a segment where what is kept of single events begins. */
export function splitAt(
  segment: Segment,
  keptFromMs: number,
): { readonly before?: Segment; readonly from?: Segment } {
  const { fromMs, toMs } = segment;
  return {
    ...(fromMs < keptFromMs && { before: { ...segment, toMs: Math.min(toMs, keptFromMs) } }),
    ...(toMs > keptFromMs && { from: { ...segment, fromMs: Math.max(fromMs, keptFromMs) } }),
  };
}

export const hostsDropped = (keptFromMs: number): FairhopError => {
  const message = `only single events tell what hosts sent and received when, and those before ${new Date(keptFromMs).toISOString()} are dropped; a later time, or an object without hosts then, is right`;
  return new FairhopError('detail-dropped', message, { status: 422 });
};

export const countedWhole = (keptFromMs: number): string =>
  `single events before ${new Date(keptFromMs).toISOString()} are dropped: hours before it that count in part are counted as whole`;
