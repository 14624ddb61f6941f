import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from '@fairhop/shared/service';

export interface InTurns {
  start(): void;
  /** Ends after the turn under way. */
  stop(): Promise<void>;
}

/** Does something every so often, a turn at a time until none is left, so that reports get theirs between. */
export function createInTurns(
  intervalMs: number,
  {
    turn,
    log,
    failure,
  }: {
    /** False when nothing is left to do. */
    readonly turn: () => boolean;
    readonly log: Logger;
    /** What a failure means; the next time goes on. */
    readonly failure: string;
  },
): InTurns {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;

  const runOnce = async (): Promise<void> => {
    try {
      while (timer !== undefined && turn()) await nextTurn();
    } catch (error) {
      log.error({ err: error }, failure);
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
