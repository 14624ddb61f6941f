import { type Asn, type ElementSource, internalLinkId } from '@fairhop/shared/model';
import type { NetworkDetail } from '../knowledge.js';
import { type Anchor, type Border, type Choice, chooseCrossing } from './choose-crossing.js';
import { type Crossing, crossingsBetween } from './crossings.js';
import type { DeclaredIndex, Stage } from './declared-index.js';
import type { PlacedHop } from './place-trace.js';
import { growTree, wayTo } from './shortest-path.js';

/** A component inside an AS, or on the link to the next. */
export interface WayPart {
  readonly component: string;
  readonly source: ElementSource;
  readonly confidence: number;
  readonly billable: boolean;
  /** Where it is, as declared, and the name that may tell it. */
  readonly place?: string | undefined;
  readonly name?: string | undefined;
}

/** What declarations say of the way inside one AS. */
export interface DeclaredInside {
  /** From where the bytes enter, as far as it is known. */
  readonly head: readonly WayPart[];
  /** Where they leave, when what lies before is not known. */
  readonly tail: readonly WayPart[];
  readonly isComplete: boolean;
}

/** The peering link, or internal link between two ASes of one ISP, that an AS link is on this way. */
export interface DeclaredLink {
  readonly component: string;
  readonly confidence: number;
  readonly isProven: boolean;
  /** Undefined for what lies inside one ISP. */
  readonly crossing: Crossing | undefined;
}

export interface DeclaredWay {
  readonly inside: readonly DeclaredInside[];
  /** One for each link. */
  readonly links: readonly (DeclaredLink | undefined)[];
}

export interface DeclaredWayInput {
  readonly asPath: readonly Asn[];
  readonly declared: readonly (DeclaredIndex | undefined)[];
  readonly sourceNode: number | undefined;
  readonly destinationNode: number | undefined;
  readonly nextHop: string | null;
  readonly exchangeOf: NetworkDetail['exchangeOf'];
  readonly placedHops: readonly PlacedHop[];
  readonly isTraceTrusted: boolean;
}

/** Of ways inside an AS that are equally short, routers take one or share them: RFC 2992. */
const oneOfSeveralShortest = 50;
const nothing: DeclaredInside = { head: [], tail: [], isComplete: false };

/**
 * The way through declared networks, from AS to AS: it enters where the link before ends, takes the shortest way and leaves by the
 * link to the next AS. Consecutive ASes of one ISP are one network, crossed by one shortest way.
 */
export function findDeclaredWay(input: DeclaredWayInput): DeclaredWay {
  const { asPath, declared } = input;
  const inside: DeclaredInside[] = asPath.map(() => nothing);
  const links: (DeclaredLink | undefined)[] = asPath.slice(1).map(() => undefined);
  let entry = attachmentAnchor(input.sourceNode);
  for (let position = 0; position < asPath.length; ) {
    const index = declared[position];
    const stages = index && entry ? growStages(index, entry.node, asPath, declared, position) : [];
    const leaving = leave(input, position, entry, stages);
    if (index !== undefined) {
      const crossed = describeInside(index, entry, leaving.exit, stages.slice(0, leaving.ases));
      for (const [offset, found] of crossed.inside.entries()) inside[position + offset] = found;
      for (const [offset, link] of crossed.links.entries()) links[position + offset] = link;
    }
    position += leaving.ases;
    if (position < asPath.length) links[position - 1] = linkOf(leaving.choice);
    entry = leaving.choice?.far;
  }
  return { inside, links };
}

function linkOf(choice: Choice | undefined): DeclaredLink | undefined {
  if (choice?.crossing === undefined) return undefined;
  const { crossing, confidence, isProven } = choice;
  return { component: crossing.component, confidence, isProven, crossing };
}

function attachmentAnchor(node: number | undefined): Anchor | undefined {
  return node === undefined ? undefined : { node, confidence: 100, isProven: true };
}

/** Where the way leaves the network: behind as many of its ASes as it crosses in a row, or behind the first where that is not known. */
function leave(
  input: DeclaredWayInput,
  position: number,
  entry: Anchor | undefined,
  stages: readonly Stage[],
): { ases: number; choice: Choice | undefined; exit: Anchor | undefined } {
  for (let ases = Math.max(1, stages.length); ; ases = 1) {
    const last = position + ases - 1;
    const choice = chooseAt(input, last, stages[ases - 1], entry?.isProven ?? false);
    const exit = last === input.asPath.length - 1 ? attachmentAnchor(input.destinationNode) : choice?.near;
    if (ases === 1 || isReached(stages[ases - 1]!, exit)) return { ases, choice, exit };
  }
}

const isReached = (stage: Stage, exit: Anchor | undefined): exit is Anchor =>
  exit !== undefined && stage.tree.distance[exit.node]! < Number.POSITIVE_INFINITY;

function chooseAt(
  { asPath, declared, nextHop, exchangeOf, placedHops, isTraceTrusted }: DeclaredWayInput,
  position: number,
  stage: Stage | undefined,
  isTreeProven: boolean,
): Choice | undefined {
  const [from, to] = [asPath[position]!, asPath[position + 1]];
  if (to === undefined) return undefined;
  const [near, far] = [declared[position], declared[position + 1]];
  const isOfSource = near === undefined ? position === 0 : near === declared[0];
  const border: Border = {
    position,
    near,
    far,
    nextHop: isOfSource ? nextHop : null,
    // Behind the first AS another router decides.
    nextHopExchange: position === 0 && nextHop !== null ? exchangeOf(nextHop)?.id : undefined,
    exchangeOf,
    tree: stage?.tree,
    isTreeProven,
    placedHops,
    isTraceTrusted,
  };
  return chooseCrossing(crossingsBetween(from, near, to, far), border);
}

/** Shortest ways from the entry through this AS and the ISP's own ASes that follow. */
function growStages(
  index: DeclaredIndex,
  entry: number,
  asPath: readonly Asn[],
  declared: readonly (DeclaredIndex | undefined)[],
  position: number,
): Stage[] {
  const stages = [growStage(index, `${entry}@${asPath[position]}`, [[entry, 0]], new Map())];
  for (let next = position + 1; declared[next] === index; next += 1) {
    const before = stages[stages.length - 1]!;
    const key = `${before.key}>${asPath[next]}`;
    const known = index.trees.get(key);
    const stage = known ?? crossOver(index, before, key, asPath[next - 1]!, asPath[next]!);
    if (stage === undefined) break;
    stages.push(stage);
  }
  return stages;
}

function crossOver(index: DeclaredIndex, before: Stage, key: string, from: Asn, to: Asn): Stage | undefined {
  const best = new Map<number, { distance: number; component: string; from: number }>();
  for (const { nearNode, farNode, metric, component } of crossingsBetween(from, index, to, index)) {
    if (nearNode === undefined || farNode === undefined) continue;
    const distance = before.tree.distance[nearNode]! + metric;
    if (distance < (best.get(farNode)?.distance ?? Number.POSITIVE_INFINITY))
      best.set(farNode, { distance, component, from: nearNode });
  }
  if (best.size === 0) return undefined;
  const seeds = [...best].map(([node, { distance }]) => [node, distance] as const);
  return growStage(index, key, seeds, best);
}

function growStage(
  index: DeclaredIndex,
  key: string,
  seeds: readonly (readonly [number, number])[],
  cameBy: Stage['cameBy'],
): Stage {
  const known = index.trees.get(key);
  if (known !== undefined) return known;
  const stage = { key, cameBy, tree: growTree(index.edges, seeds) };
  index.trees.set(key, stage);
  return stage;
}

function describeInside(
  index: DeclaredIndex,
  entry: Anchor | undefined,
  exit: Anchor | undefined,
  stages: readonly Stage[],
): { inside: DeclaredInside[]; links: DeclaredLink[] } {
  const last = stages.at(-1);
  if (entry === undefined || last === undefined || !isReached(last, exit)) {
    const head = entry === undefined ? [] : [nodePart(index, entry)];
    const tail = exit === undefined ? [] : [nodePart(index, exit)];
    return { inside: [{ head, tail, isComplete: false }], links: [] };
  }
  const between = {
    confidence: Math.min(
      entry.confidence,
      exit.confidence,
      last.tree.isTied[exit.node] === 1 ? oneOfSeveralShortest : 100,
    ),
    isProven: entry.isProven && exit.isProven,
  };
  const anchorAt = (node: number): Anchor => {
    if (node === entry.node && entry.node === exit.node) {
      if (entry.isProven !== exit.isProven) return entry.isProven ? entry : exit;
      return entry.confidence >= exit.confidence ? entry : exit;
    }
    return node === entry.node ? entry : node === exit.node ? exit : { node, ...between };
  };
  const inside: DeclaredInside[] = [];
  const links: DeclaredLink[] = [];
  let end = exit.node;
  for (const stage of [...stages].reverse()) {
    const way = wayTo(stage.tree, end);
    const head = way.flatMap((node, step) => {
      const part = nodePart(index, anchorAt(node));
      if (step === 0) return [part];
      const names = [index.nodes[way[step - 1]!]!.name, index.nodes[node]!.name] as const;
      return [declaredPart(internalLinkId(...names), between), part];
    });
    inside.unshift({ head, tail: [], isComplete: true });
    const came = stage.cameBy.get(way[0]!);
    if (came === undefined) break;
    links.unshift({ component: came.component, ...between, crossing: undefined });
    end = came.from;
  }
  return { inside, links };
}

function nodePart(index: DeclaredIndex, anchor: Anchor): WayPart {
  const { component, place, name } = index.nodes[anchor.node]!;
  return { ...declaredPart(component, anchor), place, name };
}

/** What only a trace leads to describes the way and bills nothing. */
export function declaredPart(component: string, known: { confidence: number; isProven: boolean }): WayPart {
  const { confidence, isProven } = known;
  return { component, source: isProven ? 'declared' : 'traceroute', confidence, billable: isProven };
}
