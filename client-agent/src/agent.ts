import { join } from 'node:path';
import { createHttpClient, type HttpClient } from '@fairhop/shared/contract';
import { completionBytes, type Identity, loadOrCreateIdentity } from '@fairhop/shared/crypto';
import { FairhopError, type Manifest, type Title } from '@fairhop/shared/model';
import { type DataDirectory, type Logger, openDataDirectory } from '@fairhop/shared/service';
import { Agent as HttpAgent } from 'undici';
import type { AgentConfig } from './agent-config.js';
import type { Agent, AgentStatus, DownloadOptions, DownloadProgress, DownloadResult } from './agent-types.js';
import { type AgentUploads, createAgentUploads } from './agent-uploads.js';
import { type ControlServer, createControlServer } from './control-server.js';
import { createEdgeSource } from './download/edge-source.js';
import { MAX_EDGE_REQUESTS } from './download/scheduler.js';
import { createDownloadRun, type DownloadRun } from './download-run.js';
import { createHaveBatcher, holdingOf } from './holdings.js';
import { createPeerTransfers, type PeerTransfers } from './peer-transfers.js';
import { type Outbox, openOutbox } from './report/outbox.js';
import { createReporter, type Reporter } from './report/reporter.js';
import { createTransferRecorder } from './report/transfer-recorder.js';
import { fetchPermit } from './session/permit-fetcher.js';
import { createSession, type Session } from './session/session.js';
import { type ContentStore, createContentStore } from './storage/content-store.js';
import { checkOutput } from './storage/export-file.js';
import type { PieceStore } from './storage/piece-store.js';
import { parseTitleReference } from './title-reference.js';
import { resolveTitle, titleWithdrawn } from './title-resolver.js';

const DATA_FORMAT_VERSION = 1;
const SOFTWARE = 'fairhop-agent/0.1';
/** How long a download waits for the first session. */
const SESSION_TIMEOUT_MS = 15_000;
const PROGRESS_INTERVAL_MS = 500;
const LIVE_LOAD_INTERVAL_MS = 1000;
/** Transfers of one `progress` message. */
const MAX_PROGRESS_TRANSFERS = 256;
/** An orderly end waits this long for accounting. */
const FLUSH_TIMEOUT_MS = 5000;

export interface AgentDependencies {
  readonly log: Logger;
}

/** An agent: it downloads titles, keeps them, and uploads what it holds where that is permitted. */
export function createAgent(config: AgentConfig, { log }: AgentDependencies): Agent {
  return new ClientAgent(config, log);
}

/** What exists between start and stop. */
interface Parts {
  readonly directory: DataDirectory;
  readonly identity: Identity;
  readonly outbox: Outbox;
  readonly contents: ContentStore;
  readonly contentsReady: Promise<void>;
  readonly http: HttpClient;
  readonly edgeHttp: HttpAgent;
  readonly session: Session;
  readonly transfers: PeerTransfers;
  readonly uploads: AgentUploads;
  readonly reporter: Reporter;
  readonly have: ReturnType<typeof createHaveBatcher>;
  readonly control: ControlServer;
  readonly timers: NodeJS.Timeout[];
  readonly recorder: ReturnType<typeof createTransferRecorder>;
}

class ClientAgent implements Agent {
  readonly #runs = new Map<string, DownloadRun>();
  readonly #stopping = new AbortController();
  #parts: Parts | undefined;
  #uploadsWithoutPermit = 0;

  constructor(
    readonly config: AgentConfig,
    readonly log: Logger,
  ) {}

  get key(): string {
    return this.#started.identity.key;
  }

  get #started(): Parts {
    if (!this.#parts) throw new FairhopError('agent-not-started', 'The agent is not started');
    return this.#parts;
  }

  async start(): Promise<void> {
    const { config, log } = this;
    const directory = await openDataDirectory(config.dataDirectory, {
      name: 'agent',
      formatVersion: DATA_FORMAT_VERSION,
      log,
    });
    try {
      const identity = await loadOrCreateIdentity(directory.file('identity.pem'));
      const outbox = openOutbox(directory.file('reports.db'));
      this.#parts = this.#assemble(directory, identity, outbox);
      await this.#parts.control.start();
    } catch (error) {
      this.#parts?.outbox.close();
      this.#parts = undefined;
      directory.close();
      throw error;
    }
    const { session, uploads, reporter } = this.#parts;
    session.start();
    uploads.start();
    reporter.start();
  }

  #assemble(directory: DataDirectory, identity: Identity, outbox: Outbox): Parts {
    const { config, log } = this;
    const bind = config.bindAddress;
    const http = createHttpClient(bind === undefined ? {} : { localAddress: bind });
    const edgeHttp = new HttpAgent({
      connections: MAX_EDGE_REQUESTS,
      ...(bind !== undefined && { localAddress: bind }),
    });
    const network = { iceServers: config.iceServers, ...(bind !== undefined && { bindAddress: bind }) };
    const contents = createContentStore(
      { directory: directory.file('contents'), budgetBytes: config.diskBudgetBytes },
      {
        nowMs: Date.now,
        onRemoved: (contentId) => {
          this.#parts?.uploads.uploader.withdraw(contentId);
          this.#parts?.session.send({ type: 'leave', contentId });
        },
        onUnusable: (path, error) =>
          log.error({ path, error: String(error) }, 'a content cannot be read and is left alone'),
      },
    );
    const recorder = createTransferRecorder(outbox, config.maxPartMs);
    const session = createSession(
      {
        coordinatorUrl: config.coordinatorUrl,
        localAddress: bind,
        identity,
        software: SOFTWARE,
        permitToken: config.permitToken,
      },
      {
        log,
        holdings: () =>
          contents
            .list()
            .filter(({ store }) => store.complete || this.#runs.has(store.manifest.contentId))
            .map(({ store }) => holdingOf(store, this.#runs.has(store.manifest.contentId))),
        readiness: () => uploads.readiness(),
      },
    );
    const uploads = createAgentUploads({
      config,
      identity,
      network,
      session,
      outbox,
      storeOf: (contentId) => {
        contents.touch(contentId);
        return contents.get(contentId)?.store;
      },
    });
    const transfers = createPeerTransfers({
      identity,
      session,
      recorder,
      network,
      onUploadWithoutPermit: (transferId, reason) => {
        this.#uploadsWithoutPermit += 1;
        log.warn({ transferId, reason }, 'an upload came without permit');
      },
    });
    const reporter = createReporter({
      outbox,
      identity,
      http,
      log,
      accountingUrl: () => session.welcome?.accountingUrl ?? undefined,
      accessToken: () => session.accessToken,
    });
    this.#listen(session, uploads, transfers, contents, http, identity);
    const contentsReady = contents.start().then(() => {
      for (const { store } of contents.list()) if (store.complete) session.send(holdingOf(store, false));
    });
    contentsReady.catch((error: unknown) =>
      log.error({ error: String(error) }, 'the contents cannot be opened'),
    );
    return {
      directory,
      identity,
      outbox,
      contents,
      contentsReady,
      http,
      edgeHttp,
      session,
      transfers,
      uploads,
      reporter,
      recorder,
      have: createHaveBatcher((contentId, pieces) => session.send({ type: 'have', contentId, pieces })),
      control: createControlServer(directory.path, this),
      timers: [
        setInterval(() => this.#tellLoad(), LIVE_LOAD_INTERVAL_MS),
        setInterval(() => recorder.cutDue(session.nowMs()), LIVE_LOAD_INTERVAL_MS),
      ],
    };
  }

  #listen(
    session: Session,
    uploads: AgentUploads,
    transfers: PeerTransfers,
    contents: ContentStore,
    http: HttpClient,
    identity: Identity,
  ): void {
    const { events } = session;
    const news = (): void => {
      for (const run of this.#runs.values()) run.news();
    };
    events.onWelcome = (welcome) => {
      news();
      if (welcome.permit !== null || welcome.permitUrl === undefined || this.config.permitToken !== undefined)
        return;
      const coordinator = session.coordinator?.id ?? '';
      fetchPermit(http, {
        permitUrl: welcome.permitUrl,
        agent: identity.key,
        coordinator,
        signal: this.#stopping.signal,
      }).then(
        (permitToken) => session.send({ type: 'permit-token', permitToken }),
        (error: unknown) => this.log.info({ reason: String(error) }, 'the ISP gave no permit'),
      );
    };
    events.onPermit = () => uploads.tell();
    events.onSignal = (transferId, from, signal) => {
      if (!transfers.receiveSignal(transferId, from, signal))
        uploads.uploader.receiveSignal(transferId, from, signal);
    };
    events.onRevoke = (transferId, reason) => {
      transfers.revoke(transferId, reason);
      uploads.uploader.revoke(transferId, reason);
    };
    events.onLower = (transferId, rate) => uploads.uploader.lower(transferId, rate);
    events.onSwarmChanged = (contentId) => this.#runs.get(contentId)?.news();
    events.onWithdrawn = (contentId) => {
      uploads.uploader.withdraw(contentId);
      this.#runs.get(contentId)?.fail(titleWithdrawn(contents.get(contentId)?.title.id ?? contentId));
      contents
        .remove(contentId)
        .catch((error: unknown) => this.log.error({ error: String(error) }, 'a withdrawn content stays'));
    };
  }

  #tellLoad(): void {
    const { session, transfers, uploads } = this.#started;
    const sent = uploads.uploader.status().map(({ transferId, sentBytes, downloaderAddress }) => ({
      transferId,
      bytes: sentBytes,
      remoteAddress: downloaderAddress,
    }));
    const all = [...transfers.running(), ...sent].slice(0, MAX_PROGRESS_TRANSFERS);
    if (all.length > 0) session.send({ type: 'progress', transfers: all });
  }

  async online(timeoutMs = SESSION_TIMEOUT_MS): Promise<void> {
    await this.#started.session.ready(timeoutMs);
  }

  async download(reference: string, options: DownloadOptions = {}): Promise<DownloadResult> {
    const parsed = parseTitleReference(reference);
    const { contents, contentsReady } = this.#started;
    const force = options.force ?? false;
    if (options.output !== undefined) await checkOutput(options.output, force);
    await contentsReady;
    const startMs = performance.now();
    const { title, manifest } = await resolveTitle(parsed, {
      http: this.#started.http,
      contents,
      coordinatorUrl: this.config.coordinatorUrl,
      signal: options.signal,
    });
    const { contentId } = title;
    const output =
      options.output ?? (options.outputDirectory && join(options.outputDirectory, title.fileName)) ?? null;
    if (output !== null) await checkOutput(output, force);
    const { store, release } = await contents.openForDownload(title, manifest);
    let result: DownloadProgress;
    try {
      const joined = this.#runs.get(contentId);
      const run = joined ?? this.#begin(title, store, options.mode ?? 'rarest');
      result = await this.#follow(run, options, joined === undefined);
    } finally {
      release();
    }
    const seconds = (performance.now() - startMs) / 1000;
    if (output !== null) await contents.exportTo(contentId, output, force);
    const bytes = result.bytesFromPeers + result.bytesFromEdges;
    return { ...result, verified: true, bytes, seconds, fileName: title.fileName, output };
  }

  /** A run that puts what it brings into the store, tells the swarm, and is gone when it ends. */
  #begin(title: Title, store: PieceStore, mode: 'rarest' | 'in-order'): DownloadRun {
    const { session, transfers, uploads, have, edgeHttp } = this.#started;
    const { contentId } = title;
    const run = createDownloadRun(
      {
        ...this.config,
        title,
        store,
        mode,
        own: this.key,
      },
      {
        session,
        connectPeer: (peer, { manifest }, signal) => transfers.connect(peer, manifest, signal),
        openEdge: (edge, { manifest }) =>
          createEdgeSource(
            { edge, manifest, ownIsp: session.welcome?.isp ?? null },
            { dispatcher: edgeHttp },
          ),
        onVerified: (id, piece) => {
          have.add(id, piece);
          uploads.uploader.announce(id, [piece]);
        },
        uploadsWithoutPermit: () => this.#uploadsWithoutPermit,
      },
    );
    this.#runs.set(contentId, run);
    const wasComplete = store.complete;
    const ended = (): void => {
      this.#runs.delete(contentId);
      if (!store.complete) session.send({ type: 'leave', contentId });
      else session.send(holdingOf(store, false));
      if (store.complete && !wasComplete) this.#complete(title, store.manifest);
    };
    run.finished.then(ended, ended);
    if (wasComplete) run.start();
    else
      session.ready(SESSION_TIMEOUT_MS).then(
        () => {
          session.send(holdingOf(store, true));
          run.start();
        },
        (error: Error) => run.fail(error),
      );
    return run;
  }

  /** Waits for a run. Whoever began it ends it by aborting; who joined it just stops waiting. */
  async #follow(
    run: DownloadRun,
    { signal, onProgress }: DownloadOptions,
    isOwn: boolean,
  ): Promise<DownloadProgress> {
    const stopProgress = this.#reportProgress(run, onProgress);
    let onAbort = (): void => undefined;
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => {
        const message = `The download of ${run.title.id} was stopped; what is verified is kept`;
        const error = new FairhopError('aborted', message);
        if (isOwn) run.fail(error);
        else reject(error);
      };
    });
    if (signal?.aborted) onAbort();
    signal?.addEventListener('abort', onAbort);
    try {
      await Promise.race([run.finished, aborted]);
      return run.progress();
    } finally {
      signal?.removeEventListener('abort', onAbort);
      stopProgress();
    }
  }

  #reportProgress(run: DownloadRun, onProgress: DownloadOptions['onProgress']): () => void {
    if (!onProgress) return () => undefined;
    const timer = setInterval(() => onProgress(run.progress()), PROGRESS_INTERVAL_MS);
    return () => {
      clearInterval(timer);
      onProgress(run.progress());
    };
  }

  #complete(title: Title, { contentId, sizeBytes }: Manifest): void {
    const { identity, outbox, session } = this.#started;
    const completion = {
      agent: identity.key,
      contentId,
      title: title.id,
      sizeBytes,
      timeMs: session.nowMs(),
    };
    const signature = Buffer.from(identity.sign(completionBytes(completion))).toString('base64url');
    const { agent, timeMs } = completion;
    outbox.update({
      records: [
        { type: 'completion', agent, content: contentId, title: title.id, sizeBytes, timeMs, signature },
      ],
    });
  }

  status(): AgentStatus {
    const { session, contents, uploads, outbox, identity } = this.#started;
    const { welcome } = session;
    return {
      agent: identity.key,
      coordinatorUrl: this.config.coordinatorUrl,
      online: session.isOnline,
      address: welcome?.address ?? null,
      asn: welcome?.asn ?? null,
      isp: welcome?.isp ?? null,
      contents: contents.list().map(({ title, manifest, store, lastUsedMs }) => ({
        title: title.id,
        contentId: manifest.contentId,
        sizeBytes: manifest.sizeBytes,
        verifiedBytes: Math.min(manifest.sizeBytes, store.verifiedPieces * manifest.pieceLengthBytes),
        complete: store.complete,
        lastUsedMs: Math.round(lastUsedMs),
      })),
      diskBudgetBytes: this.config.diskBudgetBytes,
      downloads: [...this.#runs.values()].map((run) => run.progress()),
      upload: uploads.status(),
      unreported: outbox.size,
      uploadsWithoutPermit: this.#uploadsWithoutPermit,
    };
  }

  async stop(): Promise<void> {
    const parts = this.#parts;
    if (!parts || this.#stopping.signal.aborted) return;
    this.#stopping.abort();
    const {
      control,
      timers,
      have,
      transfers,
      uploads,
      session,
      reporter,
      contents,
      contentsReady,
      http,
      edgeHttp,
      outbox,
      directory,
    } = parts;
    await control.stop();
    for (const timer of timers) clearInterval(timer);
    const runs = [...this.#runs.values()];
    for (const run of runs)
      run.fail(new FairhopError('aborted', 'The agent stops; what is verified is kept'));
    await Promise.allSettled(runs.map((run) => run.finished));
    transfers.stop();
    await uploads.stop();
    have.stop();
    await reporter.stop();
    await reporter.flush(FLUSH_TIMEOUT_MS);
    await session.stop();
    await contentsReady.catch(() => undefined);
    await contents.stop();
    outbox.close();
    await Promise.all([http.close(), edgeHttp.destroy()]);
    directory.close();
    this.#parts = undefined;
  }
}
