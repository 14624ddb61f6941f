import type { NetStatement } from '@fairhop/shared/contract';
import type { Contract, RatePlan } from '@fairhop/shared/model';
import { billingPeriodNamed } from '../contracts/index.js';
import type { Reading } from '../reading/index.js';
import { type ContractPeriod, periodNamed } from './contract-periods.js';
import { type InvoicedSoFar, MINIMUM, minimumMissing, rateBasis } from './draft-invoice.js';
import type { Positions } from './positions.js';
import { readPeriodDue } from './read-due.js';
import type { UsageReader } from './usage.js';

/** What `issuer` asks of `payer`, by a contract that is in force in the period. */
export interface Agreed {
  readonly contract: Contract;
  readonly period: ContractPeriod;
  /** Undefined while the period is not closed. */
  readonly invoiced: InvoicedSoFar | undefined;
}

/** Whether it stands is told once it is kept. */
export type StatementFigures = Omit<NetStatement, 'isFinal' | 'isSuperseded'>;

export interface StatementRequest
  extends Pick<NetStatement, 'one' | 'other' | 'period' | 'timeZone' | 'contractTimeZones'> {
  /** What `other` asks of `one`, and the other way round. */
  readonly agreed: readonly [readonly Agreed[], readonly Agreed[]];
}

/** What an ISP asks another one for: all contracts between them that have such a period, one after another or of other usage. */
export const agreedBetween = (
  contracts: readonly Contract[],
  {
    issuer,
    payer,
    period: key,
  }: { readonly issuer: string; readonly payer: string; readonly period: string },
): Pick<Agreed, 'contract' | 'period'>[] =>
  contracts
    .filter(
      ({ kind, ...sides }) => kind === 'isp-isp' && sides.issuer.id === issuer && sides.payer.id === payer,
    )
    .flatMap((contract) => {
      const period = periodNamed(contract, key);
      return period?.isInForce ? [{ contract, period }] : [];
    });

/** Whether anything is agreed, and all of it closed. */
export function isFinalOf(agreed: StatementRequest['agreed']): boolean {
  const all = agreed.flat();
  return all.length > 0 && all.every(({ invoiced }) => invoiced !== undefined);
}

const bytesPlan: RatePlan = { type: 'per-unit', price: '0' };

/** Both directions in the crossing sense, and what they cost: as invoiced where the period is closed, else by usage so far. */
export function* readNetStatement(
  { one, other, period, timeZone, contractTimeZones, agreed }: StatementRequest,
  { positions, usages }: { readonly positions: Positions; readonly usages: UsageReader },
): Reading<StatementFigures> {
  const { fromMs, toMs } = billingPeriodNamed(period, timeZone);
  const directions: NetStatement['directions'][number][] = [];
  for (const [index, [from, to]] of (
    [
      [one, other],
      [other, one],
    ] as const
  ).entries()) {
    const counted = { usage: { leaves: from, enters: to }, plan: bytesPlan, fromMs, toMs, timeZone };
    const { quantity: bytes } = yield* usages.read(counted, positions);
    const ofDirection = agreed[index]!;
    const amounts: number[] = [];
    for (const one of ofDirection) amounts.push(yield* readAmount(one, positions, usages));
    // Of several currencies there is no sum.
    const hasSum = currenciesOf(ofDirection).size === 1;
    const amount = hasSum ? amounts.reduce((sum, each) => sum + each, 0) : null;
    directions.push({ from, to, bytes, amount, contracts: ofDirection.map(({ contract }) => contract.id) });
  }
  const [there, back] = directions;
  const currencies = currenciesOf(agreed.flat());
  const [currency = null] = currencies.size === 1 ? currencies : [];
  return {
    ...{ one, other, period, fromMs, toMs, timeZone, contractTimeZones },
    directions: [there!, back!],
    ratioThousandths: ratioOf(there!.bytes, back!.bytes),
    currency,
    net: currency === null ? null : netOf(there!, back!),
  };
}

const currenciesOf = (agreed: readonly Agreed[]): ReadonlySet<string> =>
  new Set(agreed.map(({ period }) => period.version.currency));

/** Without tax, and without what other periods' changes added to its invoice. */
function* readAmount(
  { contract: _, period, invoiced }: Agreed,
  positions: Positions,
  usages: UsageReader,
): Reading<number> {
  const { key, version } = period;
  if (invoiced !== undefined)
    return [MINIMUM, ...version.charges.map(({ id }) => id)].reduce(
      (sum, charge) => sum + (invoiced(key, charge) ?? 0),
      0,
    );
  const { usages: read } = yield* readPeriodDue(period, positions, usages);
  const sum = version.charges.reduce((total, { plan }, index) => {
    const { quantity } = read[index]!;
    return total + rateBasis({ plan, quantity, unit: version.unit }, version).amount;
  }, 0);
  return sum + minimumMissing(period, sum);
}

function ratioOf(left: number, right: number): number | null {
  const [smaller, larger] = left < right ? [left, right] : [right, left];
  return smaller === 0 ? null : Number((BigInt(larger) * 1000n) / BigInt(smaller));
}

/** In each direction `from` owes what `to` asks. */
function netOf(...directions: NetStatement['directions']): NetStatement['net'] {
  const [there, back] = directions;
  const owed = (there.amount ?? 0) - (back.amount ?? 0);
  if (owed === 0) return null;
  const [payer, payee] = owed > 0 ? [there.from, there.to] : [there.to, there.from];
  return { payer, payee, amount: Math.abs(owed) };
}
