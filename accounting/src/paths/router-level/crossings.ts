import { type Asn, peeringId } from '@fairhop/shared/model';
import { type DeclaredIndex, type DeclaredPeering, pairKey } from './declared-index.js';

/**
 * One physical link from an AS to the next, as one or both of the two declare it: a peering link, or an internal link between two
 * ASes of one ISP.
 */
export interface Crossing {
  readonly component: string;
  /** Nodes in the declarations of the near and of the far AS. */
  readonly nearNode: number | undefined;
  readonly farNode: number | undefined;
  readonly nearAddress: string | undefined;
  readonly farAddress: string | undefined;
  readonly exchange: string | undefined;
  readonly metric: number;
}

/** A peering link has no metric in a declaration; between two ASes of one ISP it counts like an internal link without one. */
const ownPeeringMetric = 10;

type ByPair = Map<string, readonly Crossing[]>;
const undeclared = {};
const merged = new WeakMap<object, WeakMap<object, ByPair>>();

/**
 * The declared links from one AS to another, by name. What both declare counts once and has the name that the lower AS number
 * gives it. Where the near AS declares any, it knows them all, and the far one's further ones are left out.
 */
export function crossingsBetween(
  from: Asn,
  near: DeclaredIndex | undefined,
  to: Asn,
  far: DeclaredIndex | undefined,
): readonly Crossing[] {
  if (near === undefined && far === undefined) return [];
  const byFar = getOrMake(merged, near ?? undeclared, () => new WeakMap<object, ByPair>());
  const byPair = getOrMake(byFar, far ?? undeclared, () => new Map<string, readonly Crossing[]>());
  return getOrMake(byPair, pairKey(from, to), () => mergeCrossings(from, near, to, far));
}

interface Store<Key, Value> {
  get(key: Key): Value | undefined;
  set(key: Key, value: Value): unknown;
}

function getOrMake<Key, Value>(store: Store<Key, Value>, key: Key, make: () => Value): Value {
  const known = store.get(key);
  if (known !== undefined) return known;
  const made = make();
  store.set(key, made);
  return made;
}

function mergeCrossings(
  from: Asn,
  near: DeclaredIndex | undefined,
  to: Asn,
  far: DeclaredIndex | undefined,
): Crossing[] {
  const ours = near?.peerings(from, to) ?? [];
  const theirs = new Set(far?.peerings(to, from) ?? []);
  const pairs: { our?: DeclaredPeering; their?: DeclaredPeering }[] = [];
  // What is surer is matched first: by addresses, then by an equal name, then where there is but one on each side.
  const left = new Set(ours);
  const isOnly = ours.length === 1 && theirs.size === 1;
  for (const isSame of [shareAddress(far), shareName, () => isOnly]) {
    for (const our of left) {
      const their = [...theirs].find((candidate) => !contradicts(our, candidate) && isSame(our, candidate));
      if (their === undefined) continue;
      left.delete(our);
      theirs.delete(their);
      pairs.push({ our, their });
    }
  }
  for (const our of left) pairs.push({ our });
  if (ours.length === 0) for (const their of theirs) pairs.push({ their });
  const crossings = pairs.map(({ our, their }): Crossing => {
    const name = (from < to ? (our ?? their) : (their ?? our))!.name;
    const nearAddress = our?.nearAddress ?? their?.farAddress;
    const farAddress = our?.farAddress ?? their?.nearAddress;
    return {
      component: peeringId(from, to, name),
      nearNode: our?.node ?? nodeIn(near, from, nearAddress),
      farNode: their?.node ?? nodeIn(far, to, farAddress),
      nearAddress,
      farAddress,
      exchange: our?.exchange ?? their?.exchange,
      metric: ownPeeringMetric,
    };
  });
  if (near !== undefined && near === far) crossings.push(...internalCrossings(near, from, to));
  return crossings.sort((one, other) => (one.component < other.component ? -1 : 1));
}

function internalCrossings(index: DeclaredIndex, from: Asn, to: Asn): Crossing[] {
  const none = { nearAddress: undefined, farAddress: undefined, exchange: undefined };
  return index.internalLinks(from, to).map((link) => ({
    component: link.component,
    nearNode: link.from,
    farNode: link.to,
    metric: link.metric,
    ...none,
  }));
}

function nodeIn(index: DeclaredIndex | undefined, asn: Asn, address: string | undefined): number | undefined {
  const node = address === undefined ? undefined : index?.nodeOfAddress(address);
  return node !== undefined && index?.nodes[node]?.asn === asn ? node : undefined;
}

function shareAddress(far: DeclaredIndex | undefined) {
  return (our: DeclaredPeering, their: DeclaredPeering): boolean =>
    (our.farAddress !== undefined &&
      (our.farAddress === their.nearAddress || far?.nodeOfAddress(our.farAddress) === their.node)) ||
    (our.nearAddress !== undefined && our.nearAddress === their.farAddress);
}

const shareName = (our: DeclaredPeering, their: DeclaredPeering): boolean =>
  our.name.toLowerCase() === their.name.toLowerCase();

/** Both ends say which addresses the link has, and they say different ones. */
function contradicts(our: DeclaredPeering, their: DeclaredPeering): boolean {
  return differ(our.nearAddress, their.farAddress) || differ(our.farAddress, their.nearAddress);
}

const differ = (one: string | undefined, other: string | undefined): boolean =>
  one !== undefined && other !== undefined && one !== other;
