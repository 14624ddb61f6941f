import { createBoundedCache } from '../model/bounded-cache.js';
import type { AsLink } from './as-graph-schema.js';
import { type AsTopology, createAsTopology } from './as-topology.js';

export interface AsPaths {
  /**
   * The AS path from source to destination, both included; `[asn]` when they are the same.
   * Undefined when an AS is unknown or policy lets no route through.
   */
  path(source: number, destination: number): readonly number[] | undefined;
}

export interface AsPathsInput {
  readonly ases: Iterable<{ readonly asn: number }>;
  readonly links: readonly AsLink[];
}

// A routing tree is four bytes an AS. 64 MiB keep every tree of 4000 ASes and some 200 of the whole Internet.
const defaultCacheBytes = 64 * 1024 * 1024;

const noRoute = -1;

/**
 * AS paths as Gao and Rexford describe what networks pay for ("Stable Internet Routing Without Global
 * Coordination", 2001): an AS prefers a route learnt from a customer to one from a peer to one from a provider,
 * then the shorter, then the lower next AS number; it tells customers every route, but peers and providers only
 * routes of its customers and its own. Where customers and providers run in a circle, which `createAsGraph` refuses and files of
 * others may have, ways are without a loop still: each is one AS longer than the one that it was told.
 */
export function createAsPaths(input: AsPathsInput, options: { cacheBytes?: number } = {}): AsPaths {
  const topology = createAsTopology(
    Array.from(input.ases, ({ asn }) => asn),
    input.links,
  );
  const treeBytes = Math.max(1, topology.asns.length) * Int32Array.BYTES_PER_ELEMENT;
  const maximumTrees = Math.max(1, Math.floor((options.cacheBytes ?? defaultCacheBytes) / treeBytes));
  const trees = createBoundedCache<number, Int32Array>(maximumTrees);
  return {
    path(source, destination) {
      const from = topology.indexOf(source);
      const to = topology.indexOf(destination);
      if (from === undefined || to === undefined) return undefined;
      let nextHops = trees.get(to);
      if (!nextHops) {
        nextHops = routingTree(topology, to);
        trees.set(to, nextHops);
      }
      return from === to || nextHops[from] !== noRoute ? followHops(topology, nextHops, from, to) : undefined;
    },
  };
}

function followHops(topology: AsTopology, nextHops: Int32Array, from: number, to: number): number[] {
  const path = [topology.asns[from]!];
  for (let hop = from; hop !== to; ) {
    hop = nextHops[hop]!;
    path.push(topology.asns[hop]!);
  }
  return path;
}

/**
 * For each AS the index of the next AS towards the destination, or `noRoute`. Routes settle class by class: whether an AS has
 * a customer route depends on customer routes alone, a peer route on those, and a provider route on all.
 */
function routingTree(topology: AsTopology, destination: number): Int32Array {
  const count = topology.asns.length;
  const nextHops = new Int32Array(count).fill(noRoute);
  const distances = new Int32Array(count).fill(noRoute);
  distances[destination] = 0;

  // Routes of customers climb from the destination, one AS further each round.
  spread([[destination]], topology.providers, nextHops, distances);

  // A peer tells only its customer routes and its own, so these are taken from a snapshot.
  const hasCustomerRoute = distances.map((distance) => (distance === noRoute ? 0 : 1));
  for (let index = 0; index < count; index += 1) {
    if (hasCustomerRoute[index] === 1) continue;
    for (const peer of topology.peers[index]!) {
      if (hasCustomerRoute[peer] !== 1) continue;
      const distance = distances[peer]! + 1;
      // Peers come in ascending order, so the first of equal length has the lowest AS number.
      if (distances[index] === noRoute || distance < distances[index]!) {
        distances[index] = distance;
        nextHops[index] = peer;
      }
    }
  }

  // Every route goes down to customers that have none, the nearest ASes telling theirs first.
  const byDistance: number[][] = [];
  for (let index = 0; index < count; index += 1) {
    const distance = distances[index]!;
    if (distance === noRoute) continue;
    while (byDistance.length <= distance) byDistance.push([]);
    byDistance[distance]!.push(index);
  }
  spread(byDistance, topology.customers, nextHops, distances);
  return nextHops;
}

/** Breadth first from ASes by distance: who has no route takes the nearest teller's, of equals the lowest AS number's. */
function spread(
  byDistance: number[][],
  listeners: AsTopology['customers'],
  nextHops: Int32Array,
  distances: Int32Array,
): void {
  for (let distance = 0; distance < byDistance.length; distance += 1) {
    const tellers = byDistance[distance]!.sort((left, right) => left - right);
    for (const teller of tellers) {
      for (const listener of listeners[teller]!) {
        if (distances[listener] !== noRoute) continue;
        distances[listener] = distance + 1;
        nextHops[listener] = teller;
        if (byDistance.length === distance + 1) byDistance.push([]);
        byDistance[distance + 1]!.push(listener);
      }
    }
  }
}
