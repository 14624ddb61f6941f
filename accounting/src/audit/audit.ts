import type { AuditResult } from '@fairhop/shared/contract';
import { toSafeInteger } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import { checkComponents, checkConservation } from './check-paths.js';
import { checkRollup, rollupChecks } from './check-rollup.js';

interface Totals {
  events: bigint;
  bytes: bigint;
  unattributed: bigint;
}

interface Check {
  readonly name: string;
  /** What holds when it is right. */
  readonly states: string;
  /** The first record that breaks it. */
  readonly run: () => string | undefined;
}

/** Proves that the ledger adds up, all in one state of it, or names the first record that breaks it. */
export function auditLedger(database: Database): AuditResult {
  return database.transaction(() => auditState(database))();
}

function auditState(database: Database): AuditResult {
  const totals = database
    .prepare<[], Totals>(
      `SELECT count(*) AS events, coalesce(sum(bytes), 0) AS bytes,
         count(*) FILTER (WHERE routes.id IS NOT NULL AND path IS NULL) AS unattributed
       FROM events LEFT JOIN routes ON routes.id = route`,
    )
    .safeIntegers()
    .get()!;
  const checks: Check[] = [
    ...rollupChecks.map((check) => ({
      name: check.name,
      states: 'event sum = rollup, row by row',
      run: () => checkRollup(database, check),
    })),
    {
      name: 'components',
      states: "every path's components are those of its ASes and ISPs",
      run: () => checkComponents(database),
    },
    {
      name: 'conservation',
      states: 'for each AS and bin, bytes in + originated = bytes out + terminated',
      run: () => checkConservation(database),
    },
    {
      name: 'events',
      states: 'what was counted when booking is what is there',
      run: () => checkTotals(database, totals),
    },
  ];
  const results = checks.map(({ name, states, run }) => {
    const broken = run();
    return { name, ok: broken === undefined, detail: broken ?? states };
  });
  return {
    ok: results.every(({ ok }) => ok),
    events: Number(totals.events),
    bytes: toSafeInteger(totals.bytes, 'bytes of all events'),
    unattributedEvents: Number(totals.unattributed),
    checks: results,
    firstBreak: results.find(({ ok }) => !ok)?.detail ?? null,
  };
}

function checkTotals(database: Database, totals: Totals): string | undefined {
  const counter = database
    .prepare<[string], bigint>('SELECT value FROM counters WHERE name = ?')
    .pluck()
    .safeIntegers();
  for (const name of ['events', 'bytes'] as const) {
    const counted = counter.get(name);
    if (counted !== totals[name]) return `events: ${counted} ${name} were booked, ${totals[name]} are there`;
  }
  return undefined;
}
