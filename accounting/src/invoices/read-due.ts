import type { Contract } from '@fairhop/shared/model';
import { measureOf } from '../rating/index.js';
import type { Reading } from '../reading/index.js';
import type { Closing } from './closing-store.js';
import { type ContractPeriod, periodNamed } from './contract-periods.js';
import { eventsFromMs } from './counted.js';
import type { PeriodDue } from './draft-invoice.js';
import { type Positions, readFingerprint, readKeptFromMs, readPositions } from './positions.js';
import type { Usage, UsageReader } from './usage.js';

/** What is due of a contract in one state of the ledger. */
export interface Due {
  readonly positions: Positions;
  /** The period itself, and closed ones before of which something came since. */
  readonly due: readonly PeriodDue[];
  /** Fingerprints of all periods that it settles: of what is due, and of the period itself and reopened ones where they are not in force. */
  readonly settled: ReadonlyMap<ContractPeriod, string>;
}

export function* readDue(
  contract: Contract,
  period: ContractPeriod,
  { closed, usages }: { readonly closed: readonly Closing[]; readonly usages: UsageReader },
): Reading<Due> {
  const positions = yield* readPositions();
  const keptFromMs = yield* readKeptFromMs();
  const due: PeriodDue[] = [];
  const settled = new Map([[period, yield* readFingerprint(period)]]);
  if (period.isInForce) due.push(yield* readPeriodDue(period, positions, usages));
  for (const closing of closed) {
    const earlier = periodNamed(contract, closing.period);
    if (earlier === undefined || earlier.key === period.key) continue;
    // Events are dropped once nothing can come for their period any more.
    if (earlier.toMs > period.fromMs) continue;
    const { fromMs, version } = earlier;
    if (version.charges.some((charge) => eventsFromMs({ ...charge, fromMs }) < keptFromMs)) continue;
    if (!earlier.isInForce && !closing.isReopened) continue;
    const fingerprint = yield* readFingerprint(earlier);
    const hasFiles = version.charges.some(({ plan }) => measureOf(plan) === 'files');
    // A file is backed by bytes of any time, so that sums over its period tell nothing of it.
    if (fingerprint === closing.fingerprint && !closing.isReopened && !hasFiles) continue;
    settled.set(earlier, fingerprint);
    // What a credit note took back of one after the contract's end is due of the periods before that end.
    if (earlier.isInForce) due.push(yield* readPeriodDue(earlier, positions, usages));
  }
  return { positions, due, settled };
}

export function* readPeriodDue(
  period: ContractPeriod,
  positions: Positions,
  usages: Pick<UsageReader, 'read'>,
): Reading<PeriodDue> {
  const { fromMs, toMs, version } = period;
  const read: Usage[] = [];
  for (const { usage, plan } of version.charges) {
    const counted = { usage, plan, fromMs, toMs, timeZone: version.timeZone };
    read.push(yield* usages.read(counted, positions));
  }
  return { period, usages: read };
}
