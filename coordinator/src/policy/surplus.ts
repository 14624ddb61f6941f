/** A grant that could be ended. */
export interface Endable {
  readonly id: string;
  readonly policies: readonly string[];
  /** Of what it may bring, 0 to 1. */
  readonly progress: number;
}

/** A peer that gives less is not worth its connection. */
export const MIN_SHARE_BITS_PER_SECOND = 64_000;

/**
 * Grants to end so that a share of the capacity is of use to each of the others: the ones that brought least so far, whose peers lose
 * least. `others` are flows that cannot be ended: edges.
 */
export function surplusGrants(
  capacities: ReadonlyMap<string, number>,
  grants: readonly Endable[],
  others: readonly { readonly policies: readonly string[] }[],
): ReadonlySet<string> {
  const surplus = new Set<string>();
  const counts = new Map<string, number>();
  for (const { policies } of [...grants, ...others])
    for (const policy of policies) counts.set(policy, (counts.get(policy) ?? 0) + 1);
  const isCrowded = (policy: string): boolean =>
    counts.get(policy)! * MIN_SHARE_BITS_PER_SECOND > (capacities.get(policy) ?? 0);
  if (![...counts.keys()].some(isCrowded)) return surplus;
  for (const { id, policies } of [...grants].sort((one, other) => one.progress - other.progress)) {
    if (!policies.some(isCrowded)) continue;
    surplus.add(id);
    for (const policy of policies) counts.set(policy, counts.get(policy)! - 1);
  }
  return surplus;
}
