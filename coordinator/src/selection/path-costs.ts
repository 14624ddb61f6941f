import { linkId } from '@fairhop/shared/model';
import type { AsPaths } from '@fairhop/shared/net';
import type { Network } from '../swarm/index.js';
import type { CostOf } from './cost-classes.js';

export const costClass = {
  sameAddress: 0,
  sameAsAndPlace: 1,
  sameAs: 2,
  sameIsp: 3,
  adjacentInCountry: 4,
  /** And one more for each further AS hop. */
  oneHop: 5,
  unknownPath: 100,
} as const;

/** A pair takes about 50 bytes: 50 MB at most, and every pair of 1,000 networks. */
const MAX_CACHED_PAIRS = 1_000_000;

/**
 * Costs by AS paths (valley-free, from source to destination). A path over a forbidden link (`link:as:A>as:B`) may not be
 * used, and while some link is forbidden neither may one that nobody knows.
 */
export function createPathCosts(paths: AsPaths, forbiddenLinks: ReadonlySet<string>): CostOf {
  const costs = new Map<number, Map<number, number | undefined>>();
  let pairs = 0;
  const compute = (source: Network, destination: Network): number | undefined => {
    if (source.asn === destination.asn) return costWithinAs(source, destination);
    const path = paths.path(source.asn, destination.asn);
    if (forbiddenLinks.size > 0 && (!path || crosses(path, forbiddenLinks))) return undefined;
    if (source.isp !== null && source.isp === destination.isp) return costClass.sameIsp;
    if (!path) return costClass.unknownPath;
    const hops = path.length - 1;
    const inCountry = source.country !== null && source.country === destination.country;
    if (hops === 1 && inCountry) return costClass.adjacentInCountry;
    return Math.min(costClass.oneHop + hops - 1, costClass.unknownPath - 1);
  };
  return (source, destination) => {
    const known = costs.get(destination.id);
    if (known?.has(source.id)) return known.get(source.id);
    const cost = compute(source, destination);
    if (pairs >= MAX_CACHED_PAIRS) {
      costs.clear();
      pairs = 0;
    }
    const toDestination = costs.get(destination.id) ?? new Map<number, number | undefined>();
    costs.set(destination.id, toDestination.set(source.id, cost));
    pairs += 1;
    return cost;
  };
}

function costWithinAs(source: Network, destination: Network): number {
  const samePlace = source.country !== null && source.country === destination.country;
  return samePlace ? costClass.sameAsAndPlace : costClass.sameAs;
}

function crosses(path: readonly number[], forbiddenLinks: ReadonlySet<string>): boolean {
  for (let index = 1; index < path.length; index += 1) {
    if (forbiddenLinks.has(linkId(path[index - 1]!, path[index]!))) return true;
  }
  return false;
}
