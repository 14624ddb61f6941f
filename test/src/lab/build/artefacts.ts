import type { TopologyInput } from '@fairhop/shared/model';
import { type AsGraphFile, inPrefix, parsePrefix } from '@fairhop/shared/net';
import { found, type Internet, networkOf, type Port, peeringAsns, type Router } from '../internet-model.js';
import { peeringRateBitsPerSecond } from './wiring.js';

/** What the operator knows of the internet: its AS graph. */
export function asGraphOf(internet: Internet): AsGraphFile {
  const links = new Map(
    internet.peerings.map((peering) => {
      const [from, to] = peeringAsns(internet, peering);
      return [`${from} ${to}`, { from, to, relationship: peering.relationship }];
    }),
  );
  return {
    version: 1,
    ases: internet.networks.map(({ asn, name, isp, country }) => ({ asn, name, isp, country })),
    isps: internet.networks.map(({ isp: id, name }) => ({ id, name })),
    prefixes: internet.networks.map(({ prefix, asn }) => ({ prefix, asn })),
    links: [...links.values()],
    exchanges: internet.exchanges.map(({ id, name, lan, place }) => ({ id, name, lans: [lan], place })),
  };
}

/** What an ISP declares of itself. */
export function topologyOf(internet: Internet, isp: string): TopologyInput {
  const { asn } = found(
    internet.networks.find((network) => network.isp === isp),
    `ISP ${isp}`,
  );
  const routers = internet.routers.filter((router) => router.asn === asn);
  const switches = internet.switches.filter((each) => each.asn === asn);
  const names = new Map([...routers, ...switches].map(({ name, dnsName }) => [name, dnsName]));
  const nodeName = (node: string) => found(names.get(node), `node ${node} of ${isp}`);
  return {
    version: 1,
    nodes: [
      ...routers.map((router) => ({
        name: router.dnsName,
        kind: 'router' as const,
        asn,
        place: router.place,
        addresses: addressesOf(internet, router),
      })),
      ...switches.map(({ dnsName: name, place }) => ({ name, kind: 'switch' as const, asn, place })),
    ],
    internalLinks: declaredLinks(internet, asn, nodeName),
    peeringLinks: declaredPeerings(internet, asn, nodeName),
    attachments: internet.pools
      .filter(({ router }) => names.has(router))
      .map(({ prefix, router }) => ({ prefix, node: nodeName(accessSwitch(internet, router) ?? router) })),
  };
}

function declaredLinks(
  internet: Internet,
  asn: number,
  nodeName: (node: string) => string,
): TopologyInput['internalLinks'] {
  const own = new Set(internet.routers.filter((router) => router.asn === asn).map(({ name }) => name));
  const access = internet.pools.flatMap(({ router }) => {
    const to = accessSwitch(internet, router);
    return own.has(router) && to !== undefined ? [{ between: pair(router, to) }] : [];
  });
  const links = internet.internalLinks
    .filter(({ ends }) => own.has(ends[0].router))
    .flatMap(({ ends: [first, second], metric, rateBitsPerSecond, switch: over }) => {
      const capacity = rateBitsPerSecond && { capacityBitsPerSecond: rateBitsPerSecond };
      if (over === undefined) return [{ between: pair(first.router, second.router), metric, ...capacity }];
      // Through a switch the metric is the sum of both halves.
      return [
        { between: pair(first.router, over), metric: metric - 1, ...capacity },
        { between: pair(over, second.router), metric: 1, ...capacity },
      ];
    });
  return [...links, ...access];

  function pair(first: string, second: string): [string, string] {
    return [nodeName(first), nodeName(second)];
  }
}

function declaredPeerings(
  internet: Internet,
  asn: number,
  nodeName: (node: string) => string,
): TopologyInput['peeringLinks'] {
  return internet.peerings.flatMap((peering) => {
    const asns = peeringAsns(internet, peering);
    const index = asns.indexOf(asn);
    if (index === -1) return [];
    const near = index === 0 ? 0 : 1;
    const { ends, name, over } = peering;
    return [
      {
        name,
        node: nodeName(ends[near].router),
        neighbour: asns[1 - near]!,
        nearAddress: ends[near].address,
        farAddress: ends[near === 0 ? 1 : 0].address,
        ...(over.kind === 'exchange' && { exchange: over.exchange }),
        capacityBitsPerSecond: peeringRateBitsPerSecond(internet, name, near),
      },
    ];
  });
}

/** Of the AS's own space: others' and those of exchanges are told with the peering link that they are on. */
function addressesOf(internet: Internet, { name, asn, loopback }: Router): string[] {
  const ports: Port[] = [
    ...internet.internalLinks.flatMap(({ ends }) => [...ends]),
    ...internet.peerings.flatMap(({ ends }) => [...ends]),
    ...internet.hosts.map(({ gateway }) => gateway),
  ];
  const own = ports.filter(({ router }) => router === name).map(({ address }) => address);
  const prefix = parsePrefix(networkOf(internet, asn).prefix);
  return [...new Set([loopback, ...own])].filter((address) => inPrefix(address, prefix));
}

/** The switch between an access router and its hosts. */
const accessSwitch = (internet: Internet, router: string): string | undefined =>
  internet.hosts.find(({ gateway, switch: over }) => gateway.router === router && over !== undefined)?.switch;

/** RIB dumps for accounting: who wrote them, and whose subscribers take that router's ways. */
export interface RibSource {
  readonly path: string;
  readonly asn: number;
  readonly router: string;
  readonly attached: readonly string[];
}
export const ribSourcesOf = (internet: Internet, dumpsOf: (router: string) => string): RibSource[] =>
  internet.routers.map(({ name, asn }) => ({
    path: dumpsOf(name),
    asn,
    router: name,
    attached: internet.pools.filter(({ router }) => router === name).map(({ prefix }) => prefix),
  }));

/** One line in one direction and what it can carry. */
export interface Capacity {
  /** A host for `up` and `down`, a link for `peering` and `internal`, else the exchange. */
  readonly name: string;
  /** A port at an exchange carries all peerings that its router has there. */
  readonly kind: 'up' | 'down' | 'peering' | 'internal' | 'into-exchange' | 'out-of-exchange';
  /** Of a peering and an internal link the router that sends, of an exchange the one that the port is of. */
  readonly router: string | null;
  readonly rateBitsPerSecond: number;
}

export function capacitiesOf(internet: Internet): Capacity[] {
  return [
    ...internet.hosts.flatMap(({ name, upBitsPerSecond, downBitsPerSecond }): Capacity[] => [
      { name, kind: 'up', router: null, rateBitsPerSecond: upBitsPerSecond },
      { name, kind: 'down', router: null, rateBitsPerSecond: downBitsPerSecond },
    ]),
    ...internet.peerings.flatMap(({ name, ends, over }) =>
      over.kind === 'exchange'
        ? []
        : ends.map(
            ({ router }): Capacity => ({
              name,
              kind: 'peering',
              router,
              rateBitsPerSecond: over.rateBitsPerSecond,
            }),
          ),
    ),
    ...internet.exchanges.flatMap(({ id: name, ports }) =>
      ports.flatMap(({ router, rateBitsPerSecond }): Capacity[] => [
        { name, kind: 'into-exchange', router, rateBitsPerSecond },
        { name, kind: 'out-of-exchange', router, rateBitsPerSecond },
      ]),
    ),
    ...internet.internalLinks.flatMap(({ name, ends, rateBitsPerSecond }) =>
      rateBitsPerSecond === undefined
        ? []
        : ends.map(({ router }): Capacity => ({ name, kind: 'internal', router, rateBitsPerSecond })),
    ),
  ];
}
