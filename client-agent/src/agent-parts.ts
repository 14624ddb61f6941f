import { createHttpClient } from '@fairhop/shared/contract';
import type { Identity } from '@fairhop/shared/crypto';
import type { TransferId } from '@fairhop/shared/model';
import type { Logger } from '@fairhop/shared/service';
import { Agent as HttpAgent } from 'undici';
import type { AgentConfig } from './agent-config.js';
import { createAgentDownloads } from './agent-downloads.js';
import { createAgentUploads } from './agent-uploads.js';
import { MAX_EDGE_REQUESTS } from './download/scheduler.js';
import { createHaveBatcher, holdingOf } from './holdings.js';
import { createPathEvidence } from './path/path-evidence.js';
import { createPeerTransfers } from './peer-transfers.js';
import type { Outbox } from './report/outbox.js';
import { createReporter } from './report/reporter.js';
import { createTransferRecorder } from './report/transfer-recorder.js';
import { createUploadRecorder } from './report/upload-recorder.js';
import { createSession } from './session/session.js';
import { createContentStore } from './storage/content-store.js';
import { createUploadVolume } from './upload-volume.js';

const SOFTWARE = 'fairhop-agent/0.1';

export interface AgentPartsDependencies {
  readonly config: AgentConfig;
  readonly log: Logger;
  readonly identity: Identity;
  readonly outbox: Outbox;
  /** Where contents are kept. */
  readonly contentsDirectory: string;
  readonly sentCountersFile: string;
  /** See `AgentDependencies`. */
  readonly onChange: () => void;
  readonly onUploadWithoutPermit: (transferId: TransferId, reason: string) => void;
  readonly uploadsWithoutPermit: () => number;
}

export type AgentParts = ReturnType<typeof createAgentParts>;

/** What an agent consists of, put together; nothing of it runs yet. */
export function createAgentParts(deps: AgentPartsDependencies) {
  const { config, log, identity, outbox } = deps;
  const bind = config.bindAddress;
  const local = bind === undefined ? {} : { localAddress: bind };
  const http = createHttpClient(local);
  const edgeHttp = new HttpAgent({ connections: MAX_EDGE_REQUESTS, ...local });
  const network = { iceServers: config.iceServers, ...(bind !== undefined && { bindAddress: bind }) };

  const contents = createContentStore(
    { directory: deps.contentsDirectory, budgetBytes: config.diskBudgetBytes },
    {
      nowMs: Date.now,
      onRemoved: (contentId) => {
        uploads.uploader.withdraw(contentId);
        session.send({ type: 'leave', contentId });
      },
      onUnusable: (path, error) =>
        log.error({ path, error: String(error) }, 'a content cannot be read and is left alone'),
    },
  );
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
          .filter(({ store }) => store.complete || downloads.has(store.manifest.contentId))
          .map(({ store }) => holdingOf(store, downloads.has(store.manifest.contentId))),
      readiness: () => uploads.readiness(),
    },
  );
  const volume = createUploadVolume(outbox, () => session.nowMs());
  const uploads = createAgentUploads({
    config,
    log,
    identity,
    network,
    session,
    outbox,
    volume,
    recorder: createUploadRecorder(
      { file: deps.sentCountersFile, identity },
      {
        outbox,
        nowMs: () => session.nowMs(),
        onStated: (transferId, total) => outbox.putUpload(volume.month(), transferId, total),
      },
    ),
    onChange: deps.onChange,
    storeOf: (contentId) => {
      contents.touch(contentId);
      return contents.get(contentId)?.store;
    },
  });
  const recorder = createTransferRecorder(outbox, config.maxPartMs);
  const transfers = createPeerTransfers({
    log,
    identity,
    session,
    recorder,
    network,
    onUploadWithoutPermit: deps.onUploadWithoutPermit,
  });
  const pathEvidence = createPathEvidence(
    { tracing: config.tracing, ...network },
    {
      log,
      outbox,
      nowMs: () => session.nowMs(),
      uploads: () => uploads.uploader.ways(),
      downloads: () => transfers.ways(),
    },
  );
  const reporter = createReporter({
    outbox,
    identity,
    http,
    log,
    accountingUrl: () => session.welcome?.accountingUrl ?? undefined,
    accessToken: () => session.accessToken,
  });
  const have = createHaveBatcher((contentId, pieces) => session.send({ type: 'have', contentId, pieces }));
  const downloads = createAgentDownloads({
    config,
    identity,
    session,
    transfers,
    contents,
    http,
    edgeHttp,
    outbox,
    onVerified: (contentId, piece) => {
      have.add(contentId, piece);
      uploads.uploader.announce(contentId, [piece]);
    },
    uploadsWithoutPermit: deps.uploadsWithoutPermit,
  });
  return {
    config,
    log,
    onChange: deps.onChange,
    identity,
    outbox,
    http,
    edgeHttp,
    contents,
    session,
    uploads,
    recorder,
    transfers,
    pathEvidence,
    reporter,
    have,
    downloads,
  };
}
