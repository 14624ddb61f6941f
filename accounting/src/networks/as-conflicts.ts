import type { Asn, Topology } from '@fairhop/shared/model';
import { type AsGraph, parsePrefix } from '@fairhop/shared/net';
import { endsOf } from './check-ownership.js';
import type { Remark } from './remark.js';

export interface AsLevelFacts {
  readonly graph: Pick<AsGraph, 'links'>;
  originOf(address: string): Asn | undefined;
  /** Whether the two stand next to each other in a route that BGP has. */
  isLinkInBgp(left: Asn, right: Asn): boolean;
}

/** A remark with the ASes that the declaration has in a row, and those that are believed. */
export interface AsConflict extends Remark {
  readonly declaredAsPath: readonly Asn[];
  readonly usedAsPath: readonly Asn[];
}

/**
 * Where a declaration says other than BGP and the AS graph about what is between ASes. It stays in the declaration, for the operator
 * to see, and never makes a path: `neighbour-unknown`, `origin-differs`.
 */
export function asConflicts(topology: Topology, facts: AsLevelFacts): AsConflict[] {
  const conflicts: AsConflict[] = [];
  const linked = new Set(facts.graph.links.flatMap(({ from, to }) => [`${from} ${to}`, `${to} ${from}`]));
  const asnOf = new Map(topology.nodes.map(({ name, asn }) => [name, asn]));
  for (const { name, node, neighbour } of topology.peeringLinks) {
    const asn = asnOf.get(node)!;
    if (linked.has(`${asn} ${neighbour}`) || facts.isLinkInBgp(asn, neighbour)) continue;
    conflicts.push({
      what: `peering link ${name}`,
      code: 'neighbour-unknown',
      message: `neither BGP nor the AS graph knows a link between AS ${asn} and AS ${neighbour}; no path takes it`,
      declaredAsPath: [asn, neighbour],
      usedAsPath: [],
    });
  }
  for (const { prefix, node } of topology.attachments) {
    const asn = asnOf.get(node)!;
    const origin = facts.originOf(endsOf(parsePrefix(prefix))[0]);
    if (origin === undefined || origin === asn) continue;
    conflicts.push({
      what: `attachment ${prefix}`,
      code: 'origin-differs',
      message: `BGP has ${prefix} from AS ${origin}, the declaration puts it in AS ${asn}; BGP is believed`,
      declaredAsPath: [asn],
      usedAsPath: [origin],
    });
  }
  return conflicts;
}
