import type { Clock, Logger } from '@fairhop/shared/service';
import { createInTurns, type InTurns } from '../in-turns.js';
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

/** Drops events every so often, an hour of them at a time, so that reports get their turn between. */
export function createScheduledRetention(
  { keepEventDays, intervalMs }: RetentionConfig,
  { retention, settledUntilMs, clock, log }: RetentionDependencies,
): InTurns {
  return createInTurns(intervalMs, {
    turn() {
      const nowMs = clock.nowMs();
      const dropped = retention.dropHour(Math.min(settledUntilMs(), nowMs - keepEventDays * DAY_MS), nowMs);
      if (dropped !== undefined) log.info(dropped, 'old events are dropped; their sums stay');
      return dropped !== undefined;
    },
    log,
    failure: 'old events could not be dropped',
  });
}
