import { type AddressInput, toAddress } from '../address.js';
import type { TableStart } from '../mrt/table-dump.js';
import type { RangeTable } from '../range-table.js';
import { type AsPathTable, isUsable, type UnusableReason } from './as-path-table.js';
import { formatIpv4Words, formatIpv6Words } from './prefix-text.js';
import type { BgpRoute, RibSnapshot } from './rib.js';

/** Prefixes in ascending order, those of IPv4 first; routes of a prefix next to each other, the writer's choice first. */
export interface RibColumns {
  readonly start: TableStart;
  readonly asn: number | undefined;
  readonly digest: string;
  readonly unusable: Record<UnusableReason, number>;
  /** Values are places of prefixes. */
  readonly ranges: RangeTable;
  readonly ipv4Count: number;
  readonly words: { readonly 4: Uint32Array; readonly 6: Uint32Array };
  readonly lengths: Uint8Array;
  readonly routeStarts: Uint32Array;
  readonly routePaths: Uint32Array;
  readonly routePeers: Uint16Array;
  readonly peerAsns: Uint32Array;
  readonly paths: AsPathTable;
  /** Of the choice; empty for a route collector. */
  readonly nextHopIds: Uint32Array;
  readonly nextHops: readonly (string | null)[];
}

export type Vantage = BgpRoute['vantage'];

/** A snapshot whose prefixes have places: what a view over several of them asks. */
export interface RibTable extends RibSnapshot {
  /** Name of the routing table that was dumped. */
  readonly view: string;
  /** How many routes are not used, and why. */
  readonly unusable: Readonly<Record<UnusableReason, number>>;
  /** Place of the longest prefix that holds the address. */
  placeOf(address: AddressInput): number | undefined;
  lengthAt(place: number): number;
  /** Origins of the routes that may be used, each once, the best route's first. */
  originsAt(place: number): readonly number[];
  /** Null where there is one that may not be used: shorter prefixes do not stand in for it. */
  routeAt(place: number, from: number, vantage: Vantage): BgpRoute | null | undefined;
  /** Places of the prefixes whose origin is this AS, ascending. */
  placesOf(origin: number): Uint32Array;
}

export function createRibTable(columns: RibColumns): RibTable {
  const { asn, start, ranges, lengths, routeStarts, routePaths, routePeers, peerAsns, paths } = columns;
  const { asns, offsets } = paths;
  /** Paths as they are told, and as the writer has them; made when first asked for, at most one each for a path. */
  const toldPaths = new Array<readonly number[] | undefined>(paths.count).fill(undefined);
  const ownPaths = new Array<readonly number[] | null | undefined>(paths.count).fill(undefined);
  let byOrigin: Map<number, Uint32Array> | undefined;
  let links: Uint32Array | undefined;

  const toldPath = (path: number): readonly number[] => {
    toldPaths[path] ??= Object.freeze(Array.from(asns.subarray(offsets[path]!, offsets[path + 1]!)));
    return toldPaths[path];
  };
  /** The writer's AS before it, unless it is there; null when it comes again later. */
  const ownPath = (path: number, writer: number): readonly number[] | null => {
    let known = ownPaths[path];
    if (known === undefined) {
      const told = toldPath(path);
      const rest = told[0] === writer ? told.slice(1) : told;
      known = rest.includes(writer) ? null : Object.freeze([writer, ...rest]);
      ownPaths[path] = known;
    }
    return known;
  };
  const prefixAt = (place: number): string => {
    const { ipv4Count, words } = columns;
    return place < ipv4Count
      ? formatIpv4Words(words[4][place]!, lengths[place]!)
      : formatIpv6Words(words[6], 4 * (place - ipv4Count), lengths[place]!);
  };
  const ownAt = (place: number): BgpRoute | null | undefined => {
    const first = routeStarts[place]!;
    if (asn === undefined || first === routeStarts[place + 1]) return undefined;
    if (!isUsable(routePaths[first]!)) return null;
    const asPath = ownPath(routePaths[first]!, asn);
    if (asPath === null) return null;
    const nextHop = columns.nextHops[columns.nextHopIds[place]!]!;
    return { prefix: prefixAt(place), asPath, nextHop, vantage: 'own' };
  };
  const toldAt = (place: number, from: number): BgpRoute | null | undefined => {
    let none: null | undefined;
    for (let route = routeStarts[place]!; route < routeStarts[place + 1]!; route += 1) {
      const path = routePaths[route]!;
      if (peerAsns[routePeers[route]!] !== from) continue;
      if (!isUsable(path)) none = null;
      else if (offsets[path] !== offsets[path + 1] && asns[offsets[path]!] === from)
        return { prefix: prefixAt(place), asPath: toldPath(path), nextHop: null, vantage: 'told' };
    }
    return none;
  };
  const passedAt = (place: number, from: number): BgpRoute | null | undefined => {
    // Through whom a route leads that may not be used is not kept: where there is no other, it may be anybody.
    let none: null | undefined = routeStarts[place] === routeStarts[place + 1] ? undefined : null;
    for (let route = routeStarts[place]!; route < routeStarts[place + 1]!; route += 1) {
      const path = routePaths[route]!;
      if (!isUsable(path)) continue;
      none = undefined;
      for (let at = offsets[path]!; at < offsets[path + 1]!; at += 1) {
        if (asns[at] !== from) continue;
        const asPath = Array.from(asns.subarray(at, offsets[path + 1]!));
        return { prefix: prefixAt(place), asPath, nextHop: null, vantage: 'passed' };
      }
    }
    return none;
  };
  const routeAt: RibTable['routeAt'] = (place, from, vantage) => {
    if (vantage === 'own') return from === asn ? ownAt(place) : undefined;
    return vantage === 'told' ? toldAt(place, from) : passedAt(place, from);
  };
  const originAt = (place: number): number | undefined => {
    for (let route = routeStarts[place]!; route < routeStarts[place + 1]!; route += 1) {
      const path = routePaths[route]!;
      if (!isUsable(path)) continue;
      const origin = offsets[path] === offsets[path + 1] ? asn : asns[offsets[path + 1]! - 1];
      if (origin !== undefined) return origin;
    }
    return undefined;
  };
  const originsAt = (place: number): readonly number[] => {
    const origins: number[] = [];
    let before: number | undefined;
    for (let route = routeStarts[place]!; route < routeStarts[place + 1]!; route += 1) {
      const path = routePaths[route]!;
      if (path === before || !isUsable(path)) continue;
      before = path;
      const origin = offsets[path] === offsets[path + 1] ? asn : asns[offsets[path + 1]! - 1];
      if (origin !== undefined && !origins.includes(origin)) origins.push(origin);
    }
    return origins;
  };
  const placeOf = (address: AddressInput): number | undefined => ranges.lookup(toAddress(address));
  return {
    timeMs: start.timeMs,
    view: start.view,
    asn,
    prefixes: lengths.length,
    routes: routePaths.length,
    digest: columns.digest,
    unusable: columns.unusable,
    placeOf,
    lengthAt: (place) => lengths[place]!,
    originsAt,
    routeAt,
    originOf(address) {
      const place = placeOf(address);
      return place === undefined ? undefined : originAt(place);
    },
    route(from, address) {
      const place = placeOf(address);
      if (place === undefined) return undefined;
      return (from === asn ? ownAt(place) : (toldAt(place, from) ?? passedAt(place, from))) ?? undefined;
    },
    placesOf(origin) {
      byOrigin ??= groupByOrigin(lengths.length, originAt);
      return byOrigin.get(origin) ?? new Uint32Array(0);
    },
    get links() {
      links ??= collectLinks(columns);
      return pairsOf(links);
    },
  };
}

function groupByOrigin(
  count: number,
  originAt: (place: number) => number | undefined,
): Map<number, Uint32Array> {
  const sizes = new Map<number, number>();
  for (let place = 0; place < count; place += 1) {
    const origin = originAt(place);
    if (origin !== undefined) sizes.set(origin, (sizes.get(origin) ?? 0) + 1);
  }
  const groups = new Map<number, Uint32Array>();
  for (const [origin, size] of sizes) groups.set(origin, new Uint32Array(size));
  for (let place = count - 1; place >= 0; place -= 1) {
    const origin = originAt(place);
    if (origin === undefined) continue;
    const left = sizes.get(origin)! - 1;
    groups.get(origin)![left] = place;
    sizes.set(origin, left);
  }
  return groups;
}

/** Each pair once, the lower AS number first. */
function collectLinks({ paths, asn, routePaths, routeStarts, lengths }: RibColumns): Uint32Array {
  const { asns, offsets } = paths;
  const seen = new Map<number, Set<number>>();
  const pairs: number[] = [];
  const add = (left: number, right: number): void => {
    if (left === right) return;
    const low = Math.min(left, right);
    const high = Math.max(left, right);
    const highs = seen.get(low);
    if (highs?.has(high)) return;
    if (highs) highs.add(high);
    else seen.set(low, new Set([high]));
    pairs.push(low, high);
  };
  for (let path = 0; path < paths.count; path += 1) {
    if (paths.reasons[path] !== 0) continue;
    for (let at = offsets[path]! + 1; at < offsets[path + 1]!; at += 1) add(asns[at - 1]!, asns[at]!);
  }
  if (asn === undefined) return Uint32Array.from(pairs);
  for (let place = 0; place < lengths.length; place += 1) {
    const path = routePaths[routeStarts[place]!]!;
    if (routeStarts[place] === routeStarts[place + 1] || !isUsable(path)) continue;
    if (offsets[path] !== offsets[path + 1]) add(asn, asns[offsets[path]!]!);
  }
  return Uint32Array.from(pairs);
}

function* pairsOf(links: Uint32Array): Generator<readonly [number, number]> {
  for (let index = 0; index < links.length; index += 2) yield [links[index]!, links[index + 1]!];
}
