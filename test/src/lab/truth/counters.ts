import { counterName, directedPeerings } from '../build/packet-filter.js';
import { forEachConcurrently, runCommand } from '../build/run-command.js';
import { found, type Internet, namespaceOf } from '../internet-model.js';

/** What arrived over a peering in one direction since the internet stands; bytes are those of IP packets. */
export interface PeeringCount {
  readonly peering: string;
  readonly from: number;
  readonly to: number;
  /** To and from the edge and the origin, and between subscribers. */
  readonly payloadPackets: number;
  readonly payloadBytes: number;
  /** To and from coordinator and accounting. BGP, DNS, STUN, ICMP and probes are in neither. */
  readonly controlBytes: number;
}

interface NftList {
  nftables: { counter?: { name: string; packets: number; bytes: number } }[];
}

export async function readCounters(internet: Internet): Promise<PeeringCount[]> {
  const directed = directedPeerings(internet);
  const routers = [...new Set(directed.map(({ router }) => router))];
  const read = await forEachConcurrently(routers, async (router) => {
    const args = ['netns', 'exec', namespaceOf(router), 'nft', '-j', 'list', 'counters'];
    const { nftables }: NftList = JSON.parse(await runCommand('ip', args));
    return nftables.flatMap(({ counter }) => (counter === undefined ? [] : [counter]));
  });
  const counters = new Map(read.flat().map((counter) => [counter.name, counter]));
  const counterOf = (name: string) => found(counters.get(name), `counter ${name}`);
  return directed.map(({ peering, from, to }) => {
    const payload = counterOf(counterName(peering, from, 'payload'));
    return {
      peering,
      from,
      to,
      payloadPackets: payload.packets,
      payloadBytes: payload.bytes,
      controlBytes: counterOf(counterName(peering, from, 'control')).bytes,
    };
  });
}
