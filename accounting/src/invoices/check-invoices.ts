import type { Contracts } from '../contracts/index.js';
import type { Reading } from '../reading/index.js';
import type { Closing, ClosingStore } from './closing-store.js';
import { type ContractPeriod, periodNamed } from './contract-periods.js';
import { MINIMUM, minimumMissing, rateBasis } from './draft-invoice.js';
import type { InvoiceStore } from './invoice-store.js';
import { readKeptFromMs } from './positions.js';
import type { UsageReader } from './usage.js';

/** The newest closed periods are looked at: those of a year of a hundred contracts by month. */
const MAX_CLOSINGS = 1_200;
/**
 * Events that are gone through at most, of which a million takes a second or two. The newest periods come first; what
 * is beyond is not looked at: `explain` derives any invoice.
 */
const MAX_EVENTS = 20_000_000;

export interface CheckedParts {
  readonly contracts: Pick<Contracts, 'get'>;
  readonly invoices: Pick<InvoiceStore, 'invoicedSoFar'>;
  readonly closings: Pick<ClosingStore, 'newest'>;
  readonly usages: Pick<UsageReader, 'derive'>;
}

/**
 * What is invoiced of a closed period, of each charge, late lines and credit notes included, is its plan of the single events up to where
 * it was settled. Periods of which something was credited wait for their next invoice,
 * and those whose events are dropped were looked at before.
 */
export function* checkInvoices({
  contracts,
  invoices,
  closings,
  usages,
}: CheckedParts): Reading<string | undefined> {
  let events = 0;
  const keptFromMs = yield* readKeptFromMs();
  for (const closing of closings.newest(MAX_CLOSINGS)) {
    if (events > MAX_EVENTS) return undefined;
    const contract = contracts.get(closing.contract);
    const period = periodNamed(contract, closing.period);
    if (period === undefined || !period.isInForce || closing.isReopened) continue;
    if (period.fromMs < keptFromMs) continue;
    const invoiced = invoices.invoicedSoFar(contract.id);
    const { broken, counted } = yield* checkPeriod(period, closing, { invoiced, usages });
    events += counted;
    if (broken !== undefined) return `invoices: contract ${contract.id}, ${period.key}: ${broken}`;
  }
  return undefined;
}

function* checkPeriod(
  { key, fromMs, toMs, version }: ContractPeriod,
  closing: Closing,
  {
    invoiced,
    usages,
  }: Pick<CheckedParts, 'usages'> & {
    readonly invoiced: ReturnType<InvoiceStore['invoicedSoFar']>;
  },
): Reading<{ broken?: string; counted: number }> {
  let sum = 0;
  let counted = 0;
  for (const { id, usage, plan } of version.charges) {
    const of = { usage, plan, fromMs, toMs, timeZone: version.timeZone };
    const derived = yield* usages.derive(of, closing);
    const { amount } = rateBasis({ plan, quantity: derived.quantity, unit: version.unit }, version);
    sum += amount;
    counted += derived.events;
    const told = invoiced(key, id) ?? 0;
    if (told !== amount) return { broken: differs(`charge ${id}`, told, amount), counted };
  }
  const missing = minimumMissing({ version }, sum);
  const told = invoiced(key, MINIMUM) ?? 0;
  return told === missing ? { counted } : { broken: differs('the minimum', told, missing), counted };
}

const differs = (what: string, told: number, amount: number): string =>
  `${told} is invoiced of ${what}, ${amount} is what its events come to, in minor units`;
