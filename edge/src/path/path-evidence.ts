import { isIP } from 'node:net';
import { createBoundedCache } from '@fairhop/shared/model';
import {
  createHostFacts,
  createNameResolver,
  createPathProber,
  createTracer,
  type HostFactsReader,
  type Tracer,
} from '@fairhop/shared/probe';
import type { Clock, Logger } from '@fairhop/shared/service';
import type { EdgeConfig } from '../config.js';
import type { Facts } from '../edge-database.js';
import type { Outbox } from '../report/outbox.js';
import type { TransferFacts } from '../report/part-meter.js';

/** A transfer is looked at each time it has taken so much; its trace begins with the second look at the earliest. */
const LOOK_EVERY_BYTES = 2 * 1024 * 1024;
/** Transfers whose bytes are counted: those of the last minutes on a busy edge. */
const MAX_TRANSFERS = 16_384;
const HISTORY_FACT = 'traceHistory';

export interface PathEvidenceDependencies {
  readonly outbox: Outbox;
  readonly facts: Facts;
  /** The coordinator's time. */
  readonly clock: Clock;
  readonly log: Logger;
  readonly tracer?: Tracer;
  readonly hostFacts?: HostFactsReader;
  /** A clock that never goes back. */
  readonly monotonicMs?: () => number;
}

/** Traces the ways to clients that take a good deal, and puts what it finds among the reports. */
export interface PathEvidence {
  /** Bytes of a transfer left. */
  count(facts: TransferFacts, bytes: number): void;
  /** Ends what runs. */
  stop(): Promise<void>;
}

export function createPathEvidence(
  { tracing, host }: Pick<EdgeConfig, 'tracing' | 'host'>,
  deps: PathEvidenceDependencies,
): PathEvidence {
  const bytesOf = createBoundedCache<string, number>(MAX_TRANSFERS);
  const { outbox, facts, log } = deps;
  const { nowMs } = deps.clock;
  const names = createNameResolver({ nowMs: Date.now });
  // An edge that listens on one address sends from it.
  const bindAddress = isIP(host) !== 0 && !/^[0.:]+$/.test(host) ? host : undefined;
  const prober = createPathProber(tracing, {
    tracer: deps.tracer ?? createTracer({ bindAddress }, { names, nowMs }),
    hostFacts: deps.hostFacts ?? createHostFacts({ bindAddress, stunServers: [] }, { nowMs: Date.now }),
    store: {
      get: () => facts.get(HISTORY_FACT),
      put: (history) => facts.set(HISTORY_FACT, history),
    },
    nowMs,
    ...(deps.monotonicMs && { monotonicMs: deps.monotonicMs }),
    onEvidence: (record) => {
      try {
        outbox.add(record);
      } catch (error) {
        // It describes a way, and makes no row.
        log.error({ err: error }, 'a traced way cannot be put among the reports');
      }
    },
    log,
  });

  return {
    count: ({ transferId, sourceAddress, destinationAddress }, bytes) => {
      if (!tracing.enabled) return;
      const key = `${transferId} ${destinationAddress}`;
      const takenBytes = (bytesOf.get(key) ?? 0) + bytes;
      bytesOf.set(key, takenBytes % LOOK_EVERY_BYTES);
      if (takenBytes < LOOK_EVERY_BYTES) return;
      prober.consider({ transferId, direction: 'forward', sourceAddress, destinationAddress });
    },
    stop: () => prober.stop(),
  };
}
