import type { Asn, Topology } from '@fairhop/shared/model';
import { type AsGraph, formatAddress, type Prefix, parsePrefix } from '@fairhop/shared/net';
import { coveringAses } from './covering-ases.js';
import type { Remark } from './remark.js';

export interface OwnershipFacts {
  readonly isp: string;
  readonly graph: Pick<AsGraph, 'ispOf' | 'asOf' | 'prefixes' | 'exchanges' | 'exchangeOf'>;
  /** AS from which BGP has the address; undefined where it has none. */
  originOf(address: string): Asn | undefined;
}

/**
 * What of a sound declaration is about the ISP's own networks. The rest is left out of it, item by item: what an ISP says of
 * others' prefixes and addresses counts for nothing (`prefix-not-own`, `address-not-own`, `exchange-unknown`).
 */
export function withoutForeign(
  topology: Topology,
  facts: OwnershipFacts,
): { topology: Topology; refused: Remark[] } {
  const refused: Remark[] = [];
  const isOwnAddress = (address: string): boolean => asesOf(address, facts).some((asn) => isOwn(asn, facts));
  const refuseAddress = (what: string, address: string, also = ''): void => {
    refused.push({
      what: `${what} ${address}`,
      code: 'address-not-own',
      message: `${address} is ${whose(address, facts)}; an address in a prefix of ISP ${facts.isp}${also} counts`,
    });
  };
  const nodes = topology.nodes.map((node) => {
    const addresses = node.addresses.filter((address) => {
      const isKept = isOwnAddress(address);
      if (!isKept) refuseAddress(`node ${node.name}: address`, address);
      return isKept;
    });
    return addresses.length === node.addresses.length ? node : { ...node, addresses };
  });
  const peeringLinks = topology.peeringLinks.map((link) => {
    const { nearAddress, farAddress, exchange, ...rest } = link;
    const what = `peering link ${link.name}:`;
    // Either side lends the addresses of a link between two ASes, or the exchange does.
    const keeps = (address: string | undefined, end: string): address is string => {
      if (address === undefined) return false;
      if (isOwnAddress(address) || facts.graph.exchangeOf(address) !== undefined) return true;
      const neighbour = facts.graph.ispOf(link.neighbour);
      const isNeighbours = asesOf(address, facts).some(
        (asn) => asn === link.neighbour || (neighbour !== undefined && facts.graph.ispOf(asn) === neighbour),
      );
      if (isNeighbours) return true;
      refuseAddress(`${what} ${end}`, address, `, of AS ${link.neighbour} or of an exchange`);
      return false;
    };
    const isKnownExchange = facts.graph.exchanges.some(({ id }) => id === exchange);
    if (exchange !== undefined && !isKnownExchange) {
      const message = `the AS graph has no exchange ${exchange}; ask the operator to add it`;
      refused.push({ what: `${what} exchange ${exchange}`, code: 'exchange-unknown', message });
    }
    return {
      ...rest,
      ...(keeps(nearAddress, 'nearAddress') && { nearAddress }),
      ...(keeps(farAddress, 'farAddress') && { farAddress }),
      ...(exchange !== undefined && isKnownExchange && { exchange }),
    };
  });
  const prefixes = topology.attachments.map(({ prefix }) => parsePrefix(prefix));
  const covering = coveringAses(prefixes, facts.graph.prefixes);
  const attachments = topology.attachments.filter(({ prefix }, index) => {
    const asn = covering[index];
    if (isOwn(asn, facts) || isOriginated(prefixes[index]!, facts)) return true;
    const holder = asn === undefined ? 'in no prefix that the AS graph knows' : `in a prefix of AS ${asn}`;
    refused.push({
      what: `attachment ${prefix}`,
      code: 'prefix-not-own',
      message: `${prefix} is ${holder}, and BGP does not have it from ISP ${facts.isp}; prefixes of its own count`,
    });
    return false;
  });
  return { topology: { ...topology, nodes, peeringLinks, attachments }, refused };
}

const isOwn = (asn: Asn | undefined, { graph, isp }: OwnershipFacts): boolean =>
  asn !== undefined && graph.ispOf(asn) === isp;

/** What the operator's graph and what BGP says; each of them confirms. */
const asesOf = (address: string, { graph, originOf }: OwnershipFacts): Asn[] =>
  [graph.asOf(address), originOf(address)].filter((asn) => asn !== undefined);

/**
 * Both ends of the prefix come from the ISP's own ASes. Others' prefixes between them stay theirs: an address is looked up by its AS
 * before a declaration is asked.
 */
const isOriginated = (prefix: Prefix, facts: OwnershipFacts): boolean =>
  endsOf(prefix).every((address) => isOwn(facts.originOf(address), facts));

export const endsOf = (prefix: Prefix): [first: string, last: string] =>
  prefix.family === 4
    ? [formatAddress({ family: 4, value: prefix.first }), formatAddress({ family: 4, value: prefix.last })]
    : [formatAddress({ family: 6, value: prefix.first }), formatAddress({ family: 6, value: prefix.last })];

function whose(address: string, facts: OwnershipFacts): string {
  const exchange = facts.graph.exchangeOf(address);
  if (exchange !== undefined) return `of exchange ${exchange.id}`;
  const [asn] = asesOf(address, facts);
  return asn === undefined ? 'in no prefix that the AS graph or BGP knows' : `of AS ${asn}`;
}
