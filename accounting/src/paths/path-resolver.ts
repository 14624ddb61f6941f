import type { Asn } from '@fairhop/shared/model';
import { createBoundedCache } from '@fairhop/shared/model';
import type { AsnSource } from '@fairhop/shared/net';
import { type AsGraph, type AsnChain, createAsnChain, createOperatorAsnSource } from '@fairhop/shared/net';
import type { ResolvedPath } from '../ledger/event.js';
import { createInferredPaths, type PathSource } from './path-source.js';
import { createResolvedPath } from './resolved-path.js';

/** Where an address is; null is unknown. */
interface NetworkEnd {
  readonly asn: Asn | null;
  readonly isp: string | null;
}

export interface ResolvedWay {
  readonly source: NetworkEnd;
  readonly destination: NetworkEnd;
  /** Null when an end or the way between is unknown: unattributed. */
  readonly path: ResolvedPath | null;
}

export interface PathResolver {
  /** Never fails: what is not known is null. Addresses are text that is an IP address. */
  resolve(sourceAddress: string, destinationAddress: string, timeMs: number): Promise<ResolvedWay>;
}

export interface PathResolverDependencies {
  readonly graph: AsGraph;
  /** Asked, in order, for addresses outside the operator's prefixes. */
  readonly furtherAsnSources: readonly AsnSource[];
  /** Told when a source of AS numbers fails; the address is then as unknown to it. */
  onSourceError(error: unknown, source: string): void;
  /** Absent: inferred from the graph. */
  readonly paths?: PathSource;
}

/** Hosts that are active in the same minutes; an entry takes about 150 bytes. */
const maximumCachedAddresses = 50_000;
/** Pairs of ASes in use; an entry takes about 1 KiB with its components. */
const maximumCachedPaths = 20_000;

/** Resolves by one state of knowledge; new knowledge is a new resolver, and what was resolved stays as it was. */
export function createPathResolver(dependencies: PathResolverDependencies): PathResolver {
  const { graph, furtherAsnSources, onSourceError, paths = createInferredPaths(graph) } = dependencies;
  let failures = 0;
  const failed = (error: unknown, source: string): undefined => {
    failures += 1;
    onSourceError(error, source);
  };
  const chain: AsnChain = createAsnChain([createOperatorAsnSource(graph), ...furtherAsnSources], {
    onError: (error, source) => failed(error, source.name),
  });
  const ends = createBoundedCache<string, NetworkEnd>(maximumCachedAddresses);
  const ways = createBoundedCache<string, ResolvedPath>(maximumCachedPaths);

  const endOf = async (address: string): Promise<NetworkEnd> => {
    const known = ends.get(address);
    if (known !== undefined) return known;
    const failuresBefore = failures;
    const match = await chain.lookup(address).catch((error: unknown) => failed(error, chain.name));
    const end = match ? { asn: match.asn, isp: graph.ispOf(match.asn) ?? null } : { asn: null, isp: null };
    // What a source that failed may have known is asked again.
    if (match || failures === failuresBefore) ends.set(address, end);
    return end;
  };
  const pathBetween = (source: Asn, destination: Asn, timeMs: number): ResolvedPath | null => {
    const asPath = paths.path(source, destination, timeMs);
    if (asPath === undefined) return null;
    const key = asPath.join(' ');
    const known = ways.get(key);
    if (known !== undefined) return known;
    const path = createResolvedPath(asPath, (asn) => graph.ispOf(asn));
    ways.set(key, path);
    return path;
  };
  return {
    async resolve(sourceAddress, destinationAddress, timeMs) {
      const source = await endOf(sourceAddress);
      const destination = await endOf(destinationAddress);
      const isKnown = source.asn !== null && destination.asn !== null;
      return { source, destination, path: isKnown ? pathBetween(source.asn, destination.asn, timeMs) : null };
    },
  };
}
