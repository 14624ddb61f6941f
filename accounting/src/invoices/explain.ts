import type { ExplainedLine } from '@fairhop/shared/contract';
import {
  type ContractVersion,
  FairhopError,
  type Invoice,
  type InvoiceLine,
  type LineBasis,
} from '@fairhop/shared/model';
import type { Reading } from '../reading/index.js';
import { minimumMissing, rateBasis } from './draft-invoice.js';
import type { StoredLine } from './invoice-store.js';
import { sha256 } from './leaves.js';
import type { UsageReader } from './usage.js';

/** What an invoice's lines came from. */
export interface ExplainedInvoice {
  readonly invoice: Invoice;
  /** Whether nobody is asked for it any more, by the credit note over it or as one itself. */
  readonly isWaived: boolean;
  readonly lines: readonly StoredLine[];
  /** The contract's versions by their numbers. */
  readonly versions: ReadonlyMap<number, ContractVersion>;
}

/** Every line derived again from single events, beside what was invoiced. Throws `events-dropped` (409). */
export function* explainLines(
  { invoice, isWaived, lines, versions }: ExplainedInvoice,
  usages: Pick<UsageReader, 'derive' | 'sample'>,
): Reading<ExplainedLine[]> {
  const explained: ExplainedLine[] = [];
  for (const [index, line] of invoice.lines.entries()) {
    const { minimumOf } = lines[index]!;
    const derived =
      line.basis === null
        ? yield* deriveMinimum(line, minimumOf ?? [], { versions, usages })
        : yield* deriveCharge(line, line.basis, { versions, usages });
    const sign = invoice.type === 'credit-note' ? -1 : 1;
    const amount = derived.amount === 0 ? 0 : derived.amount * sign;
    const invoiced = invoicedOf(line, minimumOf ?? []);
    const agrees =
      invoiced.quantity === derived.quantity &&
      invoiced.events === derived.events &&
      invoiced.digest === derived.digest &&
      invoiced.amount === amount;
    explained.push({
      ...{ position: line.position, description: line.description, calculation: line.calculation },
      ...{ invoiced, derived: { ...derived, amount }, agrees },
      ...(isWaived && { waived: line.amount === 0 ? 0 : line.amount * sign }),
      sampleEvents: line.basis === null ? [] : yield* usages.sample(line.basis, line.basis),
    });
  }
  return explained;
}

type Counts = ExplainedLine['invoiced'];

interface Deriving {
  readonly versions: ReadonlyMap<number, ContractVersion>;
  readonly usages: Pick<UsageReader, 'derive'>;
}

function* deriveCharge(line: InvoiceLine, basis: LineBasis, { versions, usages }: Deriving): Reading<Counts> {
  const { quantity, events, digest } = yield* usages.derive(basis, basis);
  const { amount } = rateBasis({ ...basis, quantity }, versionOf(basis, versions));
  return { quantity, events, digest, amount: amount - (line.alreadyInvoiced ?? 0) };
}

/** A minimum is of all charges of its period: their events, and the digest of their digests. */
function* deriveMinimum(
  line: InvoiceLine,
  minimumOf: readonly LineBasis[],
  { versions, usages }: Deriving,
): Reading<Counts> {
  const derived: LineBasis[] = [];
  let sum = 0;
  for (const basis of minimumOf) {
    const usage = yield* usages.derive(basis, basis);
    derived.push({ ...basis, ...usage });
    sum += rateBasis({ ...basis, ...usage }, versionOf(basis, versions)).amount;
  }
  const version = versionOf(minimumOf[0]!, versions);
  const missing = minimumMissing({ version }, sum);
  return { ...countsOfMinimum(derived), amount: missing - (line.alreadyInvoiced ?? 0) };
}

/** Throws `contract-version-unknown` (409). */
function versionOf(
  { contractVersion, charge }: Pick<LineBasis, 'contractVersion' | 'charge'>,
  versions: Deriving['versions'],
): ContractVersion {
  const version = versions.get(contractVersion);
  if (version !== undefined) return version;
  const held = [...versions.keys()].join(', ');
  const message = `charge ${charge} was invoiced by version ${contractVersion} of its contract, which is not kept (${held}): its amount cannot be derived; credit the invoice`;
  throw new FairhopError('contract-version-unknown', message, { status: 409 });
}

const countsOfMinimum = (minimumOf: readonly LineBasis[]): Omit<Counts, 'amount'> => ({
  quantity: 1,
  events: minimumOf.reduce((sum, { events }) => sum + events, 0),
  digest: sha256(minimumOf.map(({ digest }) => digest).join('\n')),
});

function invoicedOf({ basis, amount }: InvoiceLine, minimumOf: readonly LineBasis[]): Counts {
  if (basis === null) return { ...countsOfMinimum(minimumOf), amount };
  const { quantity, events, digest } = basis;
  return { quantity, events, digest, amount };
}
