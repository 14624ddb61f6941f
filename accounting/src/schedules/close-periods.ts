import type { Logger } from '@fairhop/shared/service';
import type { Invoices } from '../invoices/index.js';
import { failureOf } from './failure.js';

export interface ClosingOutcome {
  /** Ids of drafts, or numbers where they are issued. */
  readonly invoices: readonly string[];
  /** In words: what of which contract or invoice could not be done. */
  readonly failures: readonly string[];
}

/** As many as one closing of a large operator drafts. */
const MAX_DRAFTS = 1_000;

/** Drafts what every contract has due by now, and where it is asked for issues all drafts: one that fails does not hold up the others. */
export async function closePeriods(
  {
    invoices,
    nowMs,
    log,
  }: { invoices: Pick<Invoices, 'list' | 'closeDue' | 'issue'>; nowMs: number; log: Logger },
  isIssued: boolean,
): Promise<ClosingOutcome> {
  const drafts = (): string[] => invoices.list({ status: 'draft', limit: MAX_DRAFTS }).map(({ id }) => id);
  const before = new Set(isIssued ? [] : drafts());
  const due = await invoices.closeDue(nowMs);
  const failures = due.failures.map(
    ({ contract, period, message }) => `contract ${contract}, ${period}: ${message}`,
  );
  const found = drafts().filter((id) => !before.has(id));
  if (!isIssued) return { invoices: found, failures };
  const issued: string[] = [];
  for (const id of found)
    try {
      issued.push(invoices.issue(id, { by: 'schedule', nowMs }).number ?? id);
    } catch (error) {
      log.error({ err: error, invoice: id }, 'a draft could not be issued');
      failures.push(`invoice ${id}: ${failureOf(error).message}`);
    }
  return { invoices: issued, failures };
}
