import type { Asn } from '@fairhop/shared/model';
import type { DeclaredNetwork } from './knowledge.js';

/** Which ASes a declaration has next to each of the ISP's own. */
export interface DeclaredNeighbours {
  /** Own ones, ascending. */
  own(asn: Asn): readonly Asn[];
  /** Of others. */
  others(asn: Asn): ReadonlySet<Asn>;
}

const neighboursOf = new WeakMap<DeclaredNetwork, DeclaredNeighbours>();

/** Read once of each declaration: the largest have some 100,000 links. */
export function declaredNeighbours(declared: DeclaredNetwork): DeclaredNeighbours {
  let known = neighboursOf.get(declared);
  if (known === undefined) {
    known = read(declared);
    neighboursOf.set(declared, known);
  }
  return known;
}

const none: ReadonlySet<Asn> = new Set();

function read({ asns, topology }: DeclaredNetwork): DeclaredNeighbours {
  const asnOfNode = new Map(topology.nodes.map(({ name, asn }) => [name, asn]));
  const own = new Map(asns.map((asn) => [asn, new Set<Asn>()]));
  const others = new Map(asns.map((asn) => [asn, new Set<Asn>()]));
  const join = (left: Asn | undefined, right: Asn | undefined): void => {
    if (left === undefined || right === undefined || left === right || !own.has(left)) return;
    if (own.has(right)) {
      own.get(left)!.add(right);
      own.get(right)!.add(left);
    } else others.get(left)!.add(right);
  };
  for (const { between } of topology.internalLinks)
    join(asnOfNode.get(between[0]), asnOfNode.get(between[1]));
  for (const { node, neighbour } of topology.peeringLinks) join(asnOfNode.get(node), neighbour);
  const ascending = new Map(
    [...own].map(([asn, set]) => [asn, [...set].sort((left, right) => left - right)]),
  );
  return {
    own: (asn) => ascending.get(asn) ?? [],
    others: (asn) => others.get(asn) ?? none,
  };
}
