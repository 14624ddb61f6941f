import { asId, linkId } from '@fairhop/shared/model';
import type { AsPaths } from '@fairhop/shared/net';
import type { Network } from '../swarm/index.js';

export const costClass = {
  sameAddress: 0,
  sameAsAndPlace: 1,
  sameAs: 2,
  sameIsp: 3,
  adjacentInCountry: 4,
  /** And one more for each further AS hop. */
  oneHop: 5,
  unknownPath: 100,
  /**
   * Where the downloader's ISP gave an ALTO map and it lists the downloader's address: the rank of the source's cost is added
   * to these (at most one for each of 1,000 PIDs), and to the two after them the class by AS hops where the map gives no cost.
   */
  onNetByAlto: 10_000,
  onNetWithoutAlto: 20_000,
  offNetByAlto: 30_000,
  offNetWithoutAlto: 40_000,
} as const;

/** What a cost rests on: `on-net` within one ISP or AS, where no path is asked for; `unknown` where nobody knows one. */
export type CostBasis = 'same-address' | 'on-net' | 'alto' | 'bgp' | 'inferred' | 'unknown';

export interface PathCost {
  /** 1 or more, the lower the cheaper. */
  readonly costClass: number;
  readonly basis: CostBasis;
}

/** AS paths that also tell where each comes from; without `basis` they are inferred. */
export interface SelectionPaths extends AsPaths {
  basis?(source: number, destination: number): 'bgp' | 'inferred';
}

/** On-net is the same ISP, or the same AS where no ISP is known. */
export const isOnNet = (one: Network, other: Network): boolean =>
  one.isp !== null ? one.isp === other.isp : one.asn === other.asn;

/** A pair takes about 50 bytes: 50 MB at most, and every pair of 1,000 networks. */
const MAX_CACHED_PAIRS = 1_000_000;

/**
 * Costs by AS paths from source to destination; undefined when bytes may not flow. A path over a closed component (`link:as:A>as:B`
 * or `as:A`) may not be used. Of one that nobody knows only the ends are asked: what policies count is judged alike (policy/crossings.ts),
 * so that nothing is refused which no policy tells of.
 */
export function createPathCosts(
  paths: SelectionPaths,
  closed: ReadonlySet<string>,
): (source: Network, destination: Network) => PathCost | undefined {
  const costs = new Map<number, Map<number, PathCost | undefined>>();
  let pairs = 0;
  const compute = (source: Network, destination: Network): PathCost | undefined => {
    if (source.asn === destination.asn) {
      if (closed.has(asId(source.asn))) return undefined;
      return { costClass: costWithinAs(source, destination), basis: 'on-net' };
    }
    const path = paths.path(source.asn, destination.asn);
    const isClosed = path
      ? crosses(path, closed)
      : [source, destination].some(({ asn }) => closed.has(asId(asn)));
    if (isClosed) return undefined;
    if (source.isp !== null && source.isp === destination.isp) {
      return { costClass: costClass.sameIsp, basis: 'on-net' };
    }
    if (!path) return { costClass: costClass.unknownPath, basis: 'unknown' };
    const basis = paths.basis?.(source.asn, destination.asn) ?? 'inferred';
    const hops = path.length - 1;
    const inCountry = source.country !== null && source.country === destination.country;
    if (hops === 1 && inCountry) return { costClass: costClass.adjacentInCountry, basis };
    return { costClass: Math.min(costClass.oneHop + hops - 1, costClass.unknownPath - 1), basis };
  };
  return (source, destination) => {
    const known = costs.get(destination.id);
    if (known?.has(source.id)) return known.get(source.id);
    const cost = compute(source, destination);
    if (pairs >= MAX_CACHED_PAIRS) {
      costs.clear();
      pairs = 0;
    }
    const toDestination = costs.get(destination.id) ?? new Map<number, PathCost | undefined>();
    costs.set(destination.id, toDestination.set(source.id, cost));
    pairs += 1;
    return cost;
  };
}

function costWithinAs(source: Network, destination: Network): number {
  const samePlace = source.country !== null && source.country === destination.country;
  return samePlace ? costClass.sameAsAndPlace : costClass.sameAs;
}

function crosses(path: readonly number[], closed: ReadonlySet<string>): boolean {
  for (let index = 0; index < path.length; index += 1) {
    if (closed.has(asId(path[index]!))) return true;
    if (index > 0 && closed.has(linkId(path[index - 1]!, path[index]!))) return true;
  }
  return false;
}
