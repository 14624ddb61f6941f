import { divideRounded, FairhopError, minorDigitsOf, NANOS, type Rounding } from '@fairhop/shared/model';

/** An exact sum of money: `nanos` / `divisor` are 10^-9 of the currency's major unit. */
export interface ExactAmount {
  readonly nanos: bigint;
  readonly divisor: bigint;
}

/** In the currency's minor units, rounded once. Throws `amount-beyond-limit` (422). */
export function minorUnitsOf(
  { nanos, divisor }: ExactAmount,
  { currency, rounding }: { readonly currency: string; readonly rounding: Rounding },
): number {
  const minor = divideRounded(nanos * 10n ** BigInt(minorDigitsOf(currency)), NANOS * divisor, rounding);
  const amount = Number(minor);
  if (Number.isSafeInteger(amount)) return amount;
  const message = `the amount is ${minor} of ${currency}'s minor units; at most ${Number.MAX_SAFE_INTEGER} can be invoiced in a line`;
  throw new FairhopError('amount-beyond-limit', message, { status: 422 });
}
