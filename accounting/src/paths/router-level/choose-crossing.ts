import type { NetworkDetail } from '../knowledge.js';
import { type Crossing, exchangeOfCrossing } from './crossings.js';
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
  /** The exchange that this is in the LAN of. */
  readonly nextHopExchange: string | undefined;
  readonly exchangeOf: NetworkDetail['exchangeOf'];
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
  edgeTrace: 60,
  agentTrace: 30,
} as const;

/**
 * Which of the declared links to the next AS the way takes: by the next hop, else by declared metrics. Only where neither tells, a
 * trace is asked, and what it says proves nothing.
 */
export function chooseCrossing(declared: readonly Crossing[], border: Border): Choice | undefined {
  const candidates = overExchange(declared, border);
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
  const nearest = border.tree === undefined ? [] : nearestExits(named, border.tree);
  if (nearest.length === 1 && border.isTreeProven) return proven(nearest[0]!, confidence.nearestExit);
  // Parallel links and exits as near share the bytes (RFC 2992), or a router takes one that nothing here tells.
  const left = nearest.length > 0 && border.isTreeProven ? nearest : named;
  const seen = narrowByTrace(left, border);
  const percent = border.isTraceTrusted ? confidence.edgeTrace : confidence.agentTrace;
  const likely = seen.length === 1 ? seen[0] : nearest.length === 1 ? nearest[0] : undefined;
  return {
    crossing: likely,
    confidence: percent,
    isProven: false,
    near: sharedAnchor(left, 'nearNode') ?? anchor(likely?.nearNode, percent, false),
    far: sharedAnchor(left, 'farNode') ?? anchor(likely?.farNode, percent, false),
  };
}

/** What BGP sends over an exchange goes over none of the other links, whatever is declared. */
const overExchange = (
  crossings: readonly Crossing[],
  { nextHopExchange, exchangeOf }: Border,
): readonly Crossing[] =>
  nextHopExchange === undefined
    ? crossings
    : crossings.filter((crossing) => exchangeOfCrossing(crossing, exchangeOf)?.id === nextHopExchange);

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

function nearestExits(crossings: readonly Crossing[], tree: Tree): readonly Crossing[] {
  const distanceTo = ({ nearNode }: Crossing): number =>
    nearNode === undefined ? Number.POSITIVE_INFINITY : tree.distance[nearNode]!;
  const least = crossings.reduce(
    (distance, crossing) => Math.min(distance, distanceTo(crossing)),
    Number.POSITIVE_INFINITY,
  );
  return least === Number.POSITIVE_INFINITY
    ? []
    : crossings.filter((crossing) => distanceTo(crossing) === least);
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
