import type { Invoice } from '@fairhop/shared/model';
import { type AgreedPeriod, type Agreement, periodsUntil } from './agreements.js';
import { spanOf } from './calendar.js';
import { minorOf, priceOf } from './pricing.js';
import type { Truth } from './truth.js';
import { countOf } from './usage.js';

/** What is to be invoiced by now: of each closed period the plans of what was known when it, or a later one, was settled. */
export interface Dues {
  /** By charge and begin of the period, and `minimum`. */
  of(contract: string): ReadonlyMap<string, number>;
  /** The same with what was waived: plans of all usage, whoever pays them. */
  planned(contract: string): ReadonlyMap<string, number>;
  /** Of one period, as it was settled first. */
  ofPeriod(contract: string, key: string): number;
  /** Of one period, as it is now. */
  ofPeriodNow(contract: string, key: string): number;
  /** Which periods of a contract are over and not settled yet. */
  open(agreement: Agreement, nowMs: number): AgreedPeriod[];
  /** A period is settled by all that is true now, and with it what changed in those before it. */
  settle(agreement: Agreement, period: AgreedPeriod): void;
  /** Nothing of an invoice is asked any more, until its periods are settled anew. */
  credit(invoice: Invoice): void;
  /** Nobody is asked for what an invoice asks, now or later. */
  waive(invoice: Invoice): void;
  /** Whether something of a period was credited and not settled since. */
  isReopened(contract: string, period: AgreedPeriod): boolean;
}

interface Credited {
  readonly contract: string;
  readonly key: string;
  /** Begin of its period. */
  readonly fromMs: number;
  readonly amount: number;
}

interface Settled {
  readonly period: AgreedPeriod;
  readonly firstTotal: number;
  amounts: ReadonlyMap<string, number>;
  missing: number;
}

export function createDues(truth: Truth): Dues {
  const settled = new Map<string, Map<string, Settled>>();
  let credited: readonly Credited[] = [];
  let waived: readonly Credited[] = [];
  const periodsOf = (contract: string): Map<string, Settled> => {
    const known = settled.get(contract) ?? new Map<string, Settled>();
    settled.set(contract, known);
    return known;
  };
  const ratedNow = ({
    terms,
    fromMs,
    toMs,
    isAfterEnd,
  }: AgreedPeriod): Pick<Settled, 'amounts' | 'missing'> => {
    if (isAfterEnd) return { amounts: new Map(), missing: 0 };
    const amounts = new Map(
      terms.charges.map(({ id, usage, plan }) => {
        const { quantity } = countOf(truth, { usage, plan, fromMs, toMs, timeZone: terms.timeZone });
        return [`${id} ${fromMs}`, priceOf(plan, quantity, terms)];
      }),
    );
    const least = terms.minimumAmount === undefined ? 0 : minorOf(terms.minimumAmount, terms);
    return { amounts, missing: Math.max(0, least - total(amounts)) };
  };
  const duesOf = (contract: string, taken: readonly Credited[]): Map<string, number> => {
    const dues = new Map<string, number>([['minimum', 0]]);
    for (const { amounts, missing } of periodsOf(contract).values()) {
      for (const [key, amount] of amounts) dues.set(key, amount);
      dues.set('minimum', dues.get('minimum')! + missing);
    }
    for (const one of taken)
      if (one.contract === contract) dues.set(one.key, (dues.get(one.key) ?? 0) - one.amount);
    return dues;
  };
  const takenOf = ({ contract, timeZone, lines }: Invoice): Credited[] =>
    lines.map(({ basis, calculation, amount }) => {
      // `at least 100 EUR in 2026-10, its charges are …`
      const [, period = ''] = / in (\d{4}-\w+), /.exec(calculation) ?? [];
      const fromMs = basis?.fromMs ?? spanOf(period, timeZone).fromMs;
      return { contract, fromMs, amount, key: basis === null ? 'minimum' : `${basis.charge} ${fromMs}` };
    });
  return {
    of: (contract) => duesOf(contract, [...credited, ...waived]),
    planned: (contract) => duesOf(contract, credited),
    ofPeriod: (contract, key) => periodsOf(contract).get(key)!.firstTotal,
    ofPeriodNow(contract, key) {
      const { period, amounts, missing } = periodsOf(contract).get(key)!;
      const taken = [...credited, ...waived].filter(
        (one) => one.contract === contract && one.fromMs === period.fromMs,
      );
      return total(amounts) + missing - taken.reduce((sum, { amount }) => sum + amount, 0);
    },
    open: (agreement, nowMs) => {
      const known = periodsOf(agreement.id);
      return periodsUntil(agreement, nowMs).filter(({ key }) => !known.has(key));
    },
    settle({ id }, period) {
      const known = periodsOf(id);
      const rated = ratedNow(period);
      const firstTotal = known.get(period.key)?.firstTotal ?? total(rated.amounts) + rated.missing;
      known.set(period.key, { period, firstTotal, ...rated });
      for (const one of known.values())
        if (one.period.toMs <= period.fromMs) Object.assign(one, ratedNow(one.period));
      credited = credited.filter((one) => one.contract !== id || one.fromMs > period.fromMs);
    },
    isReopened: (contract, { fromMs }) =>
      credited.some((one) => one.contract === contract && one.fromMs === fromMs),
    credit(invoice) {
      // Its own period is asked for by that, also where all its lines are of earlier ones.
      const own = { contract: invoice.contract, fromMs: invoice.fromMs, amount: 0, key: 'minimum' };
      credited = [...credited, ...takenOf(invoice), own];
    },
    waive(invoice) {
      waived = [...waived, ...takenOf(invoice)];
    },
  };
}

const total = (amounts: ReadonlyMap<string, number>): number => {
  let sum = 0;
  for (const amount of amounts.values()) sum += amount;
  return sum;
};
