import { type Charge, type ContractTerms, FairhopError } from '@fairhop/shared/model';
import { timePartsOf } from '../invoices/time-parts.js';
import { createZone } from '../query/zone.js';
import { measureOf } from '../rating/index.js';
import { billingPeriodAt } from './billing-period.js';
import { chargePath } from './check-terms.js';

const HOUR_MS = 3_600_000;

/**
 * Throws `events-dropped` (409) where terms begin before the single events that are kept and a charge counts what only these tell: its
 * periods could never be closed.
 */
export function checkKept(terms: ContractTerms & { readonly fromMs: number }, keptFromMs: number): void {
  if (terms.fromMs >= keptFromMs) return;
  terms.charges.forEach((charge, index) => {
    const what =
      onlyInEvents(charge) ?? (hasPartOfHour(charge, terms, keptFromMs) ? 'parts of hours' : undefined);
    if (what === undefined) return;
    const kept = new Date(keptFromMs).toISOString();
    const message = `charge ${charge.id} counts ${what}, which only single events tell, and those of before ${kept} are dropped; terms from then on are right, or usage by networks or owner alone, in whole hours of UTC`;
    const errors = [{ path: chargePath(index), message }];
    throw new FairhopError('events-dropped', message, { status: 409, errors, details: { keptFromMs } });
  });
}

/** Hourly sums know routes and owners, bins of either, and files by owner and title. */
function onlyInEvents({ usage, plan }: Charge): string | undefined {
  const { leaves, enters, crosses, source, destination, kind, owner, title, category } = usage;
  const isByRoute = [leaves, enters, crosses, source, destination, kind].some(
    (filter) => filter !== undefined,
  );
  const measure = measureOf(plan);
  if (measure === 'files') return isByRoute ? 'files by networks' : undefined;
  if (title !== undefined) return 'bytes of a title';
  if (category !== undefined) return 'bytes of a category';
  const isBoth = measure === 'percentile95' && isByRoute && owner !== undefined;
  return isBoth ? 'a percentile of both an owner and networks' : undefined;
}

function hasPartOfHour(
  { usage, plan }: Charge,
  terms: ContractTerms & { fromMs: number },
  keptFromMs: number,
): boolean {
  if (measureOf(plan) === 'files') return false;
  const zone = createZone(terms.timeZone);
  for (let fromMs = terms.fromMs; fromMs < keptFromMs; ) {
    const { toMs } = billingPeriodAt(terms, fromMs);
    const parts = timePartsOf({ usage, plan, fromMs, toMs, timeZone: terms.timeZone }, zone);
    if (parts.some(({ isWhole, fromHour }) => !isWhole && fromHour * HOUR_MS < keptFromMs)) return true;
    fromMs = toMs;
  }
  return false;
}
