import type { Home, Internet, ServicePorts } from '../internet-model.js';
import { macOf } from './wiring.js';

/** Where traceroute's probes go: each of 30 hops, three times, has a port of its own, with room for other tools. */
const probePorts = '33434-33999';

/** What a home gateway's packet filter is told. */
export function homeRuleset({ nat, answersProbes }: Home, [from, to]: ServicePorts['ephemeral']): string {
  const masquerade =
    nat === 'endpoint-independent' ? 'masquerade' : `masquerade to :${from}-${to} fully-random`;
  const answer = answersProbes
    ? `    iifname "wan" ct state new udp dport ${probePorts} reject with icmp type port-unreachable\n`
    : '';
  // Unasked packets are dropped before they become connections: one that did would take the very port that the
  // answer to it needs, and two homes that call each other at the same time would never meet.
  return `table ip home {
  chain arriving {
    type filter hook input priority filter; policy accept;
${answer}    iifname "wan" ct state new meta l4proto { tcp, udp } drop
  }
  chain passing {
    type filter hook forward priority filter; policy accept;
    iifname "wan" ct state new drop
  }
  chain leaving {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "wan" meta l4proto { tcp, udp } ${masquerade}
    oifname "wan" masquerade
  }
}
`;
}

/** Bytes over one peering in one direction are counted where they arrive. */
export interface DirectedPeering {
  readonly peering: string;
  readonly from: number;
  readonly to: number;
  /** Receives. */
  readonly router: string;
  readonly interface: string;
  /** On a LAN: of the router that sends. */
  readonly senderMac?: string;
}

export function directedPeerings(internet: Internet): DirectedPeering[] {
  const asnOf = new Map(internet.routers.map(({ name, asn }) => [name, asn]));
  return internet.peerings.flatMap(({ name, ends, over }) =>
    [ends, [ends[1], ends[0]] as const].map(([sender, receiver]) => ({
      peering: name,
      from: asnOf.get(sender.router)!,
      to: asnOf.get(receiver.router)!,
      router: receiver.router,
      interface: receiver.interface,
      ...(over.kind === 'exchange' && { senderMac: macOf(sender.address) }),
    })),
  );
}

export const counterName = (peering: string, from: number, kind: 'payload' | 'control'): string =>
  `${peering}.${from}.${kind}`;

/** Counters of what arrives at a router over its peerings; undefined for a router that has none. */
export function counterRuleset(internet: Internet, router: string): string | undefined {
  const arriving = directedPeerings(internet).filter((each) => each.router === router);
  if (arriving.length === 0) return undefined;
  const { coordinator, accounting, edge, origin, stun } = internet.ports;
  const payload = `{ ${edge}, ${origin} }`;
  const control = `{ ${coordinator}, ${accounting} }`;
  const neither = `{ 53, ${stun.join(', ')} }`;
  const chains = arriving.map(({ peering, from }, index) => {
    const [payloadCounter, controlCounter] = (['payload', 'control'] as const).map((kind) =>
      counterName(peering, from, kind),
    );
    return `  counter ${payloadCounter} { }
  counter ${controlCounter} { }
  chain from-${index} {
    udp dport ${neither} return
    udp sport ${neither} return
    udp dport ${probePorts} return
    tcp dport ${payload} counter name ${payloadCounter} return
    tcp sport ${payload} counter name ${payloadCounter} return
    tcp dport ${control} counter name ${controlCounter} return
    tcp sport ${control} counter name ${controlCounter} return
    meta l4proto udp counter name ${payloadCounter}
  }
`;
  });
  const jumps = arriving.map(({ interface: name, senderMac }, index) => {
    const sender = senderMac === undefined ? '' : ` ether saddr ${senderMac}`;
    return `    iifname "${name}"${sender} jump from-${index}`;
  });
  return `table inet lab {
${chains.join('')}  chain arriving {
    type filter hook prerouting priority raw; policy accept;
${jumps.join('\n')}
  }
}
`;
}
