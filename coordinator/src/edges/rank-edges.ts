import type { EdgeInfo } from '@fairhop/shared/contract';
import type { AsPaths } from '@fairhop/shared/net';
import type { NetworkPlace } from '../session/dependencies.js';

export interface RankedEdge {
  info: EdgeInfo;
  /** Clients sent to it lately, halved every half minute, as it was at `loadAtMs`. */
  load: number;
  loadAtMs: number;
}

const HALF_LIFE_MS = 30_000;

/**
 * Edges for a client, best first: fewest AS hops, then least load. The first one is counted as having got the client. Edges
 * whose path is not known come last.
 */
export function rankEdges(
  edges: readonly RankedEdge[],
  { client, paths, nowMs }: { client: NetworkPlace | null; paths: AsPaths; nowMs: number },
): EdgeInfo[] {
  const ranked = edges
    .map((edge) => ({ edge, hops: hopsTo(edge.info, client, paths), load: loadOf(edge, nowMs) }))
    .sort(
      (left, right) =>
        left.hops - right.hops || left.load - right.load || (left.edge.info.id < right.edge.info.id ? -1 : 1),
    );
  const first = ranked[0];
  if (first) {
    first.edge.load = first.load + 1;
    first.edge.loadAtMs = nowMs;
  }
  return ranked.map(({ edge }) => edge.info);
}

/** Finite, so that two unknown ones are equal and load decides. */
const UNKNOWN_HOPS = Number.MAX_SAFE_INTEGER;

function hopsTo({ asn }: EdgeInfo, client: NetworkPlace | null, paths: AsPaths): number {
  if (asn === null || client === null) return UNKNOWN_HOPS;
  if (asn === client.asn) return 0;
  const path = paths.path(asn, client.asn);
  return path ? path.length - 1 : UNKNOWN_HOPS;
}

const loadOf = ({ load, loadAtMs }: RankedEdge, nowMs: number): number =>
  load * 2 ** (-Math.max(0, nowMs - loadAtMs) / HALF_LIFE_MS);
