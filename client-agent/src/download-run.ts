import type { EdgeSource, PeerSource } from '@fairhop/shared/contract';
import {
  type AgentKey,
  type ContentId,
  FairhopError,
  type PolicyNotice,
  type Title,
} from '@fairhop/shared/model';
import type { DownloadProgress } from './agent-types.js';
import type { BlockSource } from './download/block-source.js';
import { createDownload, type Download } from './download/download.js';
import type { EdgeBlockSource } from './download/edge-source.js';
import { createSourceLoop, type SourceLoop } from './download/source-loop.js';
import { systemTimers } from './download/timers.js';
import type { Session } from './session/session.js';
import type { PieceStore } from './storage/piece-store.js';

/** One title that is being downloaded. */
export interface DownloadRun {
  readonly title: Title;
  readonly contentId: ContentId;
  readonly finished: Promise<void>;
  start(): void;
  news(): void;
  fail(error: Error): void;
  progress(): DownloadProgress;
}

export interface DownloadRunConfig {
  readonly title: Title;
  readonly store: PieceStore;
  readonly mode: 'rarest' | 'in-order';
  readonly own: AgentKey;
  readonly maxPeers: number;
  readonly downloadRateBitsPerSecond?: number | undefined;
  readonly qualityFloorBitsPerSecond: number;
  readonly noSourcesTimeoutMs: number;
}

export interface DownloadRunDependencies {
  readonly session: Session;
  connectPeer(peer: PeerSource, store: PieceStore, signal: AbortSignal): Promise<BlockSource>;
  openEdge(edge: EdgeSource, store: PieceStore): EdgeBlockSource;
  onVerified(contentId: ContentId, piece: number): void;
  uploadsWithoutPermit(): number;
}

export function createDownloadRun(config: DownloadRunConfig, deps: DownloadRunDependencies): DownloadRun {
  const { title, store, own } = config;
  const { session } = deps;
  const { contentId } = title;
  let loop: SourceLoop | undefined;
  let limitedBy: readonly PolicyNotice[] = [];

  const download: Download = createDownload(
    {
      manifest: store.manifest,
      mode: config.mode,
      rateBitsPerSecond: config.downloadRateBitsPerSecond,
      qualityFloorBitsPerSecond: config.qualityFloorBitsPerSecond,
      noSourcesTimeoutMs: config.noSourcesTimeoutMs,
      own,
    },
    {
      store,
      timers: systemTimers,
      random: Math.random,
      fetchLeaves: (piece) => fetchLeaves(loop?.edges ?? [], piece),
      ownAsn: () => session.welcome?.asn ?? null,
      onVerified: (piece) => deps.onVerified(contentId, piece),
      onBadData: (source, piece, blocks) => {
        session.send({
          type: 'bad-data',
          transferId: source.transferId,
          piece,
          blocks: blocks.slice(0, 1024),
        });
        if (source.kind === 'peer') loop?.exclude(source.id);
      },
    },
  );

  loop = createSourceLoop({
    download,
    maxPeers: config.maxPeers,
    find: async (exclude, maxPeers) => {
      const found = await session.findSources({
        title: title.id,
        maxPeers,
        exclude,
        bytesWanted: Math.max(0, store.manifest.sizeBytes - download.snapshot().verifiedBytes),
      });
      limitedBy = found.limitedBy ?? [];
      return found;
    },
    connect: (peer, signal) => deps.connectPeer(peer, store, signal),
    openEdge: (edge) => deps.openEdge(edge, store),
    onFatal: (error) => download.fail(error),
  });

  return {
    title,
    contentId,
    finished: download.finished.finally(() => loop.stop()),
    start: () => {
      download.start();
      if (!store.complete) loop.start();
    },
    news: () => loop.news(),
    fail: (error) => download.fail(error),
    progress: () => {
      const snapshot = download.snapshot();
      const givers = snapshot.sources
        .filter(({ verifiedBytes }) => verifiedBytes > 0)
        .map(({ source }) => source);
      const peers = givers.filter(({ kind }) => kind === 'peer');
      const edges = givers.filter(({ kind }) => kind === 'edge');
      return {
        title: title.id,
        contentId,
        sizeBytes: snapshot.sizeBytes,
        verifiedBytes: snapshot.verifiedBytes,
        rateBitsPerSecond: snapshot.rateBitsPerSecond,
        timeLeftMs: snapshot.timeLeftMs ?? null,
        bytesFromPeers: snapshot.bytesFromPeers,
        bytesFromEdges: snapshot.bytesFromEdges,
        crossAsBytes: snapshot.crossAsBytes,
        onNetBytes: snapshot.onNetBytes,
        enteringBytes: snapshot.enteringBytes,
        wastedBytes: snapshot.wastedBytes,
        uploadsWithoutPermit: deps.uploadsWithoutPermit(),
        peers: new Set(peers.map(({ id }) => id)).size,
        peerIsps: [...new Set(peers.map(({ network }) => network.isp ?? 'unknown'))].sort(),
        edges: [...new Set(edges.map(({ id }) => id.replace(/^edge:/, '')))].sort(),
        limitedBy,
      };
    },
  };
}

async function fetchLeaves(edges: Iterable<EdgeBlockSource>, piece: number): Promise<Uint8Array> {
  let last: unknown;
  for (const edge of edges) {
    try {
      return await edge.leaves(piece);
    } catch (error) {
      last = error;
    }
  }
  throw new FairhopError('leaves-unavailable', `No edge gives the block hashes of piece ${piece}`, {
    cause: last,
  });
}
