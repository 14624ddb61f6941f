/** A flow with what its sender was told last and what it shall have. Rates in bits per second. */
export interface Commitment {
  readonly id: string;
  readonly policies: readonly string[];
  readonly committed: number;
  readonly target: number;
  /** Its sender can be told now; others are told when they ask. */
  readonly isTellable: boolean;
}

/**
 * What senders may be told without the sum of what all were told ever being above a capacity: who is lowered is told first,
 * and others are raised by no more than that leaves.
 */
export function commitShares(
  capacities: ReadonlyMap<string, number>,
  flows: readonly Commitment[],
): ReadonlyMap<string, number> {
  const told = new Map<string, number>();
  const room = new Map(capacities);
  for (const { id, policies, committed, target, isTellable } of flows) {
    const rate = isTellable ? Math.min(committed, target) : committed;
    told.set(id, rate);
    for (const policy of policies) room.set(policy, (room.get(policy) ?? 0) - rate);
  }
  for (const { id, policies, target, isTellable } of flows) {
    const rate = told.get(id)!;
    if (!isTellable || target <= rate) continue;
    const more = Math.min(target - rate, ...policies.map((policy) => room.get(policy)!));
    if (more <= 0) continue;
    told.set(id, rate + more);
    for (const policy of policies) room.set(policy, room.get(policy)! - more);
  }
  return told;
}
