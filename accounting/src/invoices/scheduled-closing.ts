import type { Clock, Logger } from '@fairhop/shared/service';
import type { Invoices } from './invoices.js';

/** Periods end at midnight of their zones: a minute later their drafts are there. */
const INTERVAL_MS = 60_000;

export interface ScheduledClosing {
  /** Catches up on what ended meanwhile. */
  start(): void;
  /** Ends after the closing under way. */
  stop(): Promise<void>;
}

/** Drafts what contracts have due, as their periods end. */
export function createScheduledClosing({
  invoices,
  clock,
  log,
}: {
  readonly invoices: Pick<Invoices, 'closeDue'>;
  readonly clock: Clock;
  readonly log: Logger;
}): ScheduledClosing {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  const runOnce = async (): Promise<void> => {
    try {
      const { closed } = await invoices.closeDue(clock.nowMs());
      if (closed > 0) log.info({ closed }, 'periods of contracts were closed');
    } catch (error) {
      log.error({ err: error }, 'periods of contracts could not be looked at');
    }
  };
  const look = (): void => {
    running ??= runOnce().finally(() => {
      running = undefined;
    });
  };
  return {
    start() {
      timer = setInterval(look, INTERVAL_MS);
      look();
    },
    async stop() {
      clearInterval(timer);
      timer = undefined;
      await running;
    },
  };
}
