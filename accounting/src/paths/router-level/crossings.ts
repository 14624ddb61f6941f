import { type Asn, peeringId } from '@fairhop/shared/model';
import type { Exchange } from '@fairhop/shared/net';
import { type DeclaredIndex, pairKey } from './declared-index.js';
import { matchPeerings } from './match-peerings.js';

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

/** The exchange that it runs over: as it is declared, else that with an end in its LAN. */
export function exchangeOfCrossing(
  { nearAddress, farAddress, exchange }: Crossing,
  exchangeOf: (address: string) => Exchange | undefined,
): { readonly id: string; readonly place?: string | undefined } | undefined {
  const inLan = [nearAddress, farAddress]
    .map((address) => (address === undefined ? undefined : exchangeOf(address)))
    .find((found) => found !== undefined);
  return exchange === undefined ? inLan : { id: exchange, place: inLan?.place };
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
  const theirs = far?.peerings(to, from) ?? [];
  const matched = matchPeerings(ours, theirs, far).filter(
    ({ our }) => our !== undefined || ours.length === 0,
  );
  const crossings = matched.map(({ our, their }): Crossing => {
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
