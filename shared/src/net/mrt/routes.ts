import { formatAddress } from '../address.js';
import { type RouteEntry, readUint32, segmentTypes } from './attributes.js';
import { type ReadTablesOptions, readTablesOfFile } from './read-tables.js';
import { readAddress, type TablePeer, type TablePrefix, type TableVisitor } from './table-dump.js';

/** One route of one peer, as it stands in a dump. */
export interface MrtRoute {
  /** Of the record it stands in. */
  readonly timeMs: number;
  /** Name of the routing table. */
  readonly view: string;
  readonly prefix: string;
  readonly peerAddress: string;
  /** 0 where BIRD writes a route that is not from BGP. */
  readonly peerAsn: number;
  /** RFC 7911. */
  readonly pathId?: number;
  /** `64501 64502 {64506,64507}`; confederations in round and square brackets. */
  readonly asPath: string;
  readonly origin: 'IGP' | 'EGP' | 'INCOMPLETE' | null;
  readonly nextHop: string | null;
  readonly localPreference: number | null;
  readonly multiExitDiscriminator: number | null;
}

const origins = ['IGP', 'EGP', 'INCOMPLETE'] as const;

/** Every route of an MRT file in its order. Throws MrtError; what came before is then given already. */
export async function* readMrtRoutes(
  path: string,
  options: ReadTablesOptions = {},
): AsyncGenerator<MrtRoute, void> {
  let routes: MrtRoute[] = [];
  const visitor = createRouteLister((route) => routes.push(route));
  for await (const _slice of readTablesOfFile(path, visitor, options)) {
    yield* routes;
    routes = [];
  }
  yield* routes;
}

/**
 * The columns of `bgpdump -m` up to the multi-exit discriminator (communities and aggregator follow there). What is missing is
 * told as bgpdump tells it: origin INCOMPLETE, next hop 255.255.255.255, preference 0.
 */
export function formatMrtRoute(route: MrtRoute): string {
  return [
    route.pathId === undefined ? 'TABLE_DUMP2' : 'TABLE_DUMP2_AP',
    route.timeMs / 1000,
    'B',
    route.peerAddress,
    route.peerAsn,
    route.prefix,
    ...(route.pathId === undefined ? [] : [route.pathId]),
    route.asPath,
    route.origin ?? 'INCOMPLETE',
    route.nextHop ?? '255.255.255.255',
    route.localPreference ?? 0,
    route.multiExitDiscriminator ?? 0,
  ].join('|');
}

function createRouteLister(onRoute: (route: MrtRoute) => void): TableVisitor {
  let view = '';
  let peers: readonly TablePeer[] = [];
  let timeMs = 0;
  let prefix = '';
  return {
    table(start) {
      ({ view, peers } = start);
    },
    prefix(given) {
      timeMs = given.timeMs;
      prefix = formatTablePrefix(given);
    },
    route(entry) {
      const { address: peerAddress, asn: peerAsn } = peers[entry.peer]!;
      onRoute({
        timeMs,
        view,
        prefix,
        peerAddress,
        peerAsn,
        ...(entry.pathId >= 0 && { pathId: entry.pathId }),
        asPath: formatAsPath(entry),
        origin: origins[entry.origin] ?? null,
        nextHop: formatNextHop(entry),
        localPreference: entry.localPreference < 0 ? null : entry.localPreference,
        multiExitDiscriminator: entry.multiExitDiscriminator < 0 ? null : entry.multiExitDiscriminator,
      });
    },
  };
}

function formatTablePrefix({ family, words, length }: TablePrefix): string {
  if (family === 4) return `${formatAddress({ family, value: words[0]! })}/${length}`;
  const value = words.reduce<bigint>((sum, word) => (sum << 32n) | BigInt(word), 0n);
  return `${formatAddress({ family, value })}/${length}`;
}

export function formatNextHop({ bytes, nextHopStart, nextHopLength }: RouteEntry): string | null {
  return nextHopLength === 0 ? null : formatAddress(readAddress(bytes, nextHopStart, nextHopLength));
}

function formatAsPath({ bytes, asPathStart, asPathEnd }: RouteEntry): string {
  const segments: string[] = [];
  for (let at = asPathStart; at < asPathEnd; ) {
    const type = bytes[at];
    const asns = Array.from({ length: bytes[at + 1]! }, (_, index) => readUint32(bytes, at + 2 + 4 * index));
    at += 2 + 4 * asns.length;
    if (type === segmentTypes.set) segments.push(`{${asns.join(',')}}`);
    else if (type === segmentTypes.confederationSet) segments.push(`[${asns.join(',')}]`);
    else if (type === segmentTypes.confederationSequence) segments.push(`(${asns.join(' ')})`);
    else segments.push(asns.join(' '));
  }
  return segments.join(' ');
}
