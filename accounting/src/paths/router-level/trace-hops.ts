import { canonicalAddress } from '@fairhop/shared/net';
import type { Trace } from '../knowledge.js';
import { type RouterName, readRouterName } from './router-name.js';

/** A router's answer in a traceroute. */
export interface TraceHop {
  readonly address: string;
  readonly name: RouterName | undefined;
  readonly timeToLive: number;
}

const readTraces = new WeakMap<Trace, readonly TraceHop[]>();

/**
 * Hops that answered, in the order of their TTL, each by the address that most answers came from. The destination is a host and
 * no hop; nor is the home router behind whose mapped address it is, as that answers with the destination's address.
 */
export function hopsOf(trace: Trace): readonly TraceHop[] {
  const known = readTraces.get(trace);
  if (known !== undefined) return known;
  const hops = readHops(trace);
  readTraces.set(trace, hops);
  return hops;
}

function readHops(trace: Trace): TraceHop[] {
  const hosts = new Set([trace.sourceAddress, trace.destinationAddress].map(canonicalAddress));
  const hops: TraceHop[] = [];
  for (const { timeToLive, replies } of [...trace.hops].sort((a, b) => a.timeToLive - b.timeToLive)) {
    const address = mostFrequent(replies.map((reply) => canonicalAddress(reply.address)));
    if (address === undefined) continue;
    if (address === canonicalAddress(trace.destinationAddress)) return hops;
    const name = replies.find((reply) => canonicalAddress(reply.address) === address && reply.name)?.name;
    if (!hosts.has(address))
      hops.push({ address, name: name ? readRouterName(name) : undefined, timeToLive });
  }
  // Who answered last is the destination, whatever address it answered from.
  return trace.reached ? hops.slice(0, -1) : hops;
}

/** The first of those that are equally frequent. */
function mostFrequent(values: readonly string[]): string | undefined {
  let best: { value: string; count: number } | undefined;
  for (const value of new Set(values)) {
    const count = values.filter((other) => other === value).length;
    if (best === undefined || count > best.count) best = { value, count };
  }
  return best?.value;
}
