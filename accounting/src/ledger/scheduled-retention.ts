import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Logger } from '@fairhop/shared/service';
import type { Retention } from './retention.js';

const DAY_MS = 86_400_000;

export interface RetentionConfig {
  /** Single events are kept for so many days, 100 at least; rollups for ever. */
  readonly keepEventDays: number;
  readonly intervalMs: number;
}

interface RetentionDependencies {
  readonly retention: Pick<Retention, 'dropHour'>;
  /** All before it is in closed periods whose dispute time is over. */
  readonly settledUntilMs: () => number;
  readonly clock: Clock;
  readonly log: Logger;
}

interface ScheduledRetention {
  start(): void;
  /** Ends after the transaction under way. */
  stop(): Promise<void>;
}

/** Drops events every so often, an hour of them at a time, so that reports get their turn between. */
export function createScheduledRetention(
  { keepEventDays, intervalMs }: RetentionConfig,
  { retention, settledUntilMs, clock, log }: RetentionDependencies,
): ScheduledRetention {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;

  const runOnce = async (): Promise<void> => {
    try {
      while (timer !== undefined) {
        const nowMs = clock.nowMs();
        const dropped = retention.dropHour(Math.min(settledUntilMs(), nowMs - keepEventDays * DAY_MS), nowMs);
        if (dropped === undefined) return;
        log.info(dropped, 'old events are dropped; their sums stay');
        await nextTurn();
      }
    } catch (error) {
      // What was not dropped is dropped the next time.
      log.error({ err: error }, 'old events could not be dropped');
    }
  };
  return {
    start() {
      timer = setInterval(() => {
        running ??= runOnce().finally(() => {
          running = undefined;
        });
      }, intervalMs);
    },
    async stop() {
      clearInterval(timer);
      timer = undefined;
      await running;
    },
  };
}
