import type { Asn, ElementSource, Topology } from '@fairhop/shared/model';
import { type AsGraph, formatAddress, type Prefix, parsePrefix } from '@fairhop/shared/net';
import type { Remark } from './remark.js';
import type { Steps } from './steps.js';

export interface AsLevelFacts {
  readonly graph: Pick<AsGraph, 'links'>;
  originOf(address: string): Asn | undefined;
  /** ASes next to it in routes that BGP has; undefined where no route passes it. */
  neighboursInBgp(asn: Asn): ReadonlySet<Asn> | undefined;
}

/** A remark with the ASes that the declaration has in a row, and those that are believed. */
export interface AsConflict extends Remark {
  readonly used: ElementSource;
  readonly declaredAsPath: readonly Asn[];
  readonly usedAsPath: readonly Asn[];
}

/** Addresses of a prefix that BGP is asked about: more specific prefixes of others may lie anywhere in it. */
const ASKED_ADDRESSES = 16;

/**
 * Where a declaration says other than BGP and the AS graph about what is between ASes. It stays in the declaration, for the operator
 * to see, and never makes a path: `neighbour-unknown`, `origin-differs`.
 */
export function* asConflicts(topology: Topology, facts: AsLevelFacts): Steps<AsConflict[]> {
  const conflicts: AsConflict[] = [];
  const asnOf = new Map(topology.nodes.map(({ name, asn }) => [name, asn]));
  const own = new Set(asnOf.values());
  const linked = new Set<string>();
  for (const { from, to } of facts.graph.links) {
    yield;
    if (own.has(from)) linked.add(`${from} ${to}`);
    if (own.has(to)) linked.add(`${to} ${from}`);
  }
  for (const { name, node, neighbour } of topology.peeringLinks) {
    yield;
    const asn = asnOf.get(node)!;
    const inBgp = facts.neighboursInBgp(asn);
    if (linked.has(`${asn} ${neighbour}`) || inBgp?.has(neighbour)) continue;
    const isInBgp = inBgp !== undefined || facts.neighboursInBgp(neighbour) !== undefined;
    conflicts.push({
      what: `peering link ${name}`,
      code: 'neighbour-unknown',
      message: `neither BGP nor the AS graph knows a link between AS ${asn} and AS ${neighbour}; no path takes it`,
      used: isInBgp ? 'bgp' : 'operator',
      declaredAsPath: [asn, neighbour],
      usedAsPath: [],
    });
  }
  for (const { prefix, node } of topology.attachments) {
    yield;
    const asn = asnOf.get(node)!;
    for (const address of addressesIn(parsePrefix(prefix))) {
      const origin = facts.originOf(address);
      if (origin === undefined || origin === asn) continue;
      conflicts.push({
        what: `attachment ${prefix}`,
        code: 'origin-differs',
        message: `BGP has ${address} of ${prefix} from AS ${origin}, the declaration puts it in AS ${asn}; BGP is believed`,
        used: 'bgp',
        declaredAsPath: [asn],
        usedAsPath: [origin],
      });
      break;
    }
  }
  return conflicts;
}

/** The first and the last one, and some at equal distances between. */
function addressesIn({ family, first, last }: Prefix): Set<string> {
  const addresses = new Set<string>();
  const span = BigInt(last) - BigInt(first);
  for (let index = 0; index < ASKED_ADDRESSES; index += 1) {
    const value = BigInt(first) + (span * BigInt(index)) / BigInt(ASKED_ADDRESSES - 1);
    addresses.add(
      family === 4 ? formatAddress({ family, value: Number(value) }) : formatAddress({ family, value }),
    );
  }
  return addresses;
}
