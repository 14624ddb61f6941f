import type { EdgeSource, PeerSource } from '@fairhop/shared/contract';
import { type AgentKey, FairhopError } from '@fairhop/shared/model';
import type { BlockSource } from './block-source.js';
import type { Download } from './download.js';
import type { EdgeBlockSource } from './edge-source.js';

/** After news of the swarm: what comes within it is asked for at once. */
const NEWS_DELAY_MS = 200;
/** Between two questions. */
const MIN_INTERVAL_MS = 1000;
/** A question without news, for peers that came or grants that ended without a word. */
const IDLE_INTERVAL_MS = 10_000;
/** Peers found bad or unreachable are named to the coordinator; the oldest are forgotten. */
const MAX_EXCLUDED = 256;
/** A peer that could not be connected to is asked for again after this. */
const UNREACHABLE_MS = 30_000;

/** What the coordinator answered, as far as this needs it. */
interface FoundSources {
  readonly peers: readonly PeerSource[];
  readonly edges: readonly EdgeSource[];
  readonly onNetFetchers: readonly AgentKey[];
}

export interface SourceLoopDependencies {
  readonly download: Download;
  readonly maxPeers: number;
  find(exclude: AgentKey[], maxPeers: number): Promise<FoundSources>;
  connect(peer: PeerSource, signal: AbortSignal): Promise<BlockSource>;
  openEdge(edge: EdgeSource): EdgeBlockSource;
  /** The coordinator said that there will be nothing more. */
  onFatal(error: Error): void;
}

/** Finds sources for one download as long as it runs. */
export interface SourceLoop {
  start(): void;
  /** The swarm changed, or the session is back. */
  news(): void;
  /** A peer sent wrong bytes: it is not asked for again. */
  exclude(agent: AgentKey): void;
  readonly edges: Iterable<EdgeBlockSource>;
  stop(): void;
}

/** Codes with which a coordinator ends a download; anything else is tried again. What a budget forbids is forbidden for hours or days. */
const fatalCodes = new Set([
  'title-unknown',
  'title-withdrawn',
  'budget-stopped',
  'budget-priority-customers-only',
  'budget-off-peak-only',
]);

export function createSourceLoop(deps: SourceLoopDependencies): SourceLoop {
  const { download } = deps;
  const peers = new Set<AgentKey>();
  const edges = new Map<string, EdgeBlockSource>();
  const bad = new Set<AgentKey>();
  const unreachable = new Map<AgentKey, number>();
  const stopping = new AbortController();
  let connecting = 0;
  let timer: NodeJS.Timeout | undefined;
  let dueMs = Number.POSITIVE_INFINITY;
  let lastAskMs = Number.NEGATIVE_INFINITY;
  let asking = false;

  const askIn = (delayMs: number): void => {
    const atMs = Math.max(performance.now() + delayMs, lastAskMs + MIN_INTERVAL_MS);
    if (stopping.signal.aborted || atMs >= dueMs) return;
    dueMs = atMs;
    clearTimeout(timer);
    timer = setTimeout(() => void ask(), Math.max(0, atMs - performance.now()));
  };

  const excluded = (): AgentKey[] => {
    for (const [agent, untilMs] of unreachable) if (untilMs < performance.now()) unreachable.delete(agent);
    return [...peers, ...bad, ...unreachable.keys()].slice(0, MAX_EXCLUDED);
  };

  const ask = async (): Promise<void> => {
    if (asking) return;
    asking = true;
    lastAskMs = performance.now();
    dueMs = Number.POSITIVE_INFINITY;
    try {
      const found = await deps.find(excluded(), Math.max(0, deps.maxPeers - peers.size));
      if (stopping.signal.aborted) return;
      download.setFetchers(found.onNetFetchers);
      for (const edge of found.edges) addEdge(edge);
      for (const peer of found.peers) void addPeer(peer);
    } catch (error) {
      if (error instanceof FairhopError && fatalCodes.has(error.code)) deps.onFatal(error);
    } finally {
      asking = false;
      download.setPeersExpected(connecting > 0);
      askIn(IDLE_INTERVAL_MS);
    }
  };

  const addEdge = (edge: EdgeSource): void => {
    const open = edges.get(edge.edge);
    if (open) {
      open.renew(edge);
      return;
    }
    const source = deps.openEdge(edge);
    edges.set(edge.edge, source);
    void source.closed.then((reason) => {
      edges.delete(edge.edge);
      if (reason === 'title-withdrawn') {
        deps.onFatal(
          new FairhopError('title-withdrawn', 'The title was withdrawn by its owner', { status: 410 }),
        );
      } else askIn(NEWS_DELAY_MS);
    });
    download.addSource(source);
  };

  const addPeer = async (peer: PeerSource): Promise<void> => {
    if (peers.has(peer.agent)) return;
    peers.add(peer.agent);
    connecting += 1;
    download.setPeersExpected(true);
    try {
      const source = await deps.connect(peer, stopping.signal);
      void source.closed.then(() => {
        peers.delete(peer.agent);
        askIn(NEWS_DELAY_MS);
      });
      download.addSource(source, peer.agent);
    } catch {
      peers.delete(peer.agent);
      if (unreachable.size < MAX_EXCLUDED) unreachable.set(peer.agent, performance.now() + UNREACHABLE_MS);
      askIn(NEWS_DELAY_MS);
    } finally {
      connecting -= 1;
      download.setPeersExpected(connecting > 0);
    }
  };

  return {
    start: () => {
      // Until the coordinator answered, nobody knows whether there are peers.
      download.setPeersExpected(true);
      void ask();
    },
    news: () => askIn(NEWS_DELAY_MS),
    exclude: (agent) => {
      if (bad.size >= MAX_EXCLUDED) bad.delete(bad.values().next().value!);
      bad.add(agent);
    },
    edges: { [Symbol.iterator]: () => edges.values() },
    stop: () => {
      stopping.abort();
      clearTimeout(timer);
    },
  };
}
