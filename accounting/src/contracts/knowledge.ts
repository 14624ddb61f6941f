import type { KnownNetworks } from '../query/index.js';
import { parseNetwork } from '../query/networks.js';

/** What the AS graph and declarations know of networks. */
export interface ContractKnowledge extends KnownNetworks {
  ispOf(asn: number): string | undefined;
  /** ISPs that are or were paid for a component. */
  ownersOf(component: string): readonly string[];
  /** Directed links over which bytes of one network come to another, both as in a charge's `leaves` and `enters`. */
  linksBetween(from: string, to: string): readonly string[];
}

/** Whether two names are of one network, or of an ISP and one of its ASes. */
export function isSameNetwork(one: string, other: string, knows: ContractKnowledge): boolean {
  const [left, right] = [parseNetwork(one), parseNetwork(other)];
  if ('asn' in left && 'asn' in right) return left.asn === right.asn;
  const ispOf = (named: typeof left): string | undefined =>
    'isp' in named ? named.isp : knows.ispOf(named.asn);
  return ispOf(left) === ispOf(right);
}

/** A network's component: `isp:sp1` of `SP1`. */
export function networkComponent(ref: string): string {
  const named = parseNetwork(ref);
  return 'isp' in named ? `isp:${named.isp}` : `as:${named.asn}`;
}

/** ISPs whose networks a component is of or connects. */
export function ispsOf(component: string, knows: ContractKnowledge): ReadonlySet<string> {
  if (component.startsWith('isp:')) return new Set([component.slice('isp:'.length)]);
  const ofAses = asnsOf(component).flatMap((asn) => knows.ispOf(asn) ?? []);
  return new Set([...ofAses, ...knows.ownersOf(component)]);
}

export const asnsOf = (component: string): number[] =>
  [...component.matchAll(/\bas:(\d+)/g)].map(([, asn]) => Number(asn));

/** The same, with the links of two networks looked for once: contracts are many, pairs of networks few, and each is a look at all links. */
export function rememberLinks(knows: ContractKnowledge): ContractKnowledge {
  const known = new Map<string, readonly string[]>();
  return {
    ...knows,
    linksBetween(from, to) {
      const key = `${from} ${to}`;
      const links = known.get(key) ?? knows.linksBetween(from, to);
      known.set(key, links);
      return links;
    },
  };
}
