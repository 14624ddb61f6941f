import { type Contract, FairhopError } from '@fairhop/shared/model';
import type { Logger } from '@fairhop/shared/service';
import type { Contracts } from '../contracts/index.js';
import type { Reading } from '../reading/index.js';
import type { Closing, ClosingStore } from './closing-store.js';
import { type ContractPeriod, periodNamed } from './contract-periods.js';
import { MINIMUM, minimumMissing, rateBasis, type SoFar } from './draft-invoice.js';
import type { InvoiceStore } from './invoice-store.js';
import { type Positions, readKeptFromMs, readPositions } from './positions.js';
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
  readonly invoices: Pick<InvoiceStore, 'soFar'>;
  readonly closings: Pick<ClosingStore, 'newest'>;
  readonly usages: Pick<UsageReader, 'derive'>;
  readonly log: Pick<Logger, 'info'>;
}

/**
 * What is invoiced of a closed period, of each charge, late lines and credit notes included, is its plan of the single events up to where
 * it was settled; what was waived counts as invoiced. Periods of which something was credited wait for their next invoice,
 * those whose events are dropped were looked at before, and those that were settled after the state that is read began wait for the next
 * check, which the log tells.
 */
export function* checkInvoices({ usages, log, ...told }: CheckedParts): Reading<string | undefined> {
  const keptFromMs = yield* readKeptFromMs();
  const positions = yield* readPositions();
  const settled = settledNow(told);
  const known = settled.filter(({ closing }) => isWithin(closing, positions));
  if (known.length < settled.length) {
    const skipped = settled.length - known.length;
    log.info({ skipped }, 'periods were settled after the audit began; the next one looks at them');
  }
  let events = 0;
  for (const { contract, period, closing, soFar } of known) {
    if (events > MAX_EVENTS) return undefined;
    if (period.fromMs < keptFromMs) continue;
    const checked = yield* whereKept(checkPeriod(period, closing, { soFar, usages }));
    if (checked === undefined) continue;
    const { broken, counted } = checked;
    events += counted;
    if (broken !== undefined) return `invoices: contract ${contract}, ${period.key}: ${broken}`;
  }
  return undefined;
}

interface Settled {
  readonly contract: string;
  readonly period: ContractPeriod;
  readonly closing: Closing;
  readonly soFar: SoFar;
}

/** What is closed and what is invoiced of it, in one turn: a period may be closed while another one is checked. */
function settledNow({ contracts, invoices, closings }: Omit<CheckedParts, 'usages' | 'log'>): Settled[] {
  const known = new Map<string, { readonly contract: Contract; readonly soFar: SoFar }>();
  const partsOf = (id: string) => {
    const parts = known.get(id) ?? { contract: contracts.get(id), soFar: invoices.soFar(id) };
    known.set(id, parts);
    return parts;
  };
  return closings.newest(MAX_CLOSINGS).flatMap((closing): Settled[] => {
    const { contract, soFar } = partsOf(closing.contract);
    const period = periodNamed(contract, closing.period);
    if (period === undefined || !period.isInForce || closing.isReopened) return [];
    return [{ contract: contract.id, period, closing, soFar }];
  });
}

const isWithin = (closing: Closing, positions: Positions): boolean =>
  closing.upToEvent <= positions.upToEvent &&
  closing.upToMove <= positions.upToMove &&
  closing.upToCompletion <= positions.upToCompletion;

/** Undefined of what is backed by events before the period that are dropped. */
function* whereKept<Result>(reading: Reading<Result>): Reading<Result | undefined> {
  try {
    return yield* reading;
  } catch (error) {
    if (error instanceof FairhopError && error.code === 'events-dropped') return undefined;
    throw error;
  }
}

function* checkPeriod(
  { key, fromMs, toMs, version }: ContractPeriod,
  closing: Closing,
  { soFar: { invoiced, waived }, usages }: Pick<CheckedParts, 'usages'> & Pick<Settled, 'soFar'>,
): Reading<{ broken?: string; counted: number }> {
  let sum = 0;
  let counted = 0;
  for (const { id, usage, plan } of version.charges) {
    const of = { usage, plan, fromMs, toMs, timeZone: version.timeZone };
    const derived = yield* usages.derive(of, closing);
    const { amount } = rateBasis({ plan, quantity: derived.quantity, unit: version.unit }, version);
    sum += amount;
    counted += derived.events;
    const told = { invoiced: invoiced(key, id) ?? 0, waived: waived(key, id) };
    if (told.invoiced !== amount) return { broken: differs(`charge ${id}`, told, amount), counted };
  }
  const missing = minimumMissing({ version }, sum);
  const told = { invoiced: invoiced(key, MINIMUM) ?? 0, waived: waived(key, MINIMUM) };
  return told.invoiced === missing ? { counted } : { broken: differs('the minimum', told, missing), counted };
}

const differs = (what: string, told: { invoiced: number; waived: number }, amount: number): string => {
  const some = told.waived === 0 ? '' : ` (${told.waived} of it waived)`;
  return `${told.invoiced} is invoiced of ${what}${some}, ${amount} is what its events come to, in minor units`;
};
