import type { Crossing } from './crossings.js';
import type { DeclaredIndex } from './declared-index.js';
import type { PlacedHop } from './place-trace.js';
import type { Tree } from './shortest-path.js';

/** A declared node on the way. */
export interface Anchor {
  readonly node: number;
  readonly confidence: number;
  /** Whether it holds whatever traces say: only then its bytes may be billed. */
  readonly isProven: boolean;
}

export interface Choice {
  /** Undefined where several links are as likely. */
  readonly crossing: Crossing | undefined;
  readonly confidence: number;
  readonly isProven: boolean;
  readonly near: Anchor | undefined;
  readonly far: Anchor | undefined;
}

/** What is known of the way at the border behind `position`. */
export interface Border {
  readonly position: number;
  readonly near: DeclaredIndex | undefined;
  readonly far: DeclaredIndex | undefined;
  /** Where the source's own router sends the bytes; null elsewhere. */
  readonly nextHop: string | null;
  /** Ways inside the near AS from where they entered it. */
  readonly tree: Tree | undefined;
  readonly isTreeProven: boolean;
  readonly placedHops: readonly PlacedHop[];
  readonly isTraceTrusted: boolean;
}

/** Percent, by what names the link. */
const confidence = {
  nextHop: 100,
  only: 100,
  /** The only declared link, while BGP names an address that the declaration does not know. */
  onlyBesideUnknownNextHop: 80,
  /** RFC 4271 section 9.1.2.2 e: the nearest exit, where nothing before decides. */
  nearestExit: 70,
  oneOfSeveralNearest: 50,
  edgeTrace: 60,
  agentTrace: 30,
} as const;

/**
 * Which of the declared links to the next AS the way takes: by the next hop, else by declared metrics. Only where neither tells, a
 * trace is asked, and what it says proves nothing.
 */
export function chooseCrossing(candidates: readonly Crossing[], border: Border): Choice | undefined {
  if (candidates.length === 0) return undefined;
  const byNextHop = narrowByNextHop(candidates, border);
  if (byNextHop.length === 1) return proven(byNextHop[0]!, confidence.nextHop);
  if (candidates.length === 1) {
    return proven(
      candidates[0]!,
      border.nextHop === null ? confidence.only : confidence.onlyBesideUnknownNextHop,
    );
  }
  const named = byNextHop.length > 0 ? byNextHop : candidates;
  const nearest = border.tree && nearestExit(named, border.tree);
  if (nearest !== undefined && border.isTreeProven) return proven(nearest.crossing, nearest.confidence);
  const seen = narrowByTrace(named, border);
  const percent = border.isTraceTrusted ? confidence.edgeTrace : confidence.agentTrace;
  const likely = seen.length === 1 ? seen[0] : nearest?.crossing;
  return {
    crossing: likely,
    confidence: percent,
    isProven: false,
    near: sharedAnchor(named, 'nearNode') ?? anchor(likely?.nearNode, percent, false),
    far: sharedAnchor(named, 'farNode') ?? anchor(likely?.farNode, percent, false),
  };
}

function proven(crossing: Crossing, percent: number): Choice {
  return {
    crossing,
    confidence: percent,
    isProven: true,
    near: anchor(crossing.nearNode, percent, true),
    far: anchor(crossing.farNode, percent, true),
  };
}

function anchor(node: number | undefined, percent: number, isProven: boolean): Anchor | undefined {
  return node === undefined ? undefined : { node, confidence: percent, isProven };
}

/** Parallel links between the same routers: which one is open, the router is not. */
function sharedAnchor(crossings: readonly Crossing[], end: 'nearNode' | 'farNode'): Anchor | undefined {
  const node = crossings[0]?.[end];
  return crossings.every((crossing) => crossing[end] === node)
    ? anchor(node, confidence.only, true)
    : undefined;
}

/** Of parallel links the one whose far end it is; else those of the far router, or of the near router that it is inside the AS. */
function narrowByNextHop(
  crossings: readonly Crossing[],
  { nextHop, near, far }: Border,
): readonly Crossing[] {
  if (nextHop === null) return [];
  const byAddress = crossings.filter(({ farAddress }) => farAddress === nextHop);
  if (byAddress.length > 0) return byAddress;
  const [nearNode, farNode] = [near?.nodeOfAddress(nextHop), far?.nodeOfAddress(nextHop)];
  return crossings.filter(
    (crossing) =>
      (farNode !== undefined && crossing.farNode === farNode) ||
      (nearNode !== undefined && crossing.nearNode === nearNode),
  );
}

function nearestExit(crossings: readonly Crossing[], tree: Tree) {
  let nearest: { crossing: Crossing; distance: number; confidence: number } | undefined;
  for (const crossing of crossings) {
    const distance =
      crossing.nearNode === undefined ? Number.POSITIVE_INFINITY : tree.distance[crossing.nearNode]!;
    if (distance === Number.POSITIVE_INFINITY) continue;
    if (nearest === undefined || distance < nearest.distance)
      nearest = { crossing, distance, confidence: confidence.nearestExit };
    else if (distance === nearest.distance)
      nearest = { ...nearest, confidence: confidence.oneOfSeveralNearest };
  }
  return nearest;
}

/** Those that the trace crossed, or all where it does not tell. */
function narrowByTrace(
  crossings: readonly Crossing[],
  { placedHops, position }: Border,
): readonly Crossing[] {
  const entered = placedHops.find((placed) => placed.position > position);
  if (entered?.position !== position + 1) return crossings;
  const byAddress = crossings.filter(({ farAddress }) => farAddress === entered.hop.address);
  if (byAddress.length > 0) return byAddress;
  // Routers tell the link only where no silent one lies between them.
  const left = placedHops[placedHops.indexOf(entered) - 1];
  if (left?.position !== position || left.hop.timeToLive !== entered.hop.timeToLive - 1) return crossings;
  const byNodes = crossings.filter(
    ({ nearNode, farNode }) =>
      (left.node === undefined || nearNode === undefined || left.node === nearNode) &&
      (entered.node === undefined || farNode === undefined || entered.node === farNode),
  );
  return byNodes.length > 0 ? byNodes : crossings;
}
