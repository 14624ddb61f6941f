import type { Asn } from '@fairhop/shared/model';
import { declaredNeighbours } from './declared-neighbours.js';
import type { AsPathSource, DeclaredNetworks } from './knowledge.js';

/** An inventory's own; of several ways of one length, it does not say which one is taken. */
const CONFIDENCE = 100;
const CONFIDENCE_OF_SEVERAL = 60;

/** Ways between ASes of one ISP that declared its networks, with the fewest ASes; a declaration says nothing about others. */
export function createDeclaredWays(networks: DeclaredNetworks): AsPathSource {
  return {
    name: 'declared',
    asWay(source, destination, timeMs) {
      const declared = networks.declaredOf(source.asn, timeMs);
      if (declared === undefined || !declared.asns.includes(destination.asn)) return undefined;
      const found = shortestWay(declaredNeighbours(declared).own, source.asn, destination.asn);
      if (found === undefined) return undefined;
      const confidence = found.isOnly ? CONFIDENCE : CONFIDENCE_OF_SEVERAL;
      return { asPath: found.asPath, source: 'declared', confidence, nextHop: null };
    },
  };
}

/** Breadth first; of equal ways the one over the lowest AS numbers. */
function shortestWay(
  neighboursOf: (asn: Asn) => readonly Asn[],
  source: Asn,
  destination: Asn,
): { asPath: Asn[]; isOnly: boolean } | undefined {
  const before = new Map<Asn, Asn | undefined>([[source, undefined]]);
  const waysTo = new Map<Asn, number>([[source, 1]]);
  for (let round: Asn[] = [source]; round.length > 0 && !before.has(destination); ) {
    const next: Asn[] = [];
    for (const asn of round) {
      for (const neighbour of neighboursOf(asn)) {
        if (before.has(neighbour) && !next.includes(neighbour)) continue;
        // Two are told from one; more need no counting.
        waysTo.set(neighbour, Math.min(2, (waysTo.get(neighbour) ?? 0) + waysTo.get(asn)!));
        if (before.has(neighbour)) continue;
        before.set(neighbour, asn);
        next.push(neighbour);
      }
    }
    round = next.sort((left, right) => left - right);
  }
  if (!before.has(destination)) return undefined;
  const asPath: Asn[] = [];
  for (let asn: Asn | undefined = destination; asn !== undefined; asn = before.get(asn)) asPath.unshift(asn);
  return { asPath, isOnly: waysTo.get(destination) === 1 };
}
