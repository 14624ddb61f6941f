import type { Asn, Topology } from '@fairhop/shared/model';
import {
  type AsGraph,
  formatAddress,
  formatPrefix,
  inPrefix,
  type Prefix,
  parseAddress,
  parsePrefix,
} from '@fairhop/shared/net';
import { coveringAses } from './covering-ases.js';
import type { Remark } from './remark.js';
import type { Steps } from './steps.js';

export interface OwnershipFacts {
  readonly isp: string;
  readonly graph: Pick<AsGraph, 'ispOf' | 'asOf' | 'prefixes' | 'exchanges' | 'exchangeOf'>;
  /** AS from which BGP has the address; undefined where it has none. */
  originOf(address: string): Asn | undefined;
}

/**
 * What of a sound declaration is about the ISP's own networks. The rest is left out of it, item by item: what an ISP says of
 * others' prefixes, addresses and exchanges counts for nothing (`prefix-not-own`, `address-not-own`, `exchange-unknown`,
 * `exchange-without-address`).
 */
export function* withoutForeign(
  topology: Topology,
  facts: OwnershipFacts,
): Steps<{ topology: Topology; refused: Remark[] }> {
  const refused: Remark[] = [];
  const refuseAddress = (what: string, address: string, also = ''): void => {
    refused.push({
      what: `${what} ${address}`,
      code: 'address-not-own',
      message: `${address} is ${whose(address, facts)}; an address in a prefix of ISP ${facts.isp}${also} counts`,
    });
  };
  const nodes = yield* mapped(topology.nodes, (node) => {
    const addresses = node.addresses.filter((address) => {
      const isKept = isOwnAddress(address, facts);
      if (!isKept) refuseAddress(`node ${node.name}: address`, address);
      return isKept;
    });
    return addresses.length === node.addresses.length ? node : { ...node, addresses };
  });
  const peeringLinks = yield* mapped(topology.peeringLinks, (link) => {
    const { nearAddress, farAddress, exchange, ...rest } = link;
    const what = `peering link ${link.name}:`;
    const neighbour = facts.graph.ispOf(link.neighbour);
    const isNeighbours = (address: string): boolean =>
      asesOf(address, facts).some(
        (asn) => asn === link.neighbour || (neighbour !== undefined && facts.graph.ispOf(asn) === neighbour),
      );
    // Either side lends the addresses of a link between two ASes, or the exchange does.
    const keepsFar = farAddress !== undefined && (isLent(farAddress, facts) || isNeighbours(farAddress));
    if (farAddress !== undefined && !keepsFar)
      refuseAddress(`${what} farAddress`, farAddress, `, of AS ${link.neighbour} or of an exchange`);
    // Any other address of the neighbour's would be one of its routers.
    const keepsNear =
      nearAddress !== undefined &&
      (isLent(nearAddress, facts) ||
        (isNeighbours(nearAddress) && keepsFar && isOneLink(nearAddress, farAddress)));
    if (nearAddress !== undefined && !keepsNear)
      refuseAddress(
        `${what} nearAddress`,
        nearAddress,
        `, of an exchange, or of AS ${link.neighbour} in one /29 (IPv6: /120) with farAddress`,
      );
    const isOver = isOverExchange(exchange, [nearAddress, farAddress], facts);
    if (exchange !== undefined && !isOver)
      refused.push({ what: `${what} exchange ${exchange}`, ...notOver(exchange, facts) });
    return {
      ...rest,
      ...(keepsNear && { nearAddress }),
      ...(keepsFar && { farAddress }),
      ...(exchange !== undefined && isOver && { exchange }),
    };
  });
  const prefixes = yield* mapped(topology.attachments, ({ prefix }) => parsePrefix(prefix));
  const covering = yield* coveringAses(prefixes, facts.graph.prefixes);
  const isKept = yield* mapped(topology.attachments, ({ prefix }, index) => {
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
  const attachments = topology.attachments.filter((_, index) => isKept[index]);
  return { topology: { ...topology, nodes, peeringLinks, attachments }, refused };
}

function* mapped<Item, Result>(
  items: readonly Item[],
  map: (item: Item, index: number) => Result,
): Steps<Result[]> {
  const results: Result[] = [];
  for (const [index, item] of items.entries()) {
    results.push(map(item, index));
    yield;
  }
  return results;
}

const isOwnAddress = (address: string, facts: OwnershipFacts): boolean =>
  asesOf(address, facts).some((asn) => isOwn(asn, facts));

const isLent = (address: string, facts: OwnershipFacts): boolean =>
  isOwnAddress(address, facts) || facts.graph.exchangeOf(address) !== undefined;

/** Addresses on an exchange's LAN are the operator's word, as the exchange is another's: a link is on it by one of them alone. */
const isOverExchange = (
  exchange: string | undefined,
  addresses: readonly (string | undefined)[],
  { graph }: OwnershipFacts,
): boolean =>
  addresses.some((address) => address !== undefined && graph.exchangeOf(address)?.id === exchange);

function notOver(exchange: string, { graph }: OwnershipFacts): Pick<Remark, 'code' | 'message'> {
  if (!graph.exchanges.some(({ id }) => id === exchange)) {
    const message = `the AS graph has no exchange ${exchange}; ask the operator to add it`;
    return { code: 'exchange-unknown', message };
  }
  const message = `neither end has an address in a LAN of exchange ${exchange}; give nearAddress or farAddress in it`;
  return { code: 'exchange-without-address', message };
}

/** Links between routers are numbered from small subnets: /31 and /30 by RFC 3021, /127 by RFC 6164, some a little larger. */
function isOneLink(nearAddress: string, farAddress: string): boolean {
  const [near, far] = [parseAddress(nearAddress), parseAddress(farAddress)];
  if (formatAddress(near) === formatAddress(far)) return false;
  const subnet =
    near.family === 4
      ? formatPrefix({ family: 4, first: near.value - (near.value % 8), last: near.value, length: 29 })
      : formatPrefix({ family: 6, first: (near.value >> 8n) << 8n, last: near.value, length: 120 });
  return inPrefix(far, parsePrefix(subnet));
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

const endsOf = (prefix: Prefix): [first: string, last: string] =>
  prefix.family === 4
    ? [formatAddress({ family: 4, value: prefix.first }), formatAddress({ family: 4, value: prefix.last })]
    : [formatAddress({ family: 6, value: prefix.first }), formatAddress({ family: 6, value: prefix.last })];

function whose(address: string, facts: OwnershipFacts): string {
  const exchange = facts.graph.exchangeOf(address);
  if (exchange !== undefined) return `of exchange ${exchange.id}`;
  const [asn] = asesOf(address, facts);
  return asn === undefined ? 'in no prefix that the AS graph or BGP knows' : `of AS ${asn}`;
}
