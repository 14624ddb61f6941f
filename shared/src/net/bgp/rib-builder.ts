import { createHash } from 'node:crypto';
import type { RouteEntry } from '../mrt/attributes.js';
import { formatNextHop } from '../mrt/routes.js';
import type { TablePrefix, TableStart } from '../mrt/table-dump.js';
import { createIpv4RangesBuilder, createIpv6RangesBuilder } from '../range-builder.js';
import { createRangeTable } from '../range-table.js';
import {
  createAsPathTableBuilder,
  isUsable,
  reasonOf,
  unusableId,
  unusableReasons,
} from './as-path-table.js';
import { compareChoices } from './compare-choices.js';
import { addPrefix, addRoute, createPrefixColumns, type PrefixColumns } from './prefix-columns.js';
import { createRibTable, type RibColumns, type RibTable } from './rib-table.js';
import { compareRecords, sortRecords } from './sort-records.js';

export interface RibOptions {
  /** AS of the router that wrote the dump; undefined for a route collector. */
  readonly asn?: number | undefined;
  /** Whether the operator knows this private AS (RFC 6996); without it a route with one is not used. */
  readonly allowPrivate?: (asn: number) => boolean;
}

export interface RibBuilder {
  prefix(prefix: TablePrefix): void;
  route(entry: RouteEntry): void;
  /** Yields between slices of work. */
  finish(): Generator<void, RibTable>;
}

/** Some milliseconds' work. */
const prefixesPerSlice = 1 << 14;
const noNextHop = 0;

export function createRibBuilder(
  start: TableStart,
  { asn, allowPrivate = () => false }: RibOptions,
): RibBuilder {
  const columns = { 4: createPrefixColumns(4), 6: createPrefixColumns(6) };
  const paths = createAsPathTableBuilder((candidate) => candidate === asn || allowPrivate(candidate));
  const nextHops = createNextHops();
  const unusable = Object.fromEntries(unusableReasons.map((reason) => [reason, 0])) as RibColumns['unusable'];
  let current: PrefixColumns | undefined = columns[4];
  return {
    prefix(prefix) {
      // A default route leads on to whoever knows more; it says nothing of the destination.
      current = prefix.length === 0 ? undefined : columns[prefix.family];
      if (current) addPrefix(current, prefix);
    },
    route(entry) {
      const pathId = current ? paths.intern(entry) : unusableId('default-route');
      if (!isUsable(pathId)) unusable[reasonOf(pathId)] += 1;
      if (!current) return;
      const nextHop = asn === undefined ? noNextHop : nextHops.intern(entry);
      addRoute(current, entry, pathId, paths.comparedLength, nextHop);
    },
    *finish() {
      const layout = yield* layOut([columns[4], columns[6]], start, asn);
      const peerAsns = Uint32Array.from(start.peers, (peer) => peer.asn);
      const data = {
        ...layout,
        start,
        asn,
        unusable,
        peerAsns,
        paths: paths.build(),
        nextHops: nextHops.texts,
      };
      return createRibTable({ ...data, digest: yield* digestOf(data) });
    },
  };
}

type Layout = Pick<
  RibColumns,
  'ranges' | 'ipv4Count' | 'words' | 'lengths' | 'routeStarts' | 'routePaths' | 'routePeers' | 'nextHopIds'
>;

/** Prefixes in ascending order, those of IPv4 first, each once, with its routes next to each other and the choice first. */
function* layOut(
  families: readonly PrefixColumns[],
  { peers }: TableStart,
  asn: number | undefined,
): Generator<void, Layout> {
  const total = families.reduce((sum, { count }) => sum + count, 0);
  const routes = families.reduce((sum, { routeCount }) => sum + routeCount, 0);
  const words = { 4: new Uint32Array(families[0]!.count), 6: new Uint32Array(4 * families[1]!.count) };
  const lengths = new Uint8Array(total);
  const routeStarts = new Uint32Array(total + 1);
  const nextHopIds = new Uint32Array(asn === undefined ? 0 : total);
  const routePaths = new Uint32Array(routes);
  const routePeers = new Uint16Array(routes);
  const ipv4 = createIpv4RangesBuilder(families[0]!.count);
  const ipv6 = createIpv6RangesBuilder(families[1]!.count);
  let prefixes = 0;
  let written = 0;
  let ipv4Count = 0;
  for (const columns of families) {
    const order = yield* sortRecords(columns);
    const { count, wordsEach, family } = columns;
    const base = family === 4 ? 0 : ipv4Count;
    for (let place = 0; place < count; ) {
      let end = place + 1;
      while (end < count && compareRecords(columns, order[place]!, order[end]!) === 0) end += 1;
      const group =
        end - place === 1
          ? order.subarray(place, end)
          : order.slice(place, end).sort((left, right) => compareChoices(columns, peers, asn, left, right));
      const record = group[0]!;
      for (let word = 0; word < wordsEach; word += 1) {
        words[family][(prefixes - base) * wordsEach + word] = columns.words[record * wordsEach + word]!;
      }
      lengths[prefixes] = columns.lengths[record]!;
      if (asn !== undefined) nextHopIds[prefixes] = columns.nextHops[record]!;
      for (const member of group) {
        for (let route = columns.routeStarts[member]!; route < columns.routeStarts[member + 1]!; route += 1) {
          routePaths[written] = columns.routePaths[route]!;
          routePeers[written] = columns.routePeers[route]!;
          written += 1;
        }
      }
      if (family === 4) addIpv4Range(ipv4, columns, record, prefixes);
      else addIpv6Range(ipv6, columns, record, prefixes);
      prefixes += 1;
      routeStarts[prefixes] = written;
      place = end;
      if (prefixes % prefixesPerSlice === 0) yield;
    }
    if (family === 4) ipv4Count = prefixes;
  }
  return {
    ranges: createRangeTable(ipv4.build(), ipv6.build()),
    ipv4Count,
    words,
    lengths: lengths.slice(0, prefixes),
    routeStarts: routeStarts.slice(0, prefixes + 1),
    routePaths,
    routePeers,
    nextHopIds,
  };
}

function addIpv4Range(
  builder: ReturnType<typeof createIpv4RangesBuilder>,
  { words, lengths }: PrefixColumns,
  record: number,
  value: number,
): void {
  const first = words[record]!;
  builder.add(first, first + 2 ** (32 - lengths[record]!) - 1, value);
}

function addIpv6Range(
  builder: ReturnType<typeof createIpv6RangesBuilder>,
  { words, lengths }: PrefixColumns,
  record: number,
  value: number,
): void {
  let first = 0n;
  for (let word = 0; word < 4; word += 1) first = (first << 32n) | BigInt(words[4 * record + word]!);
  builder.add(first, first | ((1n << BigInt(128 - lengths[record]!)) - 1n), value);
}

/** What lookups depend on, in ascending order of the prefixes: paths are numbered as they appear, peers told by AS. */
function* digestOf(data: Omit<RibColumns, 'digest'>): Generator<void, string> {
  const { lengths, words, ipv4Count, routeStarts, routePaths, routePeers, peerAsns, paths, asn } = data;
  const hash = createHash('sha256').update(JSON.stringify([data.start.view, asn ?? null, ipv4Count]));
  const numbers = new Uint32Array(paths.count);
  const hopNumbers = new Uint32Array(data.nextHops.length);
  const hopTexts: string[] = [];
  let known = 0;
  let knownHops = 0;
  const words32: number[] = [];
  for (let index = 0; index < lengths.length; index += 1) {
    if (index < ipv4Count) words32.push(words[4][index]!);
    else for (let word = 0; word < 4; word += 1) words32.push(words[6][4 * (index - ipv4Count) + word]!);
    words32.push(lengths[index]!, routeStarts[index + 1]! - routeStarts[index]!);
    for (let route = routeStarts[index]!; route < routeStarts[index + 1]!; route += 1) {
      const path = routePaths[route]!;
      words32.push(peerAsns[routePeers[route]!]!);
      if (!isUsable(path)) words32.push(path);
      else if (numbers[path] !== 0) words32.push(numbers[path]! - 1);
      else {
        numbers[path] = ++known;
        words32.push(known - 1, paths.offsets[path + 1]! - paths.offsets[path]!);
        for (let at = paths.offsets[path]!; at < paths.offsets[path + 1]!; at += 1)
          words32.push(paths.asns[at]!);
      }
    }
    if (asn !== undefined) {
      const nextHop = data.nextHopIds[index]!;
      if (hopNumbers[nextHop] === 0) {
        hopNumbers[nextHop] = ++knownHops;
        hopTexts.push(data.nextHops[nextHop] ?? '-');
      }
      words32.push(hopNumbers[nextHop]!);
    }
    if (words32.length > 8_192) hash.update(Uint32Array.from(words32.splice(0)));
    if (index % prefixesPerSlice === 0) yield;
  }
  return hash.update(Uint32Array.from(words32)).update(hopTexts.join(' ')).digest('base64url');
}

function createNextHops(): { intern(entry: RouteEntry): number; readonly texts: (string | null)[] } {
  const ids = new Map<string | number, number>();
  const texts: (string | null)[] = [null];
  return {
    texts,
    intern(entry) {
      const { bytes, nextHopStart, nextHopLength } = entry;
      if (nextHopLength === 0) return noNextHop;
      let key: string | number = 0;
      if (nextHopLength === 4) {
        for (let at = 0; at < 4; at += 1) key = 256 * key + bytes[nextHopStart + at]!;
      } else key = String.fromCharCode(...bytes.subarray(nextHopStart, nextHopStart + 16));
      let id = ids.get(key);
      if (id === undefined) {
        id = texts.length;
        ids.set(key, id);
        texts.push(formatNextHop(entry));
      }
      return id;
    },
  };
}
