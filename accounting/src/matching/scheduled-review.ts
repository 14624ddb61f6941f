import type { Clock, Logger } from '@fairhop/shared/service';
import { createInTurns, type InTurns } from '../in-turns.js';
import type { BeliefBook } from './belief-book.js';

/** Transfers of one transaction: some milliseconds, then reports get their turn. */
const TRANSFERS_PER_TURN = 200;

/** Looks every so often for claims whose hold is over, and for transfers of agents that were caught, quarantined or released. */
export function createScheduledReview(
  intervalMs: number,
  { review, clock, log }: { readonly clock: Clock; readonly log: Logger } & Pick<BeliefBook, 'review'>,
): InTurns {
  return createInTurns(intervalMs, {
    turn: () => review(clock.nowMs(), TRANSFERS_PER_TURN) >= TRANSFERS_PER_TURN,
    log,
    failure: 'claims could not be looked through',
  });
}
