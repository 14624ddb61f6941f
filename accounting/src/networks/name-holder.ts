/** A name as a declaration has it: from a time on, until another time where it has one. */
export interface Held {
  readonly fromMs: number;
  readonly toMs: number | null;
  /** By the operator's word: 1, else 0. */
  readonly isConfirmed: 0 | 1;
}

/**
 * Who has the name of several that declare it at a time: whose word the operator confirmed last, else who began first. So nobody
 * gets another's name by declaring it, were it years ahead.
 */
export function holderAt<Interval extends Held>(
  intervals: readonly Interval[],
  timeMs: number,
): Interval | undefined {
  let holder: Interval | undefined;
  for (const interval of intervals) {
    const { fromMs, toMs, isConfirmed } = interval;
    if (fromMs > timeMs || (toMs !== null && toMs <= timeMs)) continue;
    const isBefore =
      holder === undefined ||
      (isConfirmed === holder.isConfirmed
        ? isConfirmed === 1
          ? fromMs > holder.fromMs
          : fromMs < holder.fromMs
        : isConfirmed === 1);
    if (isBefore) holder = interval;
  }
  return holder;
}
