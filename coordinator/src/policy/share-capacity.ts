/** Payload under one rate: a grant, or what an edge sends under the same policies. Rates in bits per second. */
export interface Flow {
  readonly id: string;
  /** Whose capacity it takes; at least one. */
  readonly policies: readonly string[];
  /** Its claim beside others: above 0. */
  readonly weight: number;
  /** What it is expected to use. */
  readonly demand: number;
  /** What it may have at most, at least `demand`. */
  readonly ceiling: number;
}

export interface Shares {
  /** By flow, whole bits. */
  readonly rates: ReadonlyMap<string, number>;
  /** By policy: what the flows are expected to use of it. */
  readonly expected: ReadonlyMap<string, number>;
}

/**
 * Weighted max-min fair rates (Bertsekas & Gallager, Data Networks, 6.5.2): first what flows are expected to use, then what is left
 * to those that may have more, so that no capacity is exceeded and none is idle that somebody could take.
 */
export function shareCapacity(capacities: ReadonlyMap<string, number>, flows: readonly Flow[]): Shares {
  const left = new Map(capacities);
  const wanted = fill(left, flows, ({ demand }) => demand);
  const expected = new Map(
    [...capacities].map(([policy, capacity]) => [policy, capacity - left.get(policy)!]),
  );
  const more = fill(left, flows, ({ id, ceiling }) => ceiling - wanted.get(id)!);
  const rates = new Map(
    flows.map(({ id }) => [id, Math.max(0, Math.floor(wanted.get(id)! + more.get(id)! - ROUNDING))]),
  );
  return { rates, expected };
}

/** Sums of many fractions come out a little above; a bit per second is nobody's loss. */
const ROUNDING = 1e-3;

/** Raises all rates together until each is at its limit or a capacity on its way is used up. Takes what they get out of `left`. */
function fill(
  left: Map<string, number>,
  flows: readonly Flow[],
  limitOf: (flow: Flow) => number,
): ReadonlyMap<string, number> {
  const rates = new Map<string, number>(flows.map(({ id }) => [id, 0]));
  const rising = new Set(flows.filter((flow) => limitOf(flow) > 0));
  const byLimit = [...rising]
    .map((flow) => ({ flow, level: limitOf(flow) / flow.weight }))
    .sort((one, other) => one.level - other.level);
  const rise = new Map<string, { weight: number; flows: Flow[]; rising: number }>();
  for (const flow of rising) {
    for (const policy of flow.policies) {
      const over = rise.get(policy) ?? { weight: 0, flows: [], rising: 0 };
      rise.set(policy, over);
      over.weight += flow.weight;
      over.rising += 1;
      over.flows.push(flow);
    }
  }
  let level = 0;
  const raiseTo = (next: number): void => {
    for (const [policy, { weight }] of rise)
      left.set(policy, Math.max(0, (left.get(policy) ?? 0) - weight * (next - level)));
    level = next;
  };
  const freeze = (flow: Flow, rate: number): void => {
    if (!rising.delete(flow)) return;
    rates.set(flow.id, rate);
    for (const policy of flow.policies) {
      const over = rise.get(policy);
      if (over === undefined) continue;
      over.rising -= 1;
      // Fractions may leave a little of what is all taken off.
      over.weight = Math.max(0, over.weight - flow.weight);
      if (over.rising === 0) rise.delete(policy);
    }
  };
  let next = 0;
  while (rising.size > 0) {
    while (next < byLimit.length && !rising.has(byLimit[next]!.flow)) next += 1;
    const limited = byLimit[next]!;
    let full: string | undefined;
    let fullAt = Number.POSITIVE_INFINITY;
    for (const [policy, { weight }] of rise) {
      const at = level + (left.get(policy) ?? 0) / weight;
      if (at < fullAt) [full, fullAt] = [policy, at];
    }
    if (full !== undefined && fullAt < limited.level) {
      raiseTo(fullAt);
      for (const flow of rise.get(full)!.flows) freeze(flow, flow.weight * level);
    } else {
      raiseTo(limited.level);
      freeze(limited.flow, limitOf(limited.flow));
    }
  }
  return rates;
}
