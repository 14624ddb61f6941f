import { parseDecimal, type RatePlan } from '@fairhop/shared/model';
import type { Measured, Priced } from './measure.js';
import { moneyWords, quantityWords } from './wording.js';

type TierPlan = Extract<RatePlan, { type: 'tiers' }>;

/** A plan that `checkRatePlan` lets pass. */
export function rateTiers(measured: Measured, { mode, tiers }: TierPlan): Priced {
  return mode === 'graduated' ? rateGraduated(measured, tiers) : rateVolume(measured, tiers);
}

function rateGraduated({ quantity, unit, currency }: Measured, tiers: TierPlan['tiers']): Priced {
  let nanos = 0n;
  let below = 0n;
  const parts: string[] = [];
  for (const { upToUnits, price } of tiers) {
    const end = upToUnits === null ? quantity : min(quantity, parseDecimal(upToUnits) * unit.size);
    if (end === below && parts.length > 0) break;
    nanos += (end - below) * parseDecimal(price);
    parts.push(`${quantityWords(end - below, unit)} at ${moneyWords(price, currency)}`);
    below = end;
  }
  return { nanos, calculation: parts.join(', then ') };
}

function rateVolume({ quantity, unit, currency }: Measured, tiers: TierPlan['tiers']): Priced {
  const limitOf = ({ upToUnits }: TierPlan['tiers'][number]): bigint | null =>
    upToUnits === null ? null : parseDecimal(upToUnits) * unit.size;
  const reached = tiers.findIndex((tier) => (limitOf(tier) ?? quantity) >= quantity);
  const { price } = tiers[reached]!;
  const below = reached === 0 ? null : limitOf(tiers[reached - 1]!);
  const words = `${quantityWords(quantity, unit)} at ${moneyWords(price, currency)}`;
  const why = below === null ? '' : `, the price of all above ${quantityWords(below, unit)}`;
  return { nanos: quantity * parseDecimal(price), calculation: words + why };
}

const min = (left: bigint, right: bigint): bigint => (left < right ? left : right);
