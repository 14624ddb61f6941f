/** What is known of one flow; rates in bits per second. */
export interface Use {
  /** Over the last seconds; undefined before anything could be measured. */
  readonly measured: number | undefined;
  /** What it may send now. */
  readonly committed: number;
  /** What it may have at most. */
  readonly ceiling: number;
}

/**
 * Who uses so much of a rate is held up by it. Rates of some seconds waver by a few percent; who is missed by that keeps its share, and
 * grows a little with each look.
 */
const HELD_UP = 0.95;
/** What somebody who uses less keeps to grow into; it makes 94 % of the rate used, which is not held up. */
const HEADROOM = 1.06;
/** What a transfer that rests keeps, so that it comes back at once. */
const MIN_DEMAND_BITS_PER_SECOND = 64_000;

/** What a flow is expected to use: all it may have while it is new or held up, else a little more than it uses. */
export function demandOf({ measured, committed, ceiling }: Use): number {
  if (measured === undefined || measured >= HELD_UP * committed) return ceiling;
  return Math.min(ceiling, Math.max(MIN_DEMAND_BITS_PER_SECOND, HEADROOM * measured));
}
