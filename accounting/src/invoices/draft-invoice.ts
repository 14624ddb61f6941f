import {
  type Charge,
  divideRounded,
  formatDecimal,
  type InvoiceLine,
  type LineBasis,
  minorDigitsOf,
  NANOS,
  parseDecimal,
} from '@fairhop/shared/model';
import { minorUnitsOf, rate } from '../rating/index.js';
import type { ContractPeriod } from './contract-periods.js';
import type { Positions } from './positions.js';
import type { Usage } from './usage.js';

/** A period with what each charge of its version counts in it, in their order. */
export interface PeriodDue {
  readonly period: ContractPeriod;
  readonly usages: readonly Usage[];
}

/**
 * What was invoiced of a charge (`MINIMUM`: to reach the minimum) in a period, less what was credited; undefined: nothing ever. What was
 * waived counts as invoiced.
 */
export type InvoicedSoFar = (period: string, charge: string) => number | undefined;

export interface SoFar {
  readonly invoiced: InvoicedSoFar;
  /** What of it was waived: nobody is asked for it any more. */
  waived(period: string, charge: string): number;
}

/** What is asked for: without what was waived. */
export const askedSoFar =
  ({ invoiced, waived }: SoFar): InvoicedSoFar =>
  (period, charge) => {
    const amount = invoiced(period, charge);
    return amount === undefined ? undefined : amount - waived(period, charge);
  };

export const MINIMUM = '';

export interface DraftedLine {
  readonly line: InvoiceLine;
  readonly period: string;
  /** `MINIMUM` of what is missing to it. */
  readonly charge: string;
  /** Of a minimum: what its period's charges count. */
  readonly minimumOf: readonly LineBasis[] | null;
}

export interface Draft {
  /** Whose terms hold for it as a whole. */
  readonly period: ContractPeriod;
  readonly lines: readonly DraftedLine[];
  readonly netAmount: number;
  readonly taxAmount: number;
  readonly totalAmount: number;
}

/**
 * The invoice of a period: each charge of it, and of each other period that is told what changed since it was invoiced, so that all
 * invoices together are always the plans of all usage. An invoice has one currency and one tax, those of when it was supplied: of
 * earlier periods with others are invoices of their own.
 */
export function draftInvoices(
  {
    period,
    due,
    positions,
  }: {
    readonly period: ContractPeriod;
    /** The period itself, where it is in force, and earlier ones. */
    readonly due: readonly PeriodDue[];
    readonly positions: Positions;
  },
  soFar: SoFar,
): Draft[] {
  const own = headTermsOf(period);
  const groups = new Map<string, PeriodDue[]>([[own, []]]);
  for (const one of [...due].sort((left, right) => right.period.fromMs - left.period.fromMs)) {
    const terms = headTermsOf(one.period);
    groups.set(terms, [...(groups.get(terms) ?? []), one]);
  }
  return [...groups].flatMap(([terms, periods]) => {
    const isOwn = terms === own;
    const head = isOwn ? period : periods[0]!.period;
    const lines = periods.flatMap((one) =>
      linesOf(one, { isUsage: isOwn && one.period.key === period.key, positions, ...soFar }),
    );
    return lines.length === 0 ? [] : [totalled(head, lines)];
  });
}

/** What an invoice has once, for all its lines. */
function headTermsOf({ version: { currency, tax } }: ContractPeriod): string {
  const { category, percent, exemptionReason } = tax;
  return JSON.stringify([currency, category, formatDecimal(parseDecimal(percent)), exemptionReason]);
}

interface LineContext extends SoFar {
  /** Whether it is the first time that the period is invoiced, and not a change of it. */
  readonly isUsage: boolean;
  readonly positions: Positions;
}

type Unnumbered = Omit<DraftedLine, 'line'> & { readonly line: Omit<InvoiceLine, 'position'> };

function linesOf({ period, usages }: PeriodDue, context: LineContext): Unnumbered[] {
  const { key, version } = period;
  const rated = version.charges.map((charge, index) => {
    const basis = basisOf(period, charge, usages[index]!, context.positions);
    return { charge, basis, ...rateBasis(basis, version) };
  });
  const lines = rated.flatMap(({ charge, basis, amount, units, unitCode, calculation }) => {
    const before = context.invoiced(key, charge.id) ?? 0;
    const isUsage = context.isUsage && before === 0;
    if (!isUsage && amount === before) return [];
    const told = invoicedText(before, context.waived(key, charge.id), version.currency);
    const lateText = `${calculation}: ${moneyText(amount, version.currency)}, of which ${told}`;
    const line = {
      kind: isUsage ? ('usage' as const) : ('late' as const),
      description: isUsage ? charge.description : `${charge.description}, what changed in ${key}`,
      quantity: units,
      ...{ unitCode, basis },
      calculation: isUsage ? calculation : lateText,
      amount: amount - before,
      ...(!isUsage && { alreadyInvoiced: before }),
    };
    return [{ line, period: key, charge: charge.id, minimumOf: null }];
  });
  const sum = rated.reduce((total, { amount }) => total + amount, 0);
  return [
    ...lines,
    ...minimumLine(
      period,
      rated.map(({ basis }) => basis),
      sum,
      context,
    ),
  ];
}

export const minimumMissing = ({ version }: Pick<ContractPeriod, 'version'>, sum: number): number =>
  version.minimumAmount === undefined
    ? 0
    : Math.max(0, minorUnitsOf({ nanos: parseDecimal(version.minimumAmount), divisor: 1n }, version) - sum);

function minimumLine(
  period: ContractPeriod,
  minimumOf: readonly LineBasis[],
  sum: number,
  { isUsage, invoiced, waived }: LineContext,
): Unnumbered[] {
  const { key, version } = period;
  const before = invoiced(key, MINIMUM) ?? 0;
  const missing = minimumMissing(period, sum);
  if (missing === before) return [];
  const money = (amount: number): string => moneyText(amount, version.currency);
  const told = invoicedText(before, waived(key, MINIMUM), version.currency);
  const minimum = `at least ${version.minimumAmount} ${version.currency} in ${key}, its charges are ${money(sum)}`;
  const line = {
    kind: 'minimum' as const,
    description: isUsage && before === 0 ? 'Minimum amount' : `Minimum amount, what changed in ${key}`,
    quantity: '1',
    unitCode: 'period' as const,
    calculation: before === 0 ? minimum : `${minimum}: ${money(missing)}, of which ${told}`,
    amount: missing - before,
    ...(before !== 0 && { alreadyInvoiced: before }),
    basis: null,
  };
  return [{ line, period: key, charge: MINIMUM, minimumOf }];
}

function basisOf(period: ContractPeriod, charge: Charge, usage: Usage, positions: Positions): LineBasis {
  const { fromMs, toMs, version } = period;
  return {
    charge: charge.id,
    contractVersion: version.version,
    usage: charge.usage,
    plan: charge.plan,
    ...{ fromMs, toMs, timeZone: version.timeZone, unit: version.unit },
    ...usage,
    ...positions,
  };
}

/** What a basis costs by the terms of its version. Throws as `rate` does. */
export const rateBasis = (
  { plan, quantity, unit }: Pick<LineBasis, 'plan' | 'quantity' | 'unit'>,
  { currency, rounding }: Pick<ContractPeriod['version'], 'currency' | 'rounding'>,
): ReturnType<typeof rate> => rate({ plan, quantity, unit, currency, rounding });

function totalled(period: ContractPeriod, lines: readonly Unnumbered[]): Draft {
  const netAmount = lines.reduce((sum, { line }) => sum + line.amount, 0);
  const percent = parseDecimal(period.version.tax.percent);
  const taxAmount = Number(divideRounded(BigInt(netAmount) * percent, 100n * NANOS, 'half-up'));
  return {
    period,
    lines: lines.map(({ line, ...of }, index) => ({ ...of, line: { position: index + 1, ...line } })),
    ...{ netAmount, taxAmount, totalAmount: netAmount + taxAmount },
  };
}

function invoicedText(before: number, waived: number, currency: string): string {
  const told = `${moneyText(before, currency)} are invoiced`;
  return waived === 0 ? told : `${told} (${moneyText(waived, currency)} of it waived)`;
}

/** `-12.50 EUR` of -1250. */
function moneyText(amount: number, currency: string): string {
  const digits = minorDigitsOf(currency);
  const decimal = formatDecimal((BigInt(amount) * NANOS) / 10n ** BigInt(digits));
  const [whole = '', fraction = ''] = decimal.split('.');
  return `${whole}${digits === 0 ? '' : `.${fraction.padEnd(digits, '0')}`} ${currency}`;
}
