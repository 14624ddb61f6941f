import type { ContractTerms } from '@fairhop/shared/model';
import { FairhopError } from '@fairhop/shared/model';
import { periodAt } from '../alerts/budget-period.js';

/** A month or quarter of a zone's calendar, half-open. */
export interface BillingPeriod {
  /** `2026-11` or `2026-Q4`. */
  readonly period: string;
  readonly fromMs: number;
  readonly toMs: number;
}

type PeriodTerms = Pick<ContractTerms, 'period' | 'timeZone'>;

/** The period that holds an instant. An hour that a change of clocks takes or gives is in its length. */
export function billingPeriodAt(terms: PeriodTerms, timeMs: number): BillingPeriod {
  const { startMs, endMs } = periodAt(terms, timeMs);
  const toMs = endMs ?? startMs;
  // Every zone is less than a day from UTC: the middle has the period's name in all of them.
  const middle = new Date((startMs + toMs) / 2);
  const year = middle.getUTCFullYear();
  const month = middle.getUTCMonth() + 1;
  const name = terms.period === 'quarter' ? `Q${Math.ceil(month / 3)}` : String(month).padStart(2, '0');
  return { period: `${year}-${name}`, fromMs: startMs, toMs };
}

/** Throws `period-invalid` (400) for what is neither a month `2026-11` nor a quarter `2026-Q4`, and before 1970. */
export function billingPeriodNamed(name: string, timeZone: string): BillingPeriod {
  const [, year, quarter, month] = /^(\d{4})-(?:Q([1-4])|(0[1-9]|1[0-2]))$/.exec(name) ?? [];
  if (year === undefined) {
    const message = `the period ${name} is none; a month such as 2026-11 or a quarter such as 2026-Q4 is right`;
    throw new FairhopError('period-invalid', message, { status: 400 });
  }
  // Times here are not negative, and `Date` takes years below 100 for those of the last century.
  if (Number(year) < 1970) {
    const message = `the period ${name} is before 1970; a later one such as 2026-11 is right`;
    throw new FairhopError('period-invalid', message, { status: 400 });
  }
  const period = quarter === undefined ? 'month' : 'quarter';
  const firstMonth = quarter === undefined ? Number(month) : Number(quarter) * 3 - 2;
  return billingPeriodAt({ period, timeZone }, Date.UTC(Number(year), firstMonth - 1, 15));
}

/** Whether a period begins at the instant. */
export const isPeriodEdge = (terms: PeriodTerms, timeMs: number): boolean =>
  billingPeriodAt(terms, timeMs).fromMs === timeMs;
