/** The description of a small internet: what is built, what its routers are told, and what is known of it afterwards. */
export interface Internet {
  readonly networks: readonly Network[];
  readonly exchanges: readonly ExchangePoint[];
  readonly routers: readonly Router[];
  readonly switches: readonly Switch[];
  readonly internalLinks: readonly InternalLink[];
  readonly peerings: readonly Peering[];
  readonly pools: readonly AccessPool[];
  readonly hosts: readonly Host[];
  readonly ports: ServicePorts;
  readonly events: {
    readonly routeChanges: readonly RouteChange[];
    readonly linkFailures: readonly LinkFailure[];
  };
}

/** One autonomous system. It announces its prefix as a whole, at each of its borders. */
export interface Network {
  readonly asn: number;
  readonly name: string;
  /** Id of its ISP: `sp1`. Also the label of its names: `<node>.sp1.example`. */
  readonly isp: string;
  readonly country: string;
  readonly prefix: string;
}

/** Name of an interface as the kernel has it (15 characters at most), and its address. */
export interface Port {
  readonly router: string;
  readonly interface: string;
  readonly address: string;
}

export interface ExchangePoint {
  readonly id: string;
  readonly name: string;
  readonly place: string;
  /** Of no AS, and announced by none. */
  readonly lan: string;
  readonly ports: readonly (Port & { readonly rateBitsPerSecond: number })[];
}

export interface Router {
  /** Namespace is `fh-<name>`. */
  readonly name: string;
  readonly asn: number;
  /** Of the node; an interface's name is `<interface>.<dnsName>`. */
  readonly dnsName: string;
  readonly place: string;
  readonly loopback: string;
  /** Hears every way of its neighbours inside the AS, and writes them all (RFC 7911, RFC 8050). */
  readonly addPaths?: true;
  /** How its dumps are kept beside those that BIRD writes by itself. */
  readonly dumpCompression?: 'gzip' | 'bzip2';
}

/** A bridge in a namespace of its own: packets pass, traceroutes do not see it. */
interface Switch {
  readonly name: string;
  readonly asn: number;
  readonly dnsName: string;
  readonly place: string;
}

/** Between two routers of one AS; a subnet of 30 bits. */
interface InternalLink {
  readonly name: string;
  readonly ends: readonly [Port, Port];
  /** OSPF cost, both directions. Ways inside an AS never tie: there is one right answer. */
  readonly metric: number;
  /** Unshaped when not given. */
  readonly rateBitsPerSecond?: number;
  /** Name of the switch between the two. */
  readonly switch?: string;
}

/** A link between border routers of two ASes, with one BGP session over it. */
export interface Peering {
  readonly name: string;
  /** `customer-of`: the first end buys transit from the second. */
  readonly relationship: 'customer-of' | 'peer';
  readonly ends: readonly [Port, Port];
  /** Own line (a subnet of 30 bits out of one side's prefix), or the LAN of an exchange. */
  readonly over:
    | { readonly kind: 'line'; readonly rateBitsPerSecond: number }
    | { readonly kind: 'exchange'; readonly exchange: string };
}

/** The addresses that one access router has for its hosts. */
interface AccessPool {
  readonly prefix: string;
  readonly router: string;
}

export type NatKind =
  /** Keeps the source port where it can: the same mapping whatever the destination (RFC 4787 section 4.1). */
  | 'endpoint-independent'
  /** A random port for each destination: what hole punching cannot pass. */
  | 'endpoint-dependent';

export interface Host {
  /** Namespace is `fh-<name>`; a home gateway's is `fh-<name>-home`. */
  readonly name: string;
  readonly role: 'subscriber' | 'services' | 'edge' | 'infrastructure' | 'origin';
  readonly asn: number;
  /** Public: the host's own or its home gateway's. */
  readonly address: string;
  /** More of its own. */
  readonly furtherAddresses: readonly string[];
  /** Interface and address of the access router that it hangs on. */
  readonly gateway: Port;
  readonly prefixLength: number;
  /** Set when it shares the gateway's LAN with others. */
  readonly switch?: string;
  readonly downBitsPerSecond: number;
  readonly upBitsPerSecond: number;
  readonly home?: Home;
  /** Forward and reverse names of its addresses, first address first. */
  readonly dnsNames: readonly string[];
}

/** A home network behind a NAT of its own. */
export interface Home {
  readonly nat: NatKind;
  /** Tells the sender of a probe that nothing listens, as many do; others say nothing. */
  readonly answersProbes: boolean;
  readonly lan: string;
  readonly gatewayAddress: string;
  readonly hostAddress: string;
}

/** What a NAT is called that is not there. */
export const NO_NAT = 'none';
export const natOf = ({ home }: Host): NatKind | typeof NO_NAT => home?.nat ?? NO_NAT;

/** What the system's servers listen on: counters tell payload from control by them. */
export interface ServicePorts {
  readonly coordinator: number;
  readonly accounting: number;
  readonly edge: number;
  readonly origin: number;
  /** RFC 5780: the second one is for finding out what kind of NAT it is. */
  readonly stun: readonly [number, number];
  /** What agents take for UDP and TCP: probes of traceroute (33434 and up) never look like payload. */
  readonly ephemeral: readonly [number, number];
}

/** The router gives another local preference to all that it hears over the peering. */
interface RouteChange {
  readonly name: string;
  readonly router: string;
  readonly peering: string;
  readonly localPreference: number;
}

/** The first end's interface is taken down. */
interface LinkFailure {
  readonly name: string;
  readonly peering: string;
}

export const namespaceOf = (node: string): string => `fh-${node}`;
/** Of the gateway in front of a host with a home. */
export const homeGatewayOf = (host: string): string => `${host}-home`;

export function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`the description of the internet has no ${what}`);
  return value;
}
export const routerOf = (internet: Internet, name: string): Router =>
  found(
    internet.routers.find((router) => router.name === name),
    `router ${name}`,
  );
export const networkOf = (internet: Internet, asn: number): Network =>
  found(
    internet.networks.find((network) => network.asn === asn),
    `network of AS ${asn}`,
  );
export const hostOf = (internet: Internet, name: string): Host =>
  found(
    internet.hosts.find((host) => host.name === name),
    `host ${name}`,
  );
export const peeringOf = (internet: Internet, name: string): Peering =>
  found(
    internet.peerings.find((peering) => peering.name === name),
    `peering ${name}`,
  );
export const exchangeOf = (internet: Internet, id: string): ExchangePoint =>
  found(
    internet.exchanges.find((exchange) => exchange.id === id),
    `exchange ${id}`,
  );
/** ASes of the two ends of a peering, in its order. */
export const peeringAsns = (internet: Internet, { ends }: Peering): [number, number] => [
  routerOf(internet, ends[0].router).asn,
  routerOf(internet, ends[1].router).asn,
];
