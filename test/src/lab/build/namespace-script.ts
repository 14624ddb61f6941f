import { type Host, homeGatewayOf, type Internet, namespaceOf } from '../internet-model.js';
import { counterRuleset, homeRuleset } from './packet-filter.js';
import { type Cable, cablesOf, type Device, nodesOf } from './wiring.js';

const frameBytes = 1_514;
/** What a shaper lets pass at once: two frames, or as much as comes between two turns of a busy core. */
const burstSeconds = 0.004;
/** Longest wait in a shaper's queue: what access lines commonly have; a full one loses packets as real ones do. */
const queueSeconds = 0.2;

/** For one `ip -batch`: all namespaces, and all cables between them. */
export function namespacesBatch(internet: Internet): string {
  const end = ({ node, name, mac }: Device) =>
    `name ${name} netns ${namespaceOf(node)}${mac === undefined ? '' : ` address ${mac}`} numtxqueues 1 numrxqueues 1`;
  return lines([
    ...nodesOf(internet).map((node) => `netns add ${namespaceOf(node)}`),
    ...cablesOf(internet).map(([near, far]) => `link add ${end(near)} type veth peer ${end(far)}`),
  ]);
}

/** What runs once in a node's namespace, by `sh -e`; `daemons` are started last. */
export function namespaceScript(internet: Internet, node: string, daemons: readonly string[]): string {
  const devices = cablesOf(internet)
    .flatMap((cable: Cable) => [...cable])
    .filter((device) => device.node === node);
  const host = internet.hosts.find(({ name }) => name === node || homeGatewayOf(name) === node);
  const router = internet.routers.find(({ name }) => name === node);
  const ruleset =
    router !== undefined
      ? counterRuleset(internet, node)
      : host?.home !== undefined && host.name !== node
        ? homeRuleset(host.home, internet.ports.ephemeral)
        : undefined;
  return lines([
    ...settings(internet, router !== undefined || node !== host?.name),
    'ip -batch - <<END',
    'link set lo up',
    ...(router === undefined ? [] : [`addr add ${router.loopback}/32 dev lo`]),
    ...(devices.some(({ isBridgePort }) => isBridgePort)
      ? ['link add name br0 type bridge mcast_snooping 0', 'link set br0 up']
      : []),
    ...devices.flatMap(deviceLines),
    ...(host === undefined ? [] : [`route add default via ${defaultGateway(host, node)}`]),
    'END',
    ...devices.map(({ name }) => `ethtool -K ${name} ${withoutOffloads}`),
    ...devices.flatMap(shaperLine),
    ...(ruleset === undefined ? [] : ['nft -f - <<END', ruleset.trimEnd(), 'END']),
    ...daemons,
  ]);
}

/** A packet in the kernel is one on the wire: counters and captures see what a real line would. */
const withoutOffloads = 'tso off gso off gro off tx off rx off sg off >/dev/null 2>&1';

function settings({ ports }: Internet, forwards: boolean): string[] {
  const set = (name: string, value: string) => `echo ${value} > /proc/sys/net/${name}`;
  // Not in every kernel, or not in every namespace.
  const setWhereKnown = (name: string, value: string) =>
    `if [ -e /proc/sys/net/${name} ]; then ${set(name, value)}; fi`;
  return [
    setWhereKnown('ipv6/conf/all/disable_ipv6', '1'),
    setWhereKnown('ipv6/conf/default/disable_ipv6', '1'),
    set('ipv4/ip_forward', forwards ? '1' : '0'),
    // Ways there and back differ, as they do between networks.
    set('ipv4/conf/all/rp_filter', '0'),
    set('ipv4/conf/default/rp_filter', '0'),
    // Traceroute sees the interface that the probe came in by.
    set('ipv4/icmp_errors_use_inbound_ifaddr', '1'),
    set('ipv4/icmp_ratelimit', '0'),
    setWhereKnown('ipv4/icmp_msgs_per_sec', '100000'),
    setWhereKnown('ipv4/icmp_msgs_burst', '100000'),
    set('ipv4/ip_local_port_range', `'${ports.ephemeral.join(' ')}'`),
  ];
}

const deviceLines = ({ name, addresses, isBridgePort }: Device): string[] => [
  ...addresses.map((address) => `addr add ${address} dev ${name}`),
  `link set ${name} gso_max_segs 1${isBridgePort ? ' master br0' : ''} up`,
];

function shaperLine({ name, rateBitsPerSecond }: Device): string[] {
  if (rateBitsPerSecond === undefined) return [];
  const burst = Math.max(2 * frameBytes, Math.round((rateBitsPerSecond / 8) * burstSeconds));
  const limit = Math.round((rateBitsPerSecond / 8) * queueSeconds) + burst;
  return [`tc qdisc add dev ${name} root tbf rate ${rateBitsPerSecond}bit burst ${burst} limit ${limit}`];
}

const defaultGateway = ({ name, home, gateway }: Host, node: string): string =>
  home !== undefined && node === name ? home.gatewayAddress : gateway.address;

const lines = (each: readonly string[]): string => each.map((line) => `${line}\n`).join('');
