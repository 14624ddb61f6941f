/**
 * What it costs to say that a hop is at a position of the AS path, `hop * positions + position`; Infinity where it cannot be.
 * What cannot be placed is left out, at a cost too.
 */
export interface AlignmentCosts {
  readonly hops: number;
  readonly positions: number;
  readonly anywhere: Float64Array;
  /** As the first hop of its AS: the interface over which the way enters it. */
  readonly first: Float64Array;
  /** As the last hop of its AS. */
  readonly last: Float64Array;
  readonly leftOut: Float64Array;
}

export interface Alignment {
  readonly cost: number;
  /** Of each hop; -1 where it is left out, or where two positions are as good. */
  readonly positions: Int32Array;
  /** Whether the hop fits there only as the first or last of its AS. */
  readonly isAtBorder: Uint8Array;
}

/**
 * The cheapest way to lay hops along the AS path without ever going back, by dynamic programming: hops × positions steps.
 * A state is 2 × the position of the hop placed last, plus 1 where the next one must be further on; the first state is none.
 */
export function align(costs: AlignmentCosts): Alignment {
  const { hops, positions } = costs;
  const states = 2 * positions + 1;
  const ahead = costsAhead(costs, states);
  const behind = new Float64Array((hops + 1) * states).fill(Number.POSITIVE_INFINITY);
  behind[0] = 0;
  const chosen = new Int32Array(hops).fill(-1);
  const isAtBorder = new Uint8Array(hops);
  const best = ahead[0]!;
  let state = 0;
  for (let hop = 0; hop < hops; hop += 1) {
    const now = behind.subarray(hop * states, (hop + 1) * states);
    const next = behind.subarray((hop + 1) * states, (hop + 2) * states);
    const nextAhead = ahead.subarray((hop + 1) * states, (hop + 2) * states);
    const [place, equallyGood, following] = stepOver(costs, hop, now, next, nextAhead, state, best);
    state = following;
    if (place === -1) continue;
    const cell = hop * positions + place;
    isAtBorder[hop] = costs.anywhere[cell]! === Number.POSITIVE_INFINITY ? 1 : 0;
    if (equallyGood === 1) chosen[hop] = place;
  }
  return { cost: best, positions: chosen, isAtBorder };
}

/** Carries costs over one hop, and takes the best step from `state`: its position, how many are as good, and the state after. */
function stepOver(
  costs: AlignmentCosts,
  hop: number,
  now: Float64Array,
  next: Float64Array,
  nextAhead: Float64Array,
  state: number,
  best: number,
): [place: number, equallyGood: number, following: number] {
  const leftOut = costs.leftOut[hop]!;
  for (let from = 0; from < now.length; from += 1) next[from] = now[from]! + leftOut;
  let [place, equallyGood, following] = [-1, 0, state];
  let before = now[0]!;
  for (let position = 0; position < costs.positions; position += 1) {
    const cell = hop * costs.positions + position;
    const open = 1 + 2 * position;
    const [anywhere, first, last] = [costs.anywhere[cell]!, costs.first[cell]!, costs.last[cell]!];
    const here = now[open]!;
    const intoOpen = Math.min(here + anywhere, before + Math.min(anywhere, first));
    const intoClosed = Math.min(here, before) + last;
    next[open] = Math.min(next[open]!, intoOpen);
    next[open + 1] = Math.min(next[open + 1]!, intoClosed);
    const total = Math.min(intoOpen + nextAhead[open]!, intoClosed + nextAhead[open + 1]!);
    if (isSame(total, best)) equallyGood += 1;
    // Only a step from the state that the hops before led to continues their way.
    const canEnter = state < open;
    const stepOpen = canEnter
      ? Math.min(anywhere, first)
      : state === open
        ? anywhere
        : Number.POSITIVE_INFINITY;
    const stepClosed = state <= open ? last : Number.POSITIVE_INFINITY;
    if (place === -1 && isSame(now[state]! + stepOpen + nextAhead[open]!, best)) {
      [place, following] = [position, open];
    } else if (place === -1 && isSame(now[state]! + stepClosed + nextAhead[open + 1]!, best)) {
      [place, following] = [position, open + 1];
    }
    before = Math.min(before, here, now[open + 1]!);
  }
  return [place, equallyGood, following];
}

/** The least cost of the hops from each on, by the state before it. */
function costsAhead(costs: AlignmentCosts, states: number): Float64Array {
  const ahead = new Float64Array((costs.hops + 1) * states);
  for (let hop = costs.hops - 1; hop >= 0; hop -= 1) {
    const now = ahead.subarray(hop * states, (hop + 1) * states);
    const next = ahead.subarray((hop + 1) * states, (hop + 2) * states);
    let further = Number.POSITIVE_INFINITY;
    for (let position = costs.positions - 1; position >= 0; position -= 1) {
      const cell = hop * costs.positions + position;
      const open = 1 + 2 * position;
      const [anywhere, first, last] = [costs.anywhere[cell]!, costs.first[cell]!, costs.last[cell]!];
      const leftOut = costs.leftOut[hop]!;
      const closing = last + next[open + 1]!;
      now[open + 1] = Math.min(leftOut + next[open + 1]!, further);
      now[open] = Math.min(leftOut + next[open]!, further, anywhere + next[open]!, closing);
      further = Math.min(further, Math.min(anywhere, first) + next[open]!, closing);
    }
    now[0] = Math.min(costs.leftOut[hop]! + next[0]!, further);
  }
  return ahead;
}

/** Costs are sums of multiples of 0.5, so this is no rounding; Infinity is never the best. */
const isSame = (cost: number, best: number): boolean => cost === best;
