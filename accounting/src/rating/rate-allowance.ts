import { parseDecimal } from '@fairhop/shared/model';
import type { Measured, Priced } from './measure.js';
import { moneyWords, quantityWords } from './wording.js';

/** So much for so many units, used or not, and a price for each beyond. */
interface Allowance {
  readonly amount: string;
  readonly units: string;
  readonly overagePrice: string;
  readonly isReserved: boolean;
}

export function rateAllowance({ quantity, unit, currency }: Measured, allowance: Allowance): Priced {
  const { amount, units, overagePrice, isReserved } = allowance;
  const included = parseDecimal(units) * unit.size;
  const fixedNanos = parseDecimal(amount) * unit.resolution;
  const fixed = moneyWords(amount, currency);
  const includedWords = quantityWords(included, unit);
  if (quantity <= included) {
    const what = isReserved ? `${includedWords} reserved` : `up to ${includedWords}`;
    const calculation = `${fixed} for ${what}, of which ${quantityWords(quantity, unit)} were used`;
    return { nanos: fixedNanos, calculation };
  }
  const over = quantity - included;
  const what = isReserved ? `${includedWords} reserved` : `the first ${includedWords}`;
  return {
    nanos: fixedNanos + over * parseDecimal(overagePrice),
    calculation: `${fixed} for ${what}, then ${quantityWords(over, unit)} at ${moneyWords(overagePrice, currency)}`,
  };
}
