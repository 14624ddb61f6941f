import { divideRounded, minorDigitsOf } from '@fairhop/shared/model';

/** Minor units as a decimal that programs read: `-1234.50`. */
export function plainAmount(amount: number | bigint, currency: string): string {
  const digits = minorDigitsOf(currency);
  const value = BigInt(amount);
  const sign = value < 0n ? '-' : '';
  const text = (value < 0n ? -value : value).toString().padStart(digits + 1, '0');
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** Minor units for people, without the currency: `-1,234.50`. */
export const amountText = (amount: number, currency: string): string =>
  thousands(plainAmount(amount, currency));

/** `-1,234.50 EUR`. */
export const moneyText = (amount: number, currency: string): string =>
  `${amountText(amount, currency)} ${currency}`;

/** A decimal with its thousands apart, every digit kept: `12345.678` → `12,345.678`. */
export function thousands(decimal: string): string {
  const [, sign = '', whole = decimal, fraction = ''] = /^(-?)(\d+)(\.\d+)?$/.exec(decimal) ?? [];
  return sign + whole.replace(/\B(?=(\d{3})+$)/g, ',') + fraction;
}

/** The calendar day of an instant in a zone, as ISO 8601 has it: `2026-11-30`. */
export function dateText(timeMs: number, timeZone: string): string {
  const part = partsOf(timeMs, timeZone);
  return `${part('year')}-${part('month')}-${part('day')}`;
}

/** `2026-11-30 18:05` on the zone's clocks. */
export function clockText(timeMs: number, timeZone: string): string {
  const part = partsOf(timeMs, timeZone);
  return `${dateText(timeMs, timeZone)} ${part('hour')}:${part('minute')}`;
}

function partsOf(timeMs: number, timeZone: string): (type: Intl.DateTimeFormatPartTypes) => string {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone,
    hourCycle: 'h23',
    ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
  }).formatToParts(timeMs);
  return (type) => parts.find((part) => part.type === type)?.value.padStart(2, '0') ?? '';
}

/** The last day of a half-open stretch. */
export const lastDateText = (toMs: number, timeZone: string): string => dateText(toMs - 1, timeZone);

/** An IBAN as it is printed: in groups of four (ISO 13616). */
export const ibanText = (iban: string): string => iban.replace(/(.{4})(?=.)/g, '$1 ');

/** Thousandths to two digits after the point: `2345` → `2.35`. */
export const ratioText = (thousandths: number): string => {
  const hundredths = divideRounded(BigInt(thousandths), 10n, 'half-up').toString().padStart(3, '0');
  return `${thousands(hundredths.slice(0, -2))}.${hundredths.slice(-2)}`;
};
