import {
  FairhopError,
  type InvoiceLine,
  NANOS,
  parseDecimal,
  type RatePlan,
  type Rounding,
} from '@fairhop/shared/model';
import { minorUnitsOf } from './amount.js';
import { type Measured, type Priced, unitOf, type VolumeUnit } from './measure.js';
import { rateAllowance } from './rate-allowance.js';
import { rateTiers } from './rate-tiers.js';
import { moneyWords, quantityWords, unitsText } from './wording.js';

interface Rated {
  /** Minor units of the currency. */
  readonly amount: number;
  /** What was measured, in `unitCode`s. */
  readonly units: string;
  readonly unitCode: InvoiceLine['unitCode'];
  /** `10,000 GB at 0.02 EUR, then 2,345.678 GB at 0.01 EUR`. */
  readonly calculation: string;
}

/**
 * What one period's usage costs: bytes, files, or bits per second of the 95th percentile. Exact until the one rounding at the end.
 * Throws `quantity-invalid`, `amount-beyond-limit` (422).
 */
export function rate({
  plan,
  quantity: measured,
  unit: volumeUnit,
  currency,
  rounding,
}: {
  readonly plan: RatePlan;
  readonly quantity: number;
  readonly unit: VolumeUnit;
  readonly currency: string;
  readonly rounding: Rounding;
}): Rated {
  if (!Number.isSafeInteger(measured) || measured < 0) {
    const message = `a quantity is ${measured}; an integer from 0 to ${Number.MAX_SAFE_INTEGER} is right`;
    throw new FairhopError('quantity-invalid', message, { status: 422 });
  }
  const unit = unitOf(plan, volumeUnit);
  const quantity = BigInt(measured) * NANOS;
  const { nanos, calculation } = pricedBy(plan, { quantity, unit, currency });
  return {
    amount: minorUnitsOf({ nanos, divisor: unit.resolution }, { currency, rounding }),
    units: unitsText(quantity, unit),
    unitCode: unit.code,
    calculation,
  };
}

function pricedBy(plan: RatePlan, measured: Measured): Priced {
  switch (plan.type) {
    case 'per-unit':
      return rateEach(measured, plan.price);
    case 'tiers':
      return rateTiers(measured, plan);
    case 'flat':
      return rateAllowance(measured, { ...plan, units: plan.includedUnits, isReserved: false });
    case 'reserved':
      return rateAllowance(measured, {
        amount: plan.reservedAmount,
        units: plan.reservedUnits,
        overagePrice: plan.usagePrice,
        isReserved: true,
      });
    case 'percentile95':
      return ratePercentile(measured, plan);
    case 'royalty':
      return rateEach(measured, plan.pricePerFile);
  }
}

function rateEach({ quantity, unit, currency }: Measured, price: string): Priced {
  return {
    nanos: quantity * parseDecimal(price),
    calculation: `${quantityWords(quantity, unit)} at ${moneyWords(price, currency)}`,
  };
}

function ratePercentile(
  { quantity, unit, currency }: Measured,
  { price, committedBitsPerSecond }: Extract<RatePlan, { type: 'percentile95' }>,
): Priced {
  const percentile = quantityWords(quantity, unit);
  const each = moneyWords(price, currency);
  if (committedBitsPerSecond === undefined) {
    return {
      nanos: quantity * parseDecimal(price),
      calculation: `95th percentile of ${percentile} at ${each}`,
    };
  }
  const committed = BigInt(committedBitsPerSecond) * NANOS;
  const committedWords = `${quantityWords(committed, unit)} committed`;
  return quantity > committed
    ? {
        nanos: quantity * parseDecimal(price),
        calculation: `95th percentile of ${percentile} at ${each}, above the ${committedWords}`,
      }
    : {
        nanos: committed * parseDecimal(price),
        calculation: `${committedWords} at ${each}; the 95th percentile was ${percentile}`,
      };
}
