/** A name as a declaration has it: from a time on, until another time where it has one. */
export interface Held {
  readonly fromMs: number;
  readonly toMs: number | null;
  /**
   * Since when the ISP has it in its declarations without a gap: from when the first of them began, or from when that was declared
   * where it was dated back.
   */
  readonly claimedMs: number;
  /** By the operator's word: 1, else 0. */
  readonly isConfirmed: 0 | 1;
}

/**
 * Who has the name of several that declare it at a time: whose word the operator confirmed last, else who has claimed it longest.
 * So nobody gets another's name by declaring it, dated years ahead or years back.
 */
export function holderAt<Interval extends Held>(
  intervals: readonly Interval[],
  timeMs: number,
): Interval | undefined {
  let holder: Interval | undefined;
  for (const interval of intervals) {
    const { fromMs, toMs } = interval;
    if (fromMs > timeMs || (toMs !== null && toMs <= timeMs)) continue;
    if (holder === undefined || goesBefore(interval, holder)) holder = interval;
  }
  return holder;
}

function goesBefore(one: Held, other: Held): boolean {
  if (one.isConfirmed !== other.isConfirmed) return one.isConfirmed === 1;
  if (one.isConfirmed === 1) return one.fromMs > other.fromMs;
  return one.claimedMs < other.claimedMs || (one.claimedMs === other.claimedMs && one.fromMs < other.fromMs);
}
