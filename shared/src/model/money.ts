import { z } from 'zod';

/**
 * ISO 4217 by its amounts' digits after the point, as of amendment 177, without funds, metals and testing codes. Not of the runtime,
 * whose data follows what is usual in shops: amounts that are kept would change their meaning with it.
 */
const codesByDigits: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF',
  2: `AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK
    DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK
    LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR
    RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED
    VES WST XCD XCG YER ZAR ZMW ZWG`,
  3: 'BHD IQD JOD KWD LYD OMR TND',
};

const digitsByCode: ReadonlyMap<string, number> = new Map(
  Object.entries(codesByDigits).flatMap(([digits, codes]) =>
    codes.split(/\s+/).map((code) => [code, Number(digits)] as const),
  ),
);

/** ISO 4217 code of a currency in use, such as `EUR`. */
export const currencySchema = z
  .string()
  .refine((code) => digitsByCode.has(code), 'must be a currency of ISO 4217 such as EUR, USD or JPY');

/** Digits after the point of the currency's amounts: 2 of EUR, 0 of JPY, 3 of KWD. */
export function minorDigitsOf(currency: string): number {
  const digits = digitsByCode.get(currency);
  if (digits === undefined) throw new RangeError(`${currency} is no currency of ISO 4217`);
  return digits;
}

/** An amount in the currency's minor units: cents of EUR, yen of JPY. Credits are negative. */
export const amountSchema = z.int();

const DECIMAL_DIGITS = 9;
/** What one of a unit of `decimalSchema` is in nanos. */
export const NANOS = 10n ** BigInt(DECIMAL_DIGITS);

/** A price or a percentage, exactly: `0.0125`. In JSON a string, since binary fractions are none of these. */
export const decimalSchema = z
  .string()
  .regex(
    /^\d{1,12}(\.\d{1,9})?$/,
    'must be a decimal such as 12 or 0.0125 with at most 9 digits after the point',
  );

/** 10^-9 of the decimal's unit. */
export function parseDecimal(text: string): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole) * NANOS + BigInt(fraction.padEnd(DECIMAL_DIGITS, '0'));
}

export function formatDecimal(nanos: bigint): string {
  const sign = nanos < 0n ? '-' : '';
  const digits = (nanos < 0n ? -nanos : nanos).toString().padStart(DECIMAL_DIGITS + 1, '0');
  const fraction = digits.slice(-DECIMAL_DIGITS).replace(/0+$/, '');
  return `${sign}${digits.slice(0, -DECIMAL_DIGITS)}${fraction && `.${fraction}`}`;
}

export const roundingSchema = z.enum(['half-up', 'half-even', 'down', 'up']);
export type Rounding = z.infer<typeof roundingSchema>;

/** The quotient as an integer. `up` and `half-up` go away from zero, so that a credit is what it credits. */
export function divideRounded(dividend: bigint, divisor: bigint, rounding: Rounding): bigint {
  if (divisor <= 0n) throw new RangeError(`the divisor ${divisor} is not positive`);
  const isNegative = dividend < 0n;
  const size = isNegative ? -dividend : dividend;
  const quotient = size / divisor;
  const twice = 2n * (size % divisor);
  const isUp =
    twice !== 0n &&
    (rounding === 'up' ||
      (rounding === 'half-up' && twice >= divisor) ||
      (rounding === 'half-even' && (twice > divisor || (twice === divisor && quotient % 2n === 1n))));
  const rounded = isUp ? quotient + 1n : quotient;
  return isNegative ? -rounded : rounded;
}
