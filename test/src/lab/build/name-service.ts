import { found, hostOf, type Internet, networkOf } from '../internet-model.js';

export interface NamedAddress {
  readonly address: string;
  readonly dnsName: string;
  /** Null on the LAN of an exchange and on hosts. */
  readonly asn: number | null;
  /** Null for hosts. */
  readonly router: string | null;
  readonly interface: string | null;
}

/** Every public address with its name: what reverse look-ups answer, and what a traceroute's hops mean. */
export function namedAddresses(internet: Internet): NamedAddress[] {
  const dnsNames = new Map(internet.routers.map(({ name, dnsName }) => [name, dnsName]));
  const exchangeAddresses = new Set(
    internet.exchanges.flatMap(({ ports }) => ports.map(({ address }) => address)),
  );
  const asns = new Map(internet.routers.map(({ name, asn }) => [name, asn]));
  const own = [
    ...internet.internalLinks.flatMap(({ ends }) => [...ends]),
    ...internet.peerings.flatMap(({ ends }) => [...ends]),
    ...internet.hosts.map(({ gateway }) => gateway),
  ].filter(({ address }) => !exchangeAddresses.has(address));
  const interfaces = [...new Map(own.map((port) => [port.address, port])).values()];
  return [
    ...internet.routers.map(({ name, dnsName, loopback, asn }) => ({
      address: loopback,
      dnsName,
      asn,
      router: name,
      interface: 'lo',
    })),
    ...interfaces.map(({ router, interface: name, address }) => ({
      address,
      dnsName: `${name}.${dnsNames.get(router)}`,
      asn: asns.get(router) ?? null,
      router,
      interface: name,
    })),
    // An exchange names the addresses of its LAN after its members.
    ...internet.exchanges.flatMap(({ id, ports }) =>
      ports.map(({ router, interface: name, address }) => ({
        address,
        dnsName: `${networkOf(internet, asns.get(router)!).isp}.${id}.example`,
        asn: null,
        router,
        interface: name,
      })),
    ),
    ...internet.hosts.flatMap(({ address, furtherAddresses, dnsNames: names, asn }) =>
      [address, ...furtherAddresses].flatMap((each, index) =>
        names[index] === undefined
          ? []
          : [{ address: each, dnsName: names[index], asn, router: null, interface: null }],
      ),
    ),
  ];
}

export const infrastructureHost = (internet: Internet) =>
  hostOf(internet, found(internet.hosts.find(({ role }) => role === 'infrastructure')?.name, 'name server'));

/** dnsmasq answers for `example` and for the addresses, and knows nothing else. */
export function nameServerConfig(internet: Internet, files: { log: string; pid: string }): string {
  return [
    'no-resolv',
    'no-hosts',
    'bogus-priv',
    'bind-interfaces',
    `listen-address=${infrastructureHost(internet).address}`,
    'local=/example/',
    'local=/18.198.in-addr.arpa/',
    'local=/19.198.in-addr.arpa/',
    `log-facility=${files.log}`,
    `pid-file=${files.pid}`,
    'user=root',
    ...namedAddresses(internet).map(({ address, dnsName }) => `host-record=${dnsName},${address}`),
    '',
  ].join('\n');
}

export const resolverConfig = (internet: Internet): string =>
  `nameserver ${infrastructureHost(internet).address}\noptions timeout:1 attempts:2\n`;

/** Two addresses and two ports of plain STUN: a client can find out what its NAT does (RFC 5780). */
export function stunServerConfig(internet: Internet, files: { log: string; pid: string }): string {
  const [port, alternativePort] = internet.ports.stun;
  return [
    'stun-only',
    'no-tls',
    'no-dtls',
    'no-tcp',
    'no-cli',
    ...infrastructureHost(internet).furtherAddresses.map((address) => `listening-ip=${address}`),
    `listening-port=${port}`,
    `alt-listening-port=${alternativePort}`,
    'simple-log',
    `log-file=${files.log}`,
    `pidfile=${files.pid}`,
    '',
  ].join('\n');
}
