import type { ComponentOwner } from '@fairhop/shared/contract';
import { type Held, holderAt } from './name-holder.js';

/** From a time on it is this one; null is nobody known. */
export interface OwnerStep {
  readonly owner: string | null;
  readonly fromMs: number;
}

/**
 * Who is paid for a component, over time. What is learnt holds until the operator's first word; from then on its words do.
 * `learnt` ascends; of `declared`, in the order in which it was said, the later of two with one date holds.
 */
export function ownerHistory(
  learnt: readonly OwnerStep[],
  declared: readonly (OwnerStep & { readonly owner: string })[],
): ComponentOwner[] {
  const firstWordMs = declared[0]?.fromMs ?? Number.POSITIVE_INFINITY;
  const steps = [
    ...learnt
      .filter(({ fromMs }) => fromMs < firstWordMs)
      .map((step) => ({ ...step, basis: 'learnt' as const })),
    ...declared.map((step) => ({ ...step, basis: 'declared' as const })),
  ];
  const history: ComponentOwner[] = [];
  for (const [index, { owner, basis, fromMs }] of steps.entries()) {
    const toMs = steps[index + 1]?.fromMs ?? null;
    const before = history.at(-1);
    if (owner === null || toMs === fromMs) continue;
    if (before !== undefined && before.owner === owner && before.basis === basis && before.toMs === fromMs)
      before.toMs = toMs;
    else history.push({ owner, basis, fromMs, toMs });
  }
  return history;
}

/** Steps of intervals that may touch or overlap; where several hold, `holderAt` says whose. */
export function stepsOf(intervals: readonly (Held & { readonly owner: string })[]): OwnerStep[] {
  const times = [
    ...new Set(intervals.flatMap(({ fromMs, toMs }) => (toMs === null ? [fromMs] : [fromMs, toMs]))),
  ];
  return times
    .sort((left, right) => left - right)
    .map((timeMs) => ({ owner: holderAt(intervals, timeMs)?.owner ?? null, fromMs: timeMs }));
}
