import { FairhopError } from '@fairhop/shared/model';
import type { Clock, Logger } from '@fairhop/shared/service';
import { type ClaimedRun, MAX_RUN_MS } from './claimed-run.js';
import { failureOf } from './failure.js';
import type { RunOutcome } from './run-store.js';
import type { Schedules } from './schedules.js';

export interface Scheduler {
  start(): void;
  /** Ends after the run under way; what is due later is the next process's. */
  stop(): Promise<void>;
  /** Something changed: looks for what is due now. */
  wake(): void;
}

/** Clocks can be set: what is due is looked for at least this often. */
const MAX_WAIT_MS = 30_000;

/** Does what is due, one run after the other. A run that fails is recorded as failed and not done again. */
export function createScheduler({
  schedules,
  perform,
  clock,
  log,
}: {
  readonly schedules: Schedules;
  /** Does a task; what it causes has names that are the same when a run is begun again. */
  readonly perform: (run: ClaimedRun) => Promise<RunOutcome>;
  readonly clock: Clock;
  readonly log: Logger;
}): Scheduler {
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let isWoken = false;
  let wakeUp: () => void = () => undefined;

  const doOne = async (run: ClaimedRun): Promise<void> => {
    const outcome = await within(MAX_RUN_MS, perform(run)).catch((error: unknown): RunOutcome => {
      log.warn({ err: error, schedule: run.schedule, run: run.id }, 'a scheduled run failed');
      return { caused: [], error: failureOf(error) };
    });
    // What our own stop cut off is begun again by the next process.
    if (!stopping.signal.aborted) schedules.end(run, outcome);
  };
  const wait = async (waitMs: number): Promise<void> => {
    if (isWoken) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  };
  const untilNextMs = (): number =>
    Math.min(MAX_WAIT_MS, Math.max(1, (schedules.nextMs() ?? Number.MAX_SAFE_INTEGER) - clock.nowMs()));
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      isWoken = false;
      try {
        const run = schedules.claim();
        if (run === undefined) await wait(untilNextMs());
        else await doOne(run);
      } catch (error) {
        // A full disk: what is due stays due.
        log.error({ err: error }, 'schedules cannot be run now');
        await wait(MAX_WAIT_MS);
      }
    }
  };
  const wake = (): void => {
    isWoken = true;
    wakeUp();
  };
  return {
    start() {
      for (const { id, error } of schedules.list())
        if (error !== null)
          log.error({ schedule: id, reason: error }, 'a schedule is never due; set it anew');
      running = loop();
    },
    async stop() {
      stopping.abort();
      wake();
      await running;
    },
    wake,
  };
}

async function within<Result>(timeoutMs: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new FairhopError('timed-out', `the run took more than ${timeoutMs / 60_000} minutes`)),
      timeoutMs,
    );
  });
  return Promise.race([work, timeout]).finally(() => clearTimeout(timer));
}
