import { type Contract, type ContractTerms, FairhopError } from '@fairhop/shared/model';
import { chargePath } from './check-terms.js';
import type { ContractKnowledge } from './knowledge.js';
import { countSameUsage } from './same-usage.js';

/**
 * Throws `contract-overlaps` (409) where another contract of the same kind between the same parties has a charge for some of the same
 * usage at the same time: it would be paid for twice. Terms are open at their end. Within a contract charges may add up.
 */
export function checkOverlaps(
  { id }: Pick<Contract, 'id'>,
  { charges, timeZone, fromMs }: ContractTerms & { readonly fromMs: number },
  alike: readonly Contract[],
  knows: ContractKnowledge,
): void {
  for (const other of alike) {
    if (other.id === id) continue;
    for (const version of other.versions) {
      if (version.toMs !== null && version.toMs <= fromMs) continue;
      charges.forEach((charge, index) => {
        const same = version.charges.find((theirs) =>
          countSameUsage({ ...charge, timeZone }, { ...theirs, timeZone: version.timeZone }, knows),
        );
        if (same === undefined) return;
        const [begin, finish] = [Math.max(fromMs, version.fromMs), version.toMs].map(
          (timeMs) => timeMs !== null && new Date(timeMs).toISOString(),
        );
        const time = finish ? `from ${begin} to ${finish}` : `from ${begin} on`;
        const message = `charge ${charge.id} counts usage that charge ${same.id} of contract ${other.id} counts ${time}; end that contract before, or name other usage`;
        throw new FairhopError('contract-overlaps', message, {
          status: 409,
          errors: [{ path: chargePath(index), message }],
          details: { contract: other.id, charge: same.id },
        });
      });
    }
  }
}
