import {
  type Internet,
  networkOf,
  type Peering,
  type Port,
  type Router,
  routerOf,
} from '../internet-model.js';

export interface BirdFiles {
  readonly log: string;
  /** Directory of this router's RIB dumps. */
  readonly dumps: string;
}

/** By peering, where it is another than the relationship gives. */
export type LocalPreferences = ReadonlyMap<string, number>;

/** How often every router writes its RIB without being asked. */
const dumpIntervalSeconds = 20;

/** BIRD 2.0 dies of routes in a dump that carry the attributes of OSPF. */
export const dumpedRoutes = 'source = RTS_BGP';

/** Kinds of neighbour, as a route's large community has them; the preference is that of Gao and Rexford. */
const neighbourKinds = {
  customer: { community: 1, localPreference: 300 },
  peer: { community: 2, localPreference: 200 },
  provider: { community: 3, localPreference: 100 },
} as const;
type NeighbourKind = keyof typeof neighbourKinds;

/** The configuration of one router for BIRD 2. */
export function birdConfig(
  internet: Internet,
  name: string,
  { log, dumps }: BirdFiles,
  preferences: LocalPreferences = new Map(),
): string {
  const router = routerOf(internet, name);
  const sessions = internet.peerings.flatMap((peering) =>
    borderSession(internet, router, peering, preferences),
  );
  return [
    `log "${log}" { warning, error, fatal, bug, auth };
router id ${router.loopback};
protocol device {}
protocol kernel {
  ipv4 { import none; export all; };
}
protocol mrt {
  table "master4";
  filename "${dumps}/%Y%m%dT%H%M%S.%3f.mrt";
  where ${dumpedRoutes};
  period ${dumpIntervalSeconds};${router.addPaths ? '\n  always add path;' : ''}
}
`,
    interior(internet, router),
    ...(sessions.length > 0 ? [announced(networkOf(internet, router.asn).prefix)] : []),
    ...sessions,
    ...internet.routers
      .filter((other) => other.asn === router.asn && other.name !== router.name)
      .map((other) => interiorSession(router, other)),
  ].join('\n');
}

/**
 * Inside an AS. Peering subnets are stubs of it, because next hops of other ASes are kept: so each router's RIB names
 * the peering link by which a packet leaves.
 */
function interior(internet: Internet, router: Router): string {
  const links = internet.internalLinks.flatMap(({ ends, metric }) =>
    ends
      .filter((end) => end.router === router.name)
      .map((end) => `    interface "${end.interface}" { type ptp; cost ${metric}; hello 1; dead 4; };`),
  );
  const stubs = new Set(
    [
      ...internet.peerings.flatMap(({ ends }): readonly Port[] => ends),
      ...internet.hosts.map(({ gateway }) => gateway),
    ]
      .filter((port) => port.router === router.name)
      .map((port) => port.interface),
  );
  return `protocol ospf v2 interior {
  ecmp no;
  ipv4 { import all; export none; };
  area 0 {
    interface "lo" { stub; };
${links.map((line) => `${line}\n`).join('')}${[...stubs].map((stub) => `    interface "${stub}" { stub; };\n`).join('')}  };
}
`;
}

const announced = (prefix: string): string => `protocol static announced {
  ipv4;
  route ${prefix} unreachable;
}
`;

function borderSession(
  internet: Internet,
  router: Router,
  peering: Peering,
  preferences: LocalPreferences,
): string[] {
  const index = peering.ends.findIndex((end) => end.router === router.name);
  if (index === -1) return [];
  const [near, far] = [peering.ends[index]!, peering.ends[1 - index]!];
  const kind: NeighbourKind =
    peering.relationship === 'peer' ? 'peer' : index === 0 ? 'provider' : 'customer';
  const { community, localPreference } = neighbourKinds[kind];
  const tag = `(${router.asn}, 1, *)`;
  const { customer } = neighbourKinds;
  // Valley-free: customers hear all, everybody else own routes and those of customers.
  const told =
    kind === 'customer'
      ? 'source = RTS_BGP || source = RTS_STATIC'
      : `source = RTS_STATIC || (${router.asn}, 1, ${customer.community}) ~ bgp_large_community`;
  return [
    `protocol bgp '${peering.name}' {
  local ${near.address} as ${router.asn};
  neighbor ${far.address} as ${routerOf(internet, far.router).asn};
  hold time 30; keepalive time 10;
  connect delay time 1; connect retry time 1; error wait time 1, 4;
  ipv4 {
    import filter {
      bgp_large_community.delete([${tag}]);
      bgp_large_community.add((${router.asn}, 1, ${community}));
      bgp_local_pref = ${preferences.get(peering.name) ?? localPreference};
      accept;
    };
    export where ${told};
    next hop self;
  };
}
`,
  ];
}

/** Full mesh; a session with a router that takes more than one way carries all of them (RFC 7911). */
function interiorSession(router: Router, other: Router): string {
  const addPaths = router.addPaths ? '\n    add paths rx;' : other.addPaths ? '\n    add paths tx;' : '';
  return `protocol bgp '${other.name}' {
  local ${router.loopback} as ${router.asn};
  neighbor ${other.loopback} as ${other.asn};
  hold time 30; keepalive time 10;
  connect delay time 1; connect retry time 1; error wait time 1, 4;
  ipv4 {
    import all;
    export where source = RTS_BGP;${addPaths}
  };
}
`;
}
