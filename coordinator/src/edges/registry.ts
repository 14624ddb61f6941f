import type { EdgeInfo } from '@fairhop/shared/contract';
import { FairhopError, type PublicKey } from '@fairhop/shared/model';
import type { AsPaths } from '@fairhop/shared/net';
import type { Clock } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import type { EdgeDirectory, NetworkPlace } from '../session/dependencies.js';
import { type RankedEdge, rankEdges } from './rank-edges.js';

export interface EdgeRegistry extends EdgeDirectory {
  /**
   * `timeMs` is that of the edge's proof. Throws (409) `edge-exists` when another key has the id, `too-many-edges`, and
   * `edge-proof-replayed` unless the proof is later than those before.
   */
  register(edge: { id: string; key: PublicKey; url: string; address: string; timeMs: number }): Promise<void>;
  /** Throws `edge-unknown` (404). */
  require(id: string): EdgeInfo;
  /** An edge is alive there. Throws `edge-unknown` (404), and `edge-proof-replayed` (409) as `register`. */
  beat(id: string, beat: { url: string; address: string; timeMs: number }): Promise<void>;
  list(): EdgeInfo[];
  aliveCount(): number;
}

/** Edges beat every few seconds; one that missed this long gets no client. */
const DEAD_AFTER_MS = 10_000;
/** Edges are ranked one by one for each client. */
const MAX_EDGES = 1_000;
/** Enough for mirrors and for a second try. */
const MAX_OFFERED = 4;

interface EdgeState extends RankedEdge {
  lastProofMs: number;
  /** What its place was derived with; undefined before its first beat. */
  placedBy: AsPaths | undefined;
  /** Of this run; a restarted coordinator believes none alive before it beats. */
  lastBeatMs: number;
}

export interface EdgeRegistryDependencies {
  readonly clock: Clock;
  /** Another object when the AS graph is another. */
  paths(): AsPaths;
  networkOf(address: string): Promise<NetworkPlace | null>;
}

export function createEdgeRegistry(
  database: Database,
  { clock, paths, networkOf }: EdgeRegistryDependencies,
): EdgeRegistry {
  const upsert = database.prepare(
    `INSERT INTO edges (id, key, url, address, last_seen_ms) VALUES (@id, @key, @url, @address, @lastSeenMs)
     ON CONFLICT (id) DO UPDATE SET url = excluded.url, address = excluded.address, last_seen_ms = excluded.last_seen_ms`,
  );
  const edges = new Map<string, EdgeState>();
  // Proofs from before this run are not told apart from replayed ones.
  const startMs = clock.nowMs();
  const newState = (info: EdgeInfo): EdgeState => ({
    info,
    load: 0,
    loadAtMs: 0,
    lastProofMs: startMs - 1,
    placedBy: undefined,
    lastBeatMs: Number.NEGATIVE_INFINITY,
  });
  const rows = database.prepare('SELECT id, key, url, address, last_seen_ms AS lastSeenMs FROM edges').all();
  for (const row of rows as Omit<EdgeInfo, 'asn' | 'isp'>[]) {
    edges.set(row.id, newState({ ...row, asn: null, isp: null }));
  }

  const requireEdge = (id: string): EdgeState => {
    const edge = edges.get(id);
    if (edge) return edge;
    const message = `edge ${id} is not registered; register it with a join token (POST /v1/edges)`;
    throw new FairhopError('edge-unknown', message, { status: 404 });
  };
  const takeProof = (state: EdgeState, timeMs: number): void => {
    if (timeMs <= state.lastProofMs) {
      const message = `the signature of edge ${state.info.id} is of ${timeMs}, one of ${state.lastProofMs} may have been used; sign each with a later time`;
      throw new FairhopError('edge-proof-replayed', message, { status: 409 });
    }
    state.lastProofMs = timeMs;
  };
  const seen = async (
    state: EdgeState,
    { url, address }: { url: string; address: string },
  ): Promise<void> => {
    const nowMs = clock.nowMs();
    const isMoved = state.info.url !== url || state.info.address !== address;
    const known = paths();
    if (isMoved || state.placedBy !== known) {
      const place = await networkOf(address);
      state.placedBy = known;
      state.info = { ...state.info, url, address, asn: place?.asn ?? null, isp: place?.isp ?? null };
      upsert.run({ ...state.info, lastSeenMs: nowMs });
    }
    state.info = { ...state.info, lastSeenMs: nowMs };
    state.lastBeatMs = nowMs;
  };
  const alive = (): EdgeState[] => {
    const oldestMs = clock.nowMs() - DEAD_AFTER_MS;
    return [...edges.values()].filter(({ lastBeatMs }) => lastBeatMs > oldestMs);
  };

  return {
    async register({ id, key, url, address, timeMs }) {
      const present = edges.get(id);
      if (present && present.info.key !== key) {
        const message = `edge ${id} is registered with another key; name the edge otherwise, or use its key`;
        throw new FairhopError('edge-exists', message, { status: 409 });
      }
      if (!present && edges.size >= MAX_EDGES) {
        throw new FairhopError('too-many-edges', `${MAX_EDGES} edges are registered, which is the most`, {
          status: 409,
        });
      }
      const lastSeenMs = clock.nowMs();
      const state = present ?? newState({ id, key, url, address, asn: null, isp: null, lastSeenMs });
      takeProof(state, timeMs);
      // The first heartbeat follows at once and may be of the same millisecond; it then uses the time up.
      state.lastProofMs = timeMs - 1;
      edges.set(id, state);
      await seen(state, { url, address });
    },
    require: (id) => requireEdge(id).info,
    async beat(id, { url, address, timeMs }) {
      const state = requireEdge(id);
      takeProof(state, timeMs);
      await seen(state, { url, address });
    },
    list: () =>
      [...edges.values()].map(({ info }) => info).sort((left, right) => (left.id < right.id ? -1 : 1)),
    aliveCount: () => alive().length,
    edgesFor(client, isClosed = () => false) {
      const all = alive();
      const open = all.filter(({ info }) => !isClosed(info));
      const offered = open.length > 0 ? open : all;
      return rankEdges(offered, { client, paths: paths(), nowMs: clock.nowMs() }).slice(0, MAX_OFFERED);
    },
  };
}
