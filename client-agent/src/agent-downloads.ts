import { join } from 'node:path';
import type { HttpClient } from '@fairhop/shared/contract';
import { completionBytes, type Identity } from '@fairhop/shared/crypto';
import { type ContentId, FairhopError, type Manifest, type Title } from '@fairhop/shared/model';
import type { Dispatcher } from 'undici';
import type { AgentConfig } from './agent-config.js';
import type { DownloadOptions, DownloadProgress, DownloadResult } from './agent-types.js';
import { createEdgeSource } from './download/edge-source.js';
import { createDownloadRun, type DownloadRun } from './download-run.js';
import { holdingOf } from './holdings.js';
import type { PeerTransfers } from './peer-transfers.js';
import type { Outbox } from './report/outbox.js';
import type { Session } from './session/session.js';
import type { ContentStore } from './storage/content-store.js';
import { checkOutput } from './storage/export-file.js';
import type { PieceStore } from './storage/piece-store.js';
import { parseTitleReference } from './title-reference.js';
import { resolveTitle } from './title-resolver.js';

/** How long a download waits for the first session. */
export const SESSION_TIMEOUT_MS = 15_000;
const PROGRESS_INTERVAL_MS = 500;

export interface AgentDownloadsDependencies {
  readonly config: AgentConfig;
  readonly identity: Identity;
  readonly session: Session;
  readonly transfers: PeerTransfers;
  readonly contents: ContentStore;
  readonly http: HttpClient;
  readonly edgeHttp: Dispatcher;
  readonly outbox: Outbox;
  /** A piece is verified and on disk. */
  onVerified(contentId: ContentId, piece: number): void;
  uploadsWithoutPermit(): number;
}

/** The downloads of an agent. A content is downloaded once, for all who asked for it. */
export interface AgentDownloads {
  /** @throws see `Agent.download` */
  download(reference: string, options?: DownloadOptions): Promise<DownloadResult>;
  has(contentId: ContentId): boolean;
  /** The swarm changed: of one content, or perhaps of all. */
  news(contentId?: ContentId): void;
  fail(contentId: ContentId, error: Error): void;
  progress(): DownloadProgress[];
  /** Ends all, keeping what is verified. */
  stop(): Promise<void>;
}

interface Running {
  readonly run: DownloadRun;
  /** Settles with the run, when its completion is among the reports. */
  readonly finished: Promise<void>;
  followers: number;
}

export function createAgentDownloads(deps: AgentDownloadsDependencies): AgentDownloads {
  const { config, session, contents } = deps;
  const running = new Map<ContentId, Running>();
  const stopping = new AbortController();

  /** A run that puts what it brings into the store, tells the swarm, and is gone when it ends. */
  const begin = (title: Title, store: PieceStore, mode: 'rarest' | 'in-order'): Running => {
    const { contentId } = title;
    const run = createDownloadRun(
      { ...config, title, store, mode, own: deps.identity.key },
      {
        session,
        connectPeer: (peer, { manifest }, signal) => deps.transfers.connect(peer, manifest, signal),
        openEdge: (edge, { manifest }) =>
          createEdgeSource(
            { edge, manifest, ownIsp: session.welcome?.isp ?? null },
            { dispatcher: deps.edgeHttp },
          ),
        onVerified: deps.onVerified,
        uploadsWithoutPermit: deps.uploadsWithoutPermit,
      },
    );
    const wasComplete = store.complete;
    const ended = (): void => {
      running.delete(contentId);
      if (store.complete) session.send(holdingOf(store, false));
      else session.send({ type: 'leave', contentId });
      // Also of what was complete before: a crash may have come before it was reported. Accounting books it once.
      if (store.complete) reportCompletion(deps, title, store.manifest);
    };
    const finished = run.finished.then(ended, (error: unknown) => {
      try {
        ended();
      } catch {
        // What ended the run says more.
      }
      throw error;
    });
    finished.catch(() => undefined);
    const entry = { run, finished, followers: 0 };
    running.set(contentId, entry);
    if (wasComplete) run.start();
    else
      session.ready(SESSION_TIMEOUT_MS).then(
        () => {
          if (running.get(contentId) !== entry) return;
          session.send(holdingOf(store, true));
          run.start();
        },
        (error: Error) => run.fail(error),
      );
    return entry;
  };

  /** Waits for a run, which ends without a result when nobody waits for it any more. */
  const follow = async (
    entry: Running,
    signal: AbortSignal,
    onProgress: DownloadOptions['onProgress'],
  ): Promise<DownloadProgress> => {
    const { run, finished } = entry;
    const stopProgress = reportProgress(run, onProgress);
    entry.followers += 1;
    try {
      await unlessAborted(finished, signal, () => stopped(`The download of ${run.title.id} was stopped`));
      return run.progress();
    } finally {
      entry.followers -= 1;
      if (entry.followers === 0) run.fail(stopped(`The download of ${run.title.id} was stopped`));
      // What ends a run closes its sources, and keeps what is being written.
      if (entry.followers === 0) await finished.catch(() => undefined);
      stopProgress();
    }
  };

  return {
    download: async (reference, { output: file, outputDirectory, onProgress, ...options } = {}) => {
      const parsed = parseTitleReference(reference);
      const { force = false, mode = 'rarest' } = options;
      const signal = AbortSignal.any([stopping.signal, ...(options.signal ? [options.signal] : [])]);
      const abandoned = (): FairhopError => stopped(`The download of ${reference} was stopped`);
      if (file !== undefined) await checkOutput(file, force);
      await unlessAborted(contents.ready(), signal, abandoned);
      const startMs = performance.now();
      const { title, manifest } = await resolveTitle(parsed, {
        http: deps.http,
        contents,
        coordinatorUrl: config.coordinatorUrl,
        signal,
      });
      const { contentId } = title;
      const output = file ?? (outputDirectory && join(outputDirectory, title.fileName)) ?? null;
      if (output !== null) await checkOutput(output, force);
      if (signal.aborted) throw abandoned();
      const { store, release } = await contents.openForDownload(title, manifest);
      let result: DownloadProgress;
      try {
        result = await follow(running.get(contentId) ?? begin(title, store, mode), signal, onProgress);
        if (output !== null) await contents.exportTo(contentId, output, force);
      } finally {
        release();
      }
      const seconds = (performance.now() - startMs) / 1000;
      const bytes = result.bytesFromPeers + result.bytesFromEdges;
      return { ...result, verified: true, bytes, seconds, fileName: title.fileName, output };
    },
    has: (contentId) => running.has(contentId),
    news: (contentId) => {
      for (const [id, { run }] of running) if (contentId === undefined || id === contentId) run.news();
    },
    fail: (contentId, error) => running.get(contentId)?.run.fail(error),
    progress: () => [...running.values()].map(({ run }) => run.progress()),
    stop: async () => {
      stopping.abort();
      const all = [...running.values()];
      for (const { run } of all) run.fail(stopped('The agent stops'));
      await Promise.allSettled(all.map(({ finished }) => finished));
    },
  };
}

const stopped = (what: string): FairhopError =>
  new FairhopError('aborted', `${what}; what is verified is kept`);

async function unlessAborted(
  work: Promise<void>,
  signal: AbortSignal,
  reason: () => FairhopError,
): Promise<void> {
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(reason());
  });
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort);
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function reportProgress(run: DownloadRun, onProgress: DownloadOptions['onProgress']): () => void {
  if (!onProgress) return () => undefined;
  const timer = setInterval(() => onProgress(run.progress()), PROGRESS_INTERVAL_MS);
  return () => {
    clearInterval(timer);
    onProgress(run.progress());
  };
}

/** Signed, so that nobody else can say that this agent has the content. */
function reportCompletion(
  { identity, outbox, session }: AgentDownloadsDependencies,
  title: Title,
  { contentId, sizeBytes }: Manifest,
): void {
  const facts = { agent: identity.key, title: title.id, sizeBytes, timeMs: session.nowMs() };
  const signature = Buffer.from(identity.sign(completionBytes({ ...facts, contentId }))).toString(
    'base64url',
  );
  outbox.update({ records: [{ type: 'completion', content: contentId, ...facts, signature }] });
}
