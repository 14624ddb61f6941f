import { FairhopError } from '../model/errors.js';
import { withTimeout } from './clock.js';

/** Something long-lived: inert until started, and nothing is left of it after stop. */
export interface Service {
  start(): Promise<unknown>;
  stop(): Promise<void>;
}

/** One service of several: started in order, stopped in reverse. If one does not start, those before it are stopped. */
export function composeServices(services: readonly Service[]): Service {
  let started: Service[] = [];
  const stopStarted = async (): Promise<void> => {
    const stopping = started.reverse();
    started = [];
    const failures: unknown[] = [];
    for (const service of stopping) await service.stop().catch((error: unknown) => failures.push(error));
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1)
      throw new AggregateError(failures, `${failures.length} services did not stop cleanly`);
  };
  return {
    start: async () => {
      for (const service of services) {
        try {
          await service.start();
        } catch (error) {
          // What stopped them is what counts; that one of them does not stop either adds nothing to act on.
          await stopStarted().catch(() => undefined);
          throw error;
        }
        started.push(service);
      }
    },
    stop: stopStarted,
  };
}

export interface SignalDependencies {
  signals: Pick<NodeJS.EventEmitter, 'on' | 'off'>;
  exit: (code: number) => void;
}

export interface RunOptions {
  /** Gets a signal that aborts when the process is told to end. */
  start(signal: AbortSignal): Promise<unknown>;
  stop(): Promise<void>;
  /** How long an orderly stop may take. */
  stopTimeoutMs?: number;
}

const defaultStopTimeoutMs = 10_000;

/**
 * Starts, waits for SIGINT or SIGTERM, stops once; then it resolves. A second signal ends the process at once with 130.
 * Throws what start or stop throws, and `stop-time-out` when stop takes too long.
 */
export async function runUntilSignal(
  { start, stop, stopTimeoutMs = defaultStopTimeoutMs }: RunOptions,
  { signals, exit }: SignalDependencies = { signals: process, exit: (code) => process.exit(code) },
): Promise<void> {
  const controller = new AbortController();
  const told = new Promise<void>((resolve) => {
    controller.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const onSignal = (): void => {
    if (controller.signal.aborted) exit(130);
    else controller.abort(new FairhopError('interrupted', 'told to end'));
  };
  signals.on('SIGINT', onSignal);
  signals.on('SIGTERM', onSignal);
  try {
    try {
      await start(controller.signal);
      await told;
    } catch (error) {
      await withTimeout(stop(), stopTimeoutMs, 'stop-time-out').catch(() => undefined);
      if (controller.signal.aborted) return;
      throw error;
    }
    await withTimeout(stop(), stopTimeoutMs, 'stop-time-out');
  } finally {
    signals.off('SIGINT', onSignal);
    signals.off('SIGTERM', onSignal);
  }
}
