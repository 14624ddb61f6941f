import type { Readiness } from '@fairhop/shared/contract';
import type { Identity } from '@fairhop/shared/crypto';
import type { ContentId } from '@fairhop/shared/model';
import type { Logger } from '@fairhop/shared/service';
import type { AgentConfig } from './agent-config.js';
import type { AgentStatus } from './agent-types.js';
import type { RtcNetworkConfig } from './peer/index.js';
import { isNews, readinessOf } from './readiness.js';
import type { Outbox } from './report/outbox.js';
import type { UploadRecorder } from './report/upload-recorder.js';
import type { Session } from './session/session.js';
import type { PieceStore } from './storage/piece-store.js';
import {
  createPowerReader,
  createUploader,
  decideUpload,
  UNKNOWN_POWER,
  type UploadDecision,
  type Uploader,
} from './upload/index.js';
import type { UploadVolume } from './upload-volume.js';

/** Conditions such as hours and battery change without a message. */
const CHECK_INTERVAL_MS = 2000;

export interface AgentUploadsDependencies {
  readonly config: AgentConfig;
  readonly log: Logger;
  readonly identity: Identity;
  readonly network: RtcNetworkConfig;
  readonly session: Session;
  readonly outbox: Outbox;
  readonly recorder: UploadRecorder;
  readonly volume: UploadVolume;
  /** Whether it uploads, or why not, changed. */
  readonly onChange: () => void;
  readonly storeOf: (contentId: ContentId) => PieceStore | undefined;
}

/** Uploading, as far as user, system and permit allow it right now. */
export interface AgentUploads {
  readonly uploader: Uploader;
  start(): void;
  stop(): Promise<void>;
  readiness(): Readiness;
  /** Tells the coordinator if it should hear of a change. */
  tell(): void;
  status(): AgentStatus['upload'];
}

export function createAgentUploads(deps: AgentUploadsDependencies): AgentUploads {
  const { config, session, outbox, volume } = deps;
  const readPower = createPowerReader();
  let power = UNKNOWN_POWER;
  let told: Readiness | undefined;
  let timer: NodeJS.Timeout | undefined;

  const decision = (): UploadDecision =>
    decideUpload({
      settings: {
        consent: config.consent,
        monthlyBytes: config.monthlyUploadBytes,
        ...(config.uploadHours && { hours: config.uploadHours }),
      },
      power,
      sentThisMonthBytes: volume.thisMonthBytes(),
      permit: session.permit,
      permitReason: session.permitReason,
      nowMs: session.nowMs(),
    });
  const rateBitsPerSecond = (): number =>
    Math.min(
      config.uploadRateBitsPerSecond,
      session.permit?.terms.maxRateBitsPerSecond ?? Number.MAX_SAFE_INTEGER,
    );

  const uploader = createUploader(
    {
      identity: deps.identity,
      network: deps.network,
      slots: config.uploadSlots,
      rateBitsPerSecond: rateBitsPerSecond(),
    },
    {
      coordinator: () => session.coordinator,
      nowMs: () => session.nowMs(),
      decision,
      permitId: () => session.permit?.id,
      storeOf: deps.storeOf,
      sendSignal: (transferId, signal) => {
        session.send({ type: 'signal', transferId, signal });
      },
      onSent: volume.add,
      recorder: deps.recorder,
      onStatementLost: (transferId, error) =>
        deps.log.error({ transferId, error: String(error) }, 'what was uploaded cannot be stated yet'),
      onEnded: (transferId, reason) => {
        session.send({ type: 'release', transferId, reason: reason.slice(0, 200) });
      },
    },
  );

  const readiness = (): Readiness => {
    told = readinessOf({
      decision: decision(),
      permitId: session.permit?.id,
      slots: config.uploadSlots,
      rateBitsPerSecond: rateBitsPerSecond(),
    });
    return told;
  };
  const tell = (): void => {
    uploader.setRate(rateBitsPerSecond());
    const before = told;
    const now = readiness();
    if (!isNews(before, now)) told = before;
    else {
      session.send({ type: 'readiness', readiness: now });
      deps.onChange();
    }
  };

  return {
    uploader,
    start: () => {
      uploader.start();
      timer = setInterval(() => {
        void readPower().then((state) => {
          power = state;
          tell();
        });
      }, CHECK_INTERVAL_MS);
    },
    stop: async () => {
      clearInterval(timer);
      await uploader.stop();
      volume.stop();
      deps.recorder.close();
    },
    readiness,
    tell,
    status: () => {
      const { ready, reasons } = decision();
      return {
        ready,
        reasons,
        permit: session.permit,
        permitReason: session.permitReason,
        rateBitsPerSecond: rateBitsPerSecond(),
        month: volume.month(),
        monthlyBytes: config.monthlyUploadBytes,
        sentThisMonthBytes: volume.thisMonthBytes(),
        running: uploader.status(),
        totals: outbox.uploads(volume.month()),
      };
    },
  };
}
