import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Logger } from '@fairhop/shared/service';
import type { BeliefBook } from './belief-book.js';

/** Transfers of one transaction: some milliseconds, then reports get their turn. */
const TRANSFERS_PER_TURN = 200;

export interface ScheduledReview {
  start(): void;
  /** Ends after the transaction under way. */
  stop(): Promise<void>;
}

/** Looks every so often for claims whose hold is over, and for transfers of agents that were caught, quarantined or released. */
export function createScheduledReview(
  intervalMs: number,
  { review, clock, log }: { readonly clock: Clock; readonly log: Logger } & Pick<BeliefBook, 'review'>,
): ScheduledReview {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;

  const runOnce = async (): Promise<void> => {
    try {
      while (timer !== undefined && review(clock.nowMs(), TRANSFERS_PER_TURN) >= TRANSFERS_PER_TURN)
        await nextTurn();
    } catch (error) {
      // What was not looked at is found the next time.
      log.error({ err: error }, 'claims could not be looked through');
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
