import {
  type Asn,
  createBoundedCache,
  type ExplainedPath,
  type PathConflict,
  placeId,
} from '@fairhop/shared/model';
import { type AsGraph, type AsLink, type AsnSource, canonicalAddress } from '@fairhop/shared/net';
import type { ResolvedPath } from '../ledger/event.js';
import type { EndPlaces } from '../ledger/path-id.js';
import { createBgpWays } from './bgp-ways.js';
import { type ChosenWay, chooseWay } from './choose-way.js';
import { declarationConflicts } from './declaration-conflicts.js';
import { createDeclaredWays } from './declared-ways.js';
import { createInferredWays } from './inferred-ways.js';
import type { AsWay, NetworkDetail, PathKnowledge, Trace, WayEnd } from './knowledge.js';
import { createKnowledgeSpans } from './knowledge-spans.js';
import { createLocator, type Located } from './locate.js';
import { createResolvedPath } from './resolved-path.js';
import { withoutRouteServers } from './route-servers.js';
import { describeWay } from './router-level/index.js';

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
  /** Where sources differ about the path. */
  readonly conflicts: readonly PathConflict[];
}

/** Addresses are text that is an IP address. */
export interface PathResolver {
  /** As of that time. Never fails: what is not known is null. */
  resolve(sourceAddress: string, destinationAddress: string, timeMs: number): Promise<ResolvedWay>;
  /** Times within (fromMs, toMs) at which paths may change, ascending. */
  changes(fromMs: number, toMs: number): readonly number[];
  /** AS of an address; null where it is unknown. */
  asnOf(address: string, timeMs: number): Promise<Asn | null>;
  /** The same as `resolve`, with all that was asked for it. */
  explain(sourceAddress: string, destinationAddress: string, timeMs: number): Promise<ExplainedPath>;
}

export interface PathResolverDependencies {
  readonly graph: AsGraph;
  readonly knowledge: PathKnowledge;
  /** Asked, in order, for addresses outside the operator's prefixes and of no route. */
  readonly furtherAsnSources: readonly AsnSource[];
  /** Of ASes of which the operator's links tell no way; none by default. */
  readonly relationships?: readonly AsLink[] | undefined;
  /** Told when a source of AS numbers fails; the address is then as unknown to it. */
  onSourceError(error: unknown, source: string): void;
}

/** Pairs of hosts with traffic in the same minutes; an entry takes about 400 bytes beside its path. */
const maximumCachedWays = 50_000;
/** Paths in use; an entry takes about 2 KiB with its elements. */
const maximumCachedPaths = 20_000;

interface Found {
  readonly located: { readonly source: Located; readonly destination: Located };
  readonly way: ResolvedWay;
  readonly chosen: ChosenWay | undefined;
  readonly trace: Trace | undefined;
}

/** Resolves by one AS graph and the knowledge beside it; another graph is another resolver. */
export function createPathResolver(dependencies: PathResolverDependencies): PathResolver {
  const { graph, knowledge, furtherAsnSources, relationships, onSourceError } = dependencies;
  const { ribs, networks, traces, placeOf } = knowledge;
  const spans = createKnowledgeSpans(knowledge);
  const locator = createLocator({ graph, ribs, furtherAsnSources, onSourceError });
  // Most trusted first: what an ISP declares of its own ASes, routes, then inference.
  const sources = [
    createDeclaredWays(networks),
    createBgpWays(ribs),
    createInferredWays(graph, relationships),
  ].map((source) => withoutRouteServers(source, graph.exchanges));
  const ways = createBoundedCache<string, ResolvedWay>(maximumCachedWays);
  const paths = createBoundedCache<string, ResolvedPath>(maximumCachedPaths);
  const ispOf = (asn: Asn): string | undefined => graph.ispOf(asn);

  /** The best trace that was made while the way was the same: one of another way would show routers that no byte passed. */
  const traceOn = (way: AsWay, source: WayEnd, destination: WayEnd, timeMs: number): Trace | undefined => {
    for (const { id, startMs } of traces.tracesBetween(source.address, destination.address, timeMs)) {
      if (!isSameWay(way, chooseWay(sources, source, destination, startMs).way)) continue;
      const trace = traces.trace(id);
      if (trace !== undefined) return trace;
    }
    return undefined;
  };
  const detailAt = (timeMs: number, trace: Trace | undefined): NetworkDetail => ({
    declaredOf: (asn) => networks.declaredOf(asn, timeMs),
    exchangeOf: (address) => graph.exchangeOf(address),
    asOf: (address) => locator.locateNow(address, timeMs),
    placeOf,
    traceBetween: () => trace,
  });
  const endPlaces = (source: string, destination: string): EndPlaces => {
    const [from, to] = [placeOf(source), placeOf(destination)];
    return {
      ...(from && { sourcePlace: placeId(from.place) }),
      ...(to && { destinationPlace: placeId(to.place) }),
    };
  };
  /** Equal paths are one object: most pairs of hosts share theirs with others. */
  const intern = (path: ResolvedPath): ResolvedPath => {
    const known = paths.get(path.id);
    if (known !== undefined) return known;
    paths.set(path.id, path);
    return path;
  };
  const find = async (sourceAddress: string, destinationAddress: string, timeMs: number): Promise<Found> => {
    const source = await locator.locate(sourceAddress, timeMs);
    const destination = await locator.locate(destinationAddress, timeMs);
    const located = { source, destination };
    const networkEnds = {
      source: { asn: source.asn, isp: source.asn === null ? null : (ispOf(source.asn) ?? null) },
      destination: {
        asn: destination.asn,
        isp: destination.asn === null ? null : (ispOf(destination.asn) ?? null),
      },
    };
    const origins = [...source.conflicts, ...destination.conflicts];
    const unknown = { ...networkEnds, path: null, conflicts: origins };
    if (source.asn === null || destination.asn === null)
      return { located, way: unknown, chosen: undefined, trace: undefined };
    const from = { address: sourceAddress, asn: source.asn };
    const to = { address: destinationAddress, asn: destination.asn };
    const chosen = chooseWay(sources, from, to, timeMs);
    if (chosen.way === undefined) return { located, way: unknown, chosen, trace: undefined };
    const trace = traceOn(chosen.way, from, to, timeMs);
    const ends = { source: from, destination: to };
    const described = describeWay(chosen.way, ends, detailAt(timeMs, trace), ispOf);
    const path = intern(
      createResolvedPath(
        chosen.way.asPath,
        described.elements,
        ispOf,
        endPlaces(sourceAddress, destinationAddress),
      ),
    );
    const conflicts = [
      ...origins,
      ...chosen.conflicts,
      ...declarationConflicts(chosen.way, networks, timeMs),
      ...described.conflicts,
    ];
    return { located, way: { ...networkEnds, path, conflicts }, chosen, trace };
  };
  return {
    async resolve(sourceAddress, destinationAddress, timeMs) {
      const traceIds = traces.tracesBetween(sourceAddress, destinationAddress, timeMs).map(({ id }) => id);
      const key = `${spans.keyAt(timeMs)} ${traceIds.join()} ${sourceAddress} ${destinationAddress}`;
      const known = ways.get(key);
      if (known !== undefined) return known;
      const failuresBefore = locator.failures;
      const { way } = await find(sourceAddress, destinationAddress, timeMs);
      if (locator.failures === failuresBefore) ways.set(key, way);
      return way;
    },
    changes: spans.changes,
    asnOf: async (address, timeMs) => (await locator.locate(address, timeMs)).asn,
    async explain(sourceText, destinationText, timeMs) {
      const sourceAddress = canonicalAddress(sourceText);
      const destinationAddress = canonicalAddress(destinationText);
      const { located, way, chosen, trace } = await find(sourceAddress, destinationAddress, timeMs);
      const { source, destination, path, conflicts } = way;
      return {
        sourceAs: source.asn,
        sourceIsp: source.isp,
        destinationAs: destination.asn,
        destinationIsp: destination.isp,
        timeMs,
        path: path && { id: path.id, asPath: [...path.asPath], elements: [...path.elements] },
        conflicts: [...conflicts],
        trail: [
          trailOfEnd(sourceAddress, located.source),
          trailOfEnd(destinationAddress, located.destination),
          ...trailOfWay(chosen),
          ...(path === null ? [] : [trailOfTrace(trace)]),
        ],
      };
    },
  };
}

const isSameWay = (left: AsWay, right: AsWay | undefined): boolean =>
  right !== undefined && left.nextHop === right.nextHop && left.asPath.join() === right.asPath.join();

const trailOfEnd = (address: string, { asn, by }: Located): string =>
  `${address}: ${asn === null ? 'no AS' : `AS ${asn}`}, says ${by}`;

function trailOfWay(chosen: ChosenWay | undefined): string[] {
  if (chosen === undefined) return ['without an AS at both ends, no source is asked for a way'];
  return chosen.answers.map(({ source, way, fault }) => {
    if (way === undefined) return `${source}: knows no way`;
    const said = `${source}: ${way.asPath.join(' ')}, ${way.confidence} %`;
    const hop = way.nextHop === null ? '' : `, next hop ${way.nextHop}`;
    if (fault !== undefined) return `${said}${hop}; not used: ${fault}`;
    return `${said}${hop}${way === chosen.way ? '; used' : ''}`;
  });
}

function trailOfTrace(trace: Trace | undefined): string {
  if (trace === undefined)
    return 'traceroute: none between these networks was made on this way near this time';
  const reporter = trace.isTrusted ? 'an edge' : 'an agent';
  return `traceroute: one by ${reporter} of ${new Date(trace.startMs).toISOString()}`;
}
