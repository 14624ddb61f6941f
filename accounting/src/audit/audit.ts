import type { AuditResult } from '@fairhop/shared/contract';
import { toSafeInteger } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import { type Reading, readHere } from '../reading/index.js';
import { checkMoves, checkPartition, checkSettled, checkUnbillable } from './check-beliefs.js';
import { checkCompletions } from './check-completions.js';
import { checkDropped } from './check-dropped.js';
import { checkPaths } from './check-paths.js';
import { checkRollup, rollupChecks, timeSlices } from './check-rollup.js';
import { checkBlocks, checkCounters, readTotals } from './check-totals.js';

/** Proves that the ledger adds up, all in one state of it, or names the first record that breaks it. */
export function* audit(): Reading<AuditResult> {
  const checks: AuditResult['checks'] = [];
  const note = (name: string, states: string, broken: string | undefined): void => {
    checks.push({ name, ok: broken === undefined, detail: broken ?? states });
  };
  const totals = yield* readTotals();
  const events = Number(totals.events);
  const slices = yield* timeSlices(events);
  for (const check of rollupChecks)
    note(check.name, 'event sum = rollup, row by row', yield* checkRollup(check, events, slices));
  const { components, conservation } = yield* checkPaths();
  note(
    'components',
    "every path's components are those of its ASes, links and ISPs, and all of them",
    components,
  );
  note('conservation', 'for each AS and bin, bytes in + originated = bytes out + terminated', conservation);
  note('event-blocks', 'every event lies in the time of its block', yield* checkBlocks(totals));
  note('events', 'what was counted when booking is what is there', yield* checkCounters(totals));
  note(
    'beliefs',
    'each byte between agents is settled or open, as its transfer says',
    yield* checkPartition(),
  );
  note('settled', 'nothing beyond what both ends signed, or the grant', yield* checkSettled());
  note('unbillable-hours', 'event sum = rollup, bin by bin', yield* checkUnbillable());
  note('belief-moves', 'moves add up to what is believed, and none goes back', yield* checkMoves());
  note('dropped-hours', 'sums of dropped events are those of then', yield* checkDropped());
  note(
    'completions',
    'all that were counted are there, and what a host booked later of a content is of an earlier time',
    yield* checkCompletions(),
  );
  return {
    ok: checks.every(({ ok }) => ok),
    events,
    bytes: toSafeInteger(totals.bytes, 'bytes of all events'),
    unattributedEvents: Number(totals.unattributedEvents),
    unattributedBytes: toSafeInteger(totals.unattributedBytes, 'bytes of all unattributed events'),
    checks,
    firstBreak: checks.find(({ ok }) => !ok)?.detail ?? null,
  };
}

/** The audit on a connection of its caller, at once. */
export const auditLedger = (database: Database): AuditResult => readHere(database, audit);
