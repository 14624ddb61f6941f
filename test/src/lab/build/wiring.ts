import {
  exchangeOf,
  found,
  type Host,
  homeGatewayOf,
  type Internet,
  type Port,
  peeringOf,
} from '../internet-model.js';

/** One end of a cable, in the namespace of its node. */
export interface Device {
  readonly node: string;
  readonly name: string;
  /** `198.18.40.1/30`; none on the ports of a bridge. */
  readonly addresses: readonly string[];
  readonly mac?: string;
  /** Shapes what leaves by it. */
  readonly rateBitsPerSecond?: number;
  readonly isBridgePort?: boolean;
}
export type Cable = readonly [Device, Device];

/** Every cable of the internet: a pair of virtual Ethernet devices each. */
export function cablesOf(internet: Internet): Cable[] {
  return [
    ...internet.internalLinks.flatMap(internalCables),
    ...internet.peerings.flatMap(({ ends: [first, second], over }): Cable[] => {
      if (over.kind === 'exchange') return [];
      const { rateBitsPerSecond } = over;
      return [[device(first, 30, rateBitsPerSecond), device(second, 30, rateBitsPerSecond)]];
    }),
    ...internet.exchanges.flatMap(({ id, lan, ports }) =>
      ports.map((port): Cable => {
        const { rateBitsPerSecond } = port;
        return [
          { ...device(port, lengthOf(lan), rateBitsPerSecond), mac: macOf(port.address) },
          { node: id, name: port.router, addresses: [], rateBitsPerSecond, isBridgePort: true },
        ];
      }),
    ),
    ...accessCables(internet),
  ];
}

function internalCables(link: Internet['internalLinks'][number]): Cable[] {
  const { ends, rateBitsPerSecond } = link;
  const [first, second] = [device(ends[0], 30, rateBitsPerSecond), device(ends[1], 30, rateBitsPerSecond)];
  if (link.switch === undefined) return [[first, second]];
  return [
    [first, { node: link.switch, name: first.node, addresses: [], isBridgePort: true }],
    [second, { node: link.switch, name: second.node, addresses: [], isBridgePort: true }],
  ];
}

function accessCables({ hosts }: Internet): Cable[] {
  const uplinks = new Map<string, Cable>();
  const lines = hosts.flatMap((host): Cable[] => {
    const { gateway, prefixLength, downBitsPerSecond: rateBitsPerSecond } = host;
    const edge = outsideDevice(host);
    const inside = insideCables(host);
    if (host.switch === undefined) {
      return [[{ ...device(gateway, prefixLength), rateBitsPerSecond }, edge], ...inside];
    }
    uplinks.set(`${host.switch} ${gateway.router}`, [
      device(gateway, prefixLength),
      { node: host.switch, name: gateway.router, addresses: [], isBridgePort: true },
    ]);
    return [
      [{ node: host.switch, name: host.name, addresses: [], rateBitsPerSecond, isBridgePort: true }, edge],
      ...inside,
    ];
  });
  return [...uplinks.values(), ...lines];
}

function outsideDevice(host: Host): Device {
  const { name, home, address, furtherAddresses, prefixLength, upBitsPerSecond: rateBitsPerSecond } = host;
  return {
    node: home === undefined ? name : homeGatewayOf(name),
    name: home === undefined ? 'eth0' : 'wan',
    addresses: [address, ...furtherAddresses].map((each) => `${each}/${prefixLength}`),
    rateBitsPerSecond,
  };
}

function insideCables({ name, home }: Host): Cable[] {
  if (home === undefined) return [];
  const length = lengthOf(home.lan);
  return [
    [
      { node: homeGatewayOf(name), name: 'lan', addresses: [`${home.gatewayAddress}/${length}`] },
      { node: name, name: 'eth0', addresses: [`${home.hostAddress}/${length}`] },
    ],
  ];
}

const device = (port: Port, length: number, rateBitsPerSecond?: number): Device => ({
  node: port.router,
  name: port.interface,
  addresses: [`${port.address}/${length}`],
  ...(rateBitsPerSecond !== undefined && { rateBitsPerSecond }),
});

export const lengthOf = (prefix: string): number =>
  Number(found(prefix.split('/')[1], `length in ${prefix}`));

/** Locally administered, and known from the address: counters on a LAN tell senders apart by it. */
export const macOf = (address: string): string =>
  ['02', '00', ...address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))].join(':');

/** Everything that gets a namespace. */
export function nodesOf(internet: Internet): string[] {
  return [
    ...internet.routers.map(({ name }) => name),
    ...internet.switches.map(({ name }) => name),
    ...internet.exchanges.map(({ id }) => id),
    ...internet.hosts.flatMap(({ name, home }) =>
      home === undefined ? [name] : [name, homeGatewayOf(name)],
    ),
  ];
}

/** What a peering can carry in the direction that leaves by `end`. */
export function peeringRateBitsPerSecond(internet: Internet, peeringName: string, end: 0 | 1): number {
  const { over, ends } = peeringOf(internet, peeringName);
  if (over.kind === 'line') return over.rateBitsPerSecond;
  const { ports } = exchangeOf(internet, over.exchange);
  const { router } = ends[end];
  return found(
    ports.find((port) => port.router === router),
    `port of ${router} at exchange ${over.exchange}`,
  ).rateBitsPerSecond;
}
