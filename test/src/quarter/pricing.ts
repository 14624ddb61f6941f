import type { ContractTerms, RatePlan, Rounding } from '@fairhop/shared/model';

/** An exact fraction. */
interface Fraction {
  readonly of: bigint;
  readonly by: bigint;
}

const add = (one: Fraction, other: Fraction): Fraction => ({
  of: one.of * other.by + other.of * one.by,
  by: one.by * other.by,
});
const times = (one: Fraction, other: Fraction): Fraction => ({
  of: one.of * other.of,
  by: one.by * other.by,
});
const less = (one: Fraction, other: Fraction): Fraction => add(one, { of: -other.of, by: other.by });
const isAbove = (one: Fraction, other: Fraction): boolean => less(one, other).of > 0n;
const zero: Fraction = { of: 0n, by: 1n };

function decimal(text: string): Fraction {
  const digits = text.replace('.', '');
  const places = text.includes('.') ? text.length - 1 - text.indexOf('.') : 0;
  return { of: BigInt(digits), by: 10n ** BigInt(places) };
}

const minorUnits: Readonly<Record<string, bigint>> = { EUR: 100n, USD: 100n, JPY: 1n, KWD: 1_000n };

/** Of what is not negative. */
function rounded({ of, by }: Fraction, rounding: Rounding): number {
  const whole = of / by;
  const rest = of % by;
  const isUp = {
    down: false,
    up: rest > 0n,
    'half-up': 2n * rest >= by,
    'half-even': 2n * rest > by || (2n * rest === by && whole % 2n === 1n),
  }[rounding];
  return Number(isUp ? whole + 1n : whole);
}

/** Half-up, away from zero as credits are. */
export function taxOf(net: number, percent: string): number {
  const { of, by } = times({ of: BigInt(Math.abs(net)), by: 100n }, decimal(percent));
  const tax = rounded({ of, by }, 'half-up');
  return net < 0 ? 0 - tax : tax;
}

/** What a plan asks for a quantity, as one would on paper. */
export function priceOf(
  plan: RatePlan,
  quantity: number,
  { unit, currency, rounding }: Pick<ContractTerms, 'unit' | 'currency' | 'rounding'>,
): number {
  const bytesOfUnit = unit === 'GB' ? 1_000_000_000n : 1_073_741_824n;
  const size = plan.type === 'royalty' ? 1n : plan.type === 'percentile95' ? 1_000_000n : bytesOfUnit;
  const { of, by } = asked(plan, { of: BigInt(quantity), by: size });
  return rounded({ of: of * minorUnits[currency]!, by }, rounding);
}

export const minorOf = (
  text: string,
  { currency, rounding }: Pick<ContractTerms, 'currency' | 'rounding'>,
): number => rounded(times(decimal(text), { of: minorUnits[currency]!, by: 1n }), rounding);

function asked(plan: RatePlan, units: Fraction): Fraction {
  const beyond = (included: string, price: string): Fraction =>
    isAbove(units, decimal(included)) ? times(less(units, decimal(included)), decimal(price)) : zero;
  switch (plan.type) {
    case 'per-unit':
      return times(units, decimal(plan.price));
    case 'royalty':
      return times(units, decimal(plan.pricePerFile));
    case 'flat':
      return add(decimal(plan.amount), beyond(plan.includedUnits, plan.overagePrice));
    case 'reserved':
      return add(decimal(plan.reservedAmount), beyond(plan.reservedUnits, plan.usagePrice));
    case 'percentile95': {
      const committed = { of: BigInt(plan.committedBitsPerSecond ?? 0), by: 1_000_000n };
      return times(isAbove(units, committed) ? units : committed, decimal(plan.price));
    }
    case 'tiers': {
      if (plan.mode === 'volume') {
        const tier = plan.tiers.find(
          ({ upToUnits }) => upToUnits === null || !isAbove(units, decimal(upToUnits)),
        )!;
        return times(units, decimal(tier.price));
      }
      let sum = zero;
      let below = zero;
      for (const { upToUnits, price } of plan.tiers) {
        const end = upToUnits !== null && isAbove(units, decimal(upToUnits)) ? decimal(upToUnits) : units;
        if (isAbove(end, below)) sum = add(sum, times(less(end, below), decimal(price)));
        below = upToUnits === null ? units : decimal(upToUnits);
      }
      return sum;
    }
  }
}
