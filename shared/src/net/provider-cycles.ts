export interface ProviderCycle {
  /** The link that closes the circle. */
  readonly linkIndex: number;
  /** The ASes from customer to provider; the first stands again at the end. */
  readonly cycle: readonly number[];
}

interface Link {
  readonly from: number;
  readonly to: number;
  readonly relationship: 'customer-of' | 'peer';
}

interface Step {
  readonly asn: number;
  nextEdge: number;
}

/** Enough to repair a file step by step; each costs a walk over its ASes, and a hostile file could have millions. */
const maximumCycles = 100;

/**
 * Circles of customers and providers, which Gao and Rexford exclude ("Stable Internet Routing Without Global
 * Coordination", 2001): inside one, everyone's best route would lead through everyone else.
 * One circle is found for each link that closes one on a depth-first walk, without recursion, as chains may be
 * long; at most the first hundred.
 */
export function findProviderCycles(links: readonly Link[]): ProviderCycle[] {
  const edges = new Map<number, { provider: number; linkIndex: number }[]>();
  for (const [linkIndex, { from, to, relationship }] of links.entries()) {
    if (relationship !== 'customer-of' || from === to) continue;
    const list = edges.get(from);
    if (list) list.push({ provider: to, linkIndex });
    else edges.set(from, [{ provider: to, linkIndex }]);
  }
  const cycles: ProviderCycle[] = [];
  const state = new Map<number, 'open' | 'done'>();
  for (const start of edges.keys()) {
    if (state.has(start)) continue;
    const walk: Step[] = [{ asn: start, nextEdge: 0 }];
    state.set(start, 'open');
    for (let step = walk.at(-1); step; step = walk.at(-1)) {
      const edge = edges.get(step.asn)?.[step.nextEdge];
      step.nextEdge += 1;
      if (!edge) {
        state.set(step.asn, 'done');
        walk.pop();
      } else if (!state.has(edge.provider)) {
        state.set(edge.provider, 'open');
        walk.push({ asn: edge.provider, nextEdge: 0 });
      } else if (state.get(edge.provider) === 'open') {
        const path = walk.map(({ asn }) => asn);
        const cycle = [...path.slice(path.indexOf(edge.provider)), edge.provider];
        cycles.push({ linkIndex: edge.linkIndex, cycle });
        if (cycles.length === maximumCycles) return cycles;
      }
    }
  }
  return cycles;
}
