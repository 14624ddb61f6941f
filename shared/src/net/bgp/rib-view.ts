import { type Address, type AddressInput, toAddress } from '../address.js';
import type { PrefixTable } from '../prefix-table.js';
import type { BgpRoute, RibView } from './rib.js';
import type { RibTable, Vantage } from './rib-table.js';

export interface ViewedRouter {
  readonly table: RibTable;
  readonly attached: PrefixTable<boolean>;
}

/** A view that also knows ways between ASes as wholes. */
export interface RibTablesView extends RibView {
  /** The AS path of `from` to most of the prefixes whose origin is that AS; undefined where no RIB knows one. */
  pathTo(from: number, origin: number): readonly number[] | undefined;
}

/** So many prefixes of an AS tell its way; large networks announce thousands. */
const sampledPrefixes = 256;

export function createRibView(routers: readonly ViewedRouter[]): RibTablesView {
  /** The route of the longest prefix; of equal ones the first router's. */
  const longest = (
    candidates: readonly ViewedRouter[],
    from: number,
    destination: Address,
    vantage: Vantage,
  ): BgpRoute | undefined => {
    let best: BgpRoute | undefined;
    let bestLength = -1;
    for (const { table } of candidates) {
      const place = table.placeOf(destination);
      if (place === undefined || table.lengthAt(place) <= bestLength) continue;
      const route = table.routeAt(place, from, vantage);
      if (!route) continue;
      best = route;
      bestLength = table.lengthAt(place);
    }
    return best;
  };
  const ownRoute = (from: number, destination: Address, source?: AddressInput): BgpRoute | undefined => {
    const own = routers.filter(({ table }) => table.asn === from);
    if (own.length === 0) return undefined;
    const address = source === undefined ? undefined : toAddress(source);
    const near = address === undefined ? [] : own.filter(({ attached }) => attached.lookup(address) === true);
    return longest(near, from, destination, 'own') ?? longest(own, from, destination, 'own');
  };
  return {
    originOf(address) {
      const parsed = toAddress(address);
      let origin: number | undefined;
      let bestLength = -1;
      for (const { table } of routers) {
        const place = table.placeOf(parsed);
        if (place === undefined || table.lengthAt(place) <= bestLength) continue;
        const candidate = table.originAt(place);
        if (candidate === undefined) continue;
        origin = candidate;
        bestLength = table.lengthAt(place);
      }
      return origin;
    },
    route(from, destination, source) {
      const address = toAddress(destination);
      return (
        ownRoute(from, address, source) ??
        longest(routers, from, address, 'told') ??
        longest(routers, from, address, 'passed')
      );
    },
    pathTo(from, origin) {
      for (const vantage of ['own', 'told', 'passed'] as const) {
        const path = commonestPath(routers, from, origin, vantage);
        if (path) return path;
      }
      return undefined;
    },
  };
}

/** The way that most of the origin's prefixes have; of equally many the shorter, then the one found first. */
function commonestPath(
  routers: readonly ViewedRouter[],
  from: number,
  origin: number,
  vantage: Vantage,
): readonly number[] | undefined {
  const counts = new Map<string, { path: readonly number[]; count: number }>();
  for (const { table } of routers) {
    if (vantage === 'own' && table.asn !== from) continue;
    const places = table.placesOf(origin);
    const step = Math.max(1, Math.ceil(places.length / sampledPrefixes));
    for (let index = 0; index < places.length; index += step) {
      const path = table.routeAt(places[index]!, from, vantage)?.asPath;
      if (path?.at(-1) !== origin) continue;
      const key = path.join(' ');
      const known = counts.get(key);
      if (known) known.count += 1;
      else counts.set(key, { path, count: 1 });
    }
  }
  const ranked = [...counts.values()].sort(
    (left, right) => right.count - left.count || left.path.length - right.path.length,
  );
  return ranked[0]?.path;
}
