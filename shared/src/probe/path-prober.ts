import { FairhopError, type PathEvidenceRecord } from '../model/index.js';
import type { HostFactsReader } from './host-facts.js';
import {
  decideTrace,
  HOUR_MS,
  type TraceDecision,
  type TraceHistory,
  type TraceLimits,
  traceHistorySchema,
  tracePair,
  withoutPair,
  withTrace,
} from './trace-budget.js';
import { addressIn } from './trace-hops.js';
import type { Tracer } from './tracer.js';

/** A transfer is traced when it has run for so long: its start has the machine and the line for itself. */
const START_DELAY_MS = 1000;
/** Transfers that run at a time on the largest of hosts; older ones begin their delay anew. */
const MAX_TRANSFERS = 4096;
/** More would wait for their time-outs together. */
const AT_ONCE = 2;

/** A transfer that runs, as its prober sees it. */
export interface ProbedTransfer {
  readonly transferId: string;
  /** Of an agent. */
  readonly grant?: string;
  /** `forward` where this host is the source. */
  readonly direction: PathEvidenceRecord['direction'];
  /** This host's address as the other end sees it. */
  readonly sourceAddress: string;
  readonly destinationAddress: string;
}

interface Seen {
  /** Addresses of source and destination. */
  readonly ends: string;
  readonly sinceMs: number;
  /** Its trace told of no hop. */
  hasFailed: boolean;
}

const keyOf = ({ direction, transferId }: ProbedTransfer): string => `${direction} ${transferId}`;

/** Where the history of traces is kept over restarts. */
interface TraceStore {
  get(): string | undefined;
  put(history: string): void;
}

export interface PathProberConfig extends Pick<TraceLimits, 'pairIntervalMs' | 'hourlyLimit'> {
  readonly enabled: boolean;
}

export interface PathProberDependencies {
  readonly tracer: Tracer;
  readonly hostFacts: HostFactsReader;
  readonly store: TraceStore;
  /** Coordinator's time. */
  readonly nowMs: () => number;
  /** A clock that never goes back. */
  readonly monotonicMs?: () => number;
  readonly onEvidence: (record: PathEvidenceRecord) => void;
  readonly log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
}

export interface PathProberStatus {
  readonly enabled: boolean;
  /** Why nothing is traced any more until the next start. */
  readonly problem: string | null;
  readonly running: number;
  readonly lastHour: number;
  readonly hourlyLimit: number;
  /** The last trace of this run. */
  readonly last: {
    readonly destinationAddress: string;
    readonly atMs: number;
    readonly outcome: string;
  } | null;
  /** Why the last transfer that was looked at is not traced; null where it is. */
  readonly waits: Exclude<TraceDecision, 'trace'> | 'own-host' | null;
}

/** Traces the ways of transfers, within a budget, beside them. */
export interface PathProber {
  /** Called as often as one likes while a transfer runs; begins at most one trace, and returns at once. */
  consider(transfer: ProbedTransfer): void;
  status(): PathProberStatus;
  /** Ends what runs. */
  stop(): Promise<void>;
}

export function createPathProber(config: PathProberConfig, deps: PathProberDependencies): PathProber {
  const { tracer, hostFacts, store, log, monotonicMs = () => performance.now() } = deps;
  const limits: TraceLimits = { ...config, atOnce: AT_ONCE };
  const stopping = new AbortController();
  /** Transfers since they were first seen between their ends of now. */
  const seen = new Map<string, Seen>();
  const running = new Set<Promise<void>>();
  let history = readHistory(store);
  let problem: string | null = null;
  let last: PathProberStatus['last'] = null;
  let waits: PathProberStatus['waits'] = null;

  const keep = (changed: TraceHistory): void => {
    history = changed;
    try {
      store.put(JSON.stringify(history));
    } catch (error) {
      // Kept in memory: the next trace writes it again.
      log.warn({ error: String(error) }, 'which ways were traced cannot be kept');
    }
  };

  const isDue = (transfer: ProbedTransfer, pair: string): boolean => {
    const key = keyOf(transfer);
    const ends = `${transfer.sourceAddress} ${transfer.destinationAddress}`;
    const before = seen.get(key);
    if (before?.ends === ends) return !before.hasFailed && monotonicMs() - before.sinceMs >= START_DELAY_MS;
    // A connection that moves while it runs has found its old way gone, or a better one.
    if (before !== undefined) keep(withoutPair(history, pair));
    if (before === undefined && seen.size >= MAX_TRANSFERS) seen.delete(seen.keys().next().value!);
    seen.set(key, { ends, sinceMs: monotonicMs(), hasFailed: false });
    return false;
  };

  const trace = async (transfer: ProbedTransfer, pair: string): Promise<void> => {
    const { destinationAddress, sourceAddress } = transfer;
    const { signal } = stopping;
    const atMs = deps.nowMs();
    try {
      const [found, host] = await Promise.all([
        tracer.trace(destinationAddress, signal),
        hostFacts.read(destinationAddress, sourceAddress, signal),
      ]);
      deps.onEvidence({ type: 'path-evidence', ...transfer, ...found, hops: [...found.hops], host });
      last = {
        destinationAddress,
        atMs,
        outcome: `${found.hops.length} hops, ${found.reached ? '' : 'not '}reached`,
      };
    } catch (error) {
      // Nothing is known of the way: another transfer may try. The hour's limit still counts this one, and the same
      // transfer would only fail again.
      keep(withoutPair(history, pair));
      const one = seen.get(keyOf(transfer));
      if (one !== undefined) one.hasFailed = true;
      if (signal.aborted) return;
      const code = error instanceof FairhopError ? error.code : 'internal';
      last = { destinationAddress, atMs, outcome: code };
      if (code === 'trace-tool-missing') {
        problem = String((error as Error).message);
        log.info({ reason: problem }, 'ways are not traced');
      } else log.warn({ error: String(error) }, 'a way could not be traced');
    }
  };

  return {
    consider(transfer) {
      if (!config.enabled || problem !== null || stopping.signal.aborted) return;
      if (isOwnHost(transfer)) {
        waits = 'own-host';
        return;
      }
      const pair = tracePair(transfer.sourceAddress, transfer.destinationAddress);
      if (!isDue(transfer, pair)) return;
      const nowMs = deps.nowMs();
      const decision = decideTrace(history, { pair, running: running.size, nowMs }, limits);
      waits = decision === 'trace' ? null : decision;
      if (decision !== 'trace') return;
      keep(withTrace(history, pair, nowMs, limits));
      const work = trace(transfer, pair).finally(() => running.delete(work));
      running.add(work);
    },
    status: () => ({
      enabled: config.enabled,
      problem,
      running: running.size,
      lastHour: history.filter(({ startedMs }) => deps.nowMs() - startedMs < HOUR_MS).length,
      hourlyLimit: config.hourlyLimit,
      last,
      waits,
    }),
    async stop() {
      stopping.abort();
      await Promise.all(running);
    },
  };
}

/** Between two addresses of one host there is no way to trace. */
function isOwnHost({ sourceAddress, destinationAddress }: ProbedTransfer): boolean {
  const destination = addressIn(destinationAddress);
  return (
    destination === undefined ||
    destination === addressIn(sourceAddress) ||
    destination === '::1' ||
    destination.startsWith('127.')
  );
}

/** What an earlier process kept; unreadable is as if nothing had been traced. */
function readHistory(store: TraceStore): TraceHistory {
  try {
    return traceHistorySchema.parse(JSON.parse(store.get() ?? '[]'));
  } catch {
    return [];
  }
}
