import { type Address, type AddressInput, toAddress } from '../address.js';
import type { PrefixTable } from '../prefix-table.js';
import { neighboursIn } from './as-neighbours.js';
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
  /** ASes next to this one in usable routes; undefined where no usable route passes it. */
  neighboursOf(asn: number): ReadonlySet<number> | undefined;
}

/** So many prefixes of an AS tell its way; large networks announce thousands. */
const sampledPrefixes = 256;

export function createRibView(routers: readonly ViewedRouter[]): RibTablesView {
  const routersBy = (from: number, source?: AddressInput): Witnesses[] => {
    const own = routers.filter(({ table }) => table.asn === from);
    const address = source === undefined ? undefined : toAddress(source);
    const near = address === undefined ? [] : own.filter(({ attached }) => attached.lookup(address) === true);
    return [
      { candidates: near, vantage: 'own' },
      { candidates: own, vantage: 'own', isGuess: true },
      { candidates: routers, vantage: 'told' },
      { candidates: routers, vantage: 'passed' },
    ];
  };
  const originsOf: RibView['originsOf'] = (address) => {
    const parsed = toAddress(address);
    let prefixLength = -1;
    let asns: number[] = [];
    for (const { table } of routers) {
      const place = table.placeOf(parsed);
      if (place === undefined || table.lengthAt(place) < prefixLength) continue;
      if (table.lengthAt(place) > prefixLength) asns = [];
      prefixLength = table.lengthAt(place);
      for (const asn of table.originsAt(place)) if (!asns.includes(asn)) asns.push(asn);
    }
    return prefixLength === -1 ? undefined : { prefixLength, asns };
  };
  return {
    originOf: (address) => originsOf(address)?.asns[0],
    originsOf,
    route(from, destination, source) {
      const address = toAddress(destination);
      let leastLength = 0;
      for (const { candidates, vantage, isGuess } of routersBy(from, source)) {
        const wanted = { from, address, vantage, leastLength };
        const found = longest(candidates, wanted);
        if (found?.route) return isGuess ? agreed(found.route, candidates, wanted) : found.route;
        leastLength = found?.length ?? leastLength;
      }
      return undefined;
    },
    neighboursOf: (asn) =>
      neighboursIn(
        routers.map(({ table }) => table),
        asn,
      ),
    pathTo(from, origin) {
      for (const vantage of ['own', 'told', 'passed'] as const) {
        const path = commonestPath(routers, from, origin, vantage);
        if (path) return path;
      }
      return undefined;
    },
  };
}

interface Witnesses {
  readonly candidates: readonly ViewedRouter[];
  readonly vantage: Vantage;
  /** The source may hang on any of them. */
  readonly isGuess?: boolean;
}

interface Wanted {
  readonly from: number;
  readonly address: Address;
  readonly vantage: Vantage;
  readonly leastLength: number;
}

/** What is known of the longest prefix, null where it may not be used; of equal ones the first router's that may. */
function longest(
  candidates: readonly ViewedRouter[],
  { from, address, vantage, leastLength }: Wanted,
): { readonly route: BgpRoute | null; readonly length: number } | undefined {
  let best: { readonly route: BgpRoute | null; readonly length: number } | undefined;
  for (const { table } of candidates) {
    const place = table.placeOf(address);
    if (place === undefined) continue;
    const length = table.lengthAt(place);
    if (length < leastLength || (best && length < best.length)) continue;
    if (best?.route && length === best.length) continue;
    const route = table.routeAt(place, from, vantage);
    if (route === undefined || (route === null && length === best?.length)) continue;
    best = { route, length };
  }
  return best;
}

/** Where routers of one AS choose otherwise, the exit is not known, and an other AS path is only one of several. */
function agreed(
  route: BgpRoute,
  routers: readonly ViewedRouter[],
  { from, address, vantage }: Wanted,
): BgpRoute {
  const choices = routers.map(({ table }) => {
    const place = table.placeOf(address);
    return place === undefined ? undefined : table.routeAt(place, from, vantage);
  });
  const others = choices.filter((choice) => choice?.prefix === route.prefix);
  if (others.some((other) => other?.asPath.join() !== route.asPath.join()))
    return { ...route, nextHop: null, vantage: 'told' };
  return others.some((other) => other?.nextHop !== route.nextHop) ? { ...route, nextHop: null } : route;
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
