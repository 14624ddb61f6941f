import type { PathEvidenceRecord } from '@fairhop/shared/model';
import {
  createHostFacts,
  createNameResolver,
  createPathProber,
  createTracer,
  type HostFactsReader,
  type PathProberStatus,
  type Tracer,
} from '@fairhop/shared/probe';
import type { Logger } from '@fairhop/shared/service';
import type { AgentConfig } from '../agent-config.js';
import type { RtcNetworkConfig } from '../peer/index.js';
import type { Outbox } from '../report/outbox.js';
import type { UploadWay } from '../upload/index.js';

/** Running transfers are looked at this often. */
const INTERVAL_MS = 1000;
const HISTORY_FACT = 'trace-history';

export interface PathEvidenceConfig extends RtcNetworkConfig {
  readonly tracing: AgentConfig['tracing'];
}

export interface PathEvidenceDependencies {
  readonly log: Logger;
  readonly outbox: Outbox;
  /** Coordinator's time. */
  readonly nowMs: () => number;
  /** Transfers in which this agent is the source. */
  readonly uploads: () => readonly UploadWay[];
  /** And in which it is the destination. */
  readonly downloads: () => readonly UploadWay[];
  readonly tracer?: Tracer;
  readonly hostFacts?: HostFactsReader;
}

/** Traces the ways of running transfers and puts what it finds among the reports. */
export interface PathEvidence {
  start(): void;
  stop(): Promise<void>;
  status(): PathProberStatus;
}

export function createPathEvidence(
  { tracing, bindAddress, iceServers }: PathEvidenceConfig,
  deps: PathEvidenceDependencies,
): PathEvidence {
  const { log, outbox, nowMs } = deps;
  const names = createNameResolver({ nowMs: Date.now });
  let timer: NodeJS.Timeout | undefined;

  const report = (record: PathEvidenceRecord): void => {
    try {
      outbox.update({ records: [record] });
    } catch (error) {
      // It describes a way, and makes no row: its loss must end nothing.
      log.error({ error: String(error) }, 'a traced way cannot be put among the reports');
    }
  };
  const prober = createPathProber(tracing, {
    tracer: deps.tracer ?? createTracer({ bindAddress }, { names, nowMs }),
    hostFacts:
      deps.hostFacts ?? createHostFacts({ bindAddress, stunServers: iceServers }, { nowMs: Date.now }),
    store: {
      get: () => outbox.fact(HISTORY_FACT),
      put: (history) => outbox.putFact(HISTORY_FACT, history),
    },
    nowMs,
    onEvidence: report,
    log,
  });

  const look = (): void => {
    for (const { transferId, grant, uploaderAddress, downloaderAddress } of deps.uploads()) {
      const ends = { sourceAddress: uploaderAddress, destinationAddress: downloaderAddress };
      prober.consider({ transferId, grant, direction: 'forward', ...ends });
    }
    if (!tracing.reverse) return;
    for (const { transferId, grant, uploaderAddress, downloaderAddress } of deps.downloads()) {
      const ends = { sourceAddress: downloaderAddress, destinationAddress: uploaderAddress };
      prober.consider({ transferId, grant, direction: 'reverse', ...ends });
    }
  };

  return {
    start: () => {
      if (tracing.enabled) timer = setInterval(look, INTERVAL_MS);
    },
    stop: () => {
      clearInterval(timer);
      return prober.stop();
    },
    status: prober.status,
  };
}
