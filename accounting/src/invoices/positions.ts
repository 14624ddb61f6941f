import { FairhopError, type LineBasis } from '@fairhop/shared/model';
import { type Reading, rowsOf } from '../reading/index.js';

/** Newest event, move of belief and completion of a state of the ledger. */
export type Positions = Pick<LineBasis, 'upToEvent' | 'upToMove' | 'upToCompletion'>;

export function* readPositions(): Reading<Positions> {
  const [positions] = yield* rowsOf<Positions>({
    sql: `SELECT coalesce((SELECT max(id) FROM events), 0) AS upToEvent,
      coalesce((SELECT max(id) FROM belief_moves), 0) AS upToMove,
      (SELECT value FROM counters WHERE name = 'completions') AS upToCompletion`,
  });
  return positions!;
}

const HOUR_MS = 3_600_000;

/**
 * Sums over all of a time that tell whether anything of it changed: events and bytes only grow, and while they are the same, bytes
 * that may not be billed only become fewer.
 */
export function* readFingerprint({ fromMs, toMs }: { fromMs: number; toMs: number }): Reading<string> {
  const parameters = { fromHour: Math.floor(fromMs / HOUR_MS), toHour: Math.ceil(toMs / HOUR_MS) };
  const [booked] = yield* rowsOf<{ events: bigint; bytes: bigint }>({
    sql: `SELECT coalesce(sum(events), 0) AS events, coalesce(sum(bytes), 0) AS bytes
      FROM owners CROSS JOIN owner_hours ON subject = owners.id AND hour >= @fromHour AND hour < @toHour`,
    parameters,
    isExact: true,
  });
  const [open] = yield* rowsOf<{ bytes: bigint }>({
    sql: `SELECT coalesce(sum(bytes), 0) AS bytes FROM unbillable_hours WHERE hour >= @fromHour AND hour < @toHour`,
    parameters,
    isExact: true,
  });
  return `${booked!.events} ${booked!.bytes} ${open!.bytes}`;
}

/** Single events that are older are dropped; 0 while all are kept. */
export function* readKeptFromMs(): Reading<number> {
  const [kept] = yield* rowsOf<{ hour: number }>({
    sql: `SELECT value AS hour FROM counters WHERE name = 'kept-from-hour'`,
  });
  return (kept?.hour ?? 0) * HOUR_MS;
}

export function eventsDropped(keptFromMs: number): FairhopError {
  const message = `events of before ${new Date(keptFromMs).toISOString()} are dropped; the time for disputes about them is over, and their sums stay`;
  return new FairhopError('events-dropped', message, { status: 409 });
}
