import type { Contract } from '@fairhop/shared/model';
import type { Closing } from './closing-store.js';
import { type ContractPeriod, periodsBegun } from './contract-periods.js';
import { eventsFromMs } from './counted.js';

/** So long after a period's end reports may still come for it (93 days), and so long after its issuing an invoice may be disputed. */
const DISPUTE_MS = 100 * 86_400_000;

/**
 * All before it is in closed periods of which no draft or disputed invoice asks anything, which are not to be invoiced anew, and whose
 * time for late reports and disputes is over, that of their last invoice too.
 */
export function settledUntil(
  contracts: readonly Contract[],
  nowMs: number,
  {
    closingOf,
    openPeriodsOf,
  }: {
    readonly closingOf: (contract: string, period: string) => Closing | undefined;
    /** Of which drafts, disputed invoices and those issued since then ask something, their own periods and earlier ones. */
    readonly openPeriodsOf: (contract: string, issuedSinceMs: number) => ReadonlySet<string>;
  },
): number {
  const untilMs = contracts.map((contract) => {
    const { versions, id } = contract;
    const asked = openPeriodsOf(id, nowMs - DISPUTE_MS);
    const isOpen = ({ key, toMs }: ContractPeriod): boolean =>
      toMs + DISPUTE_MS > nowMs || asked.has(key) || closingOf(id, key)?.isReopened !== false;
    // What has begun waits for its end, and for late reports, maybe for longer than the time for disputes.
    const open = periodsBegun(contract, nowMs).find(isOpen);
    if (open === undefined) return Math.max(versions[0]!.fromMs, nowMs - DISPUTE_MS);
    return Math.min(
      ...open.version.charges.map((charge) => eventsFromMs({ ...charge, fromMs: open.fromMs })),
    );
  });
  return Math.min(nowMs - DISPUTE_MS, ...untilMs);
}
