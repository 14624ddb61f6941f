import { divideRounded, formatDecimal, minorDigitsOf, parseDecimal } from '@fairhop/shared/model';
import type { Unit } from './measure.js';

/** Decimal with at most 9 digits after the point, which only quantities in GiB can exceed. */
export const unitsText = (quantity: bigint, { size }: Unit): string =>
  formatDecimal(divideRounded(quantity, size, 'half-even'));

/** `2,345.678 GB`, `1 file`. */
export function quantityWords(quantity: bigint, unit: Unit): string {
  return `${grouped(unitsText(quantity, unit))} ${quantity === unit.resolution ? unit.singular : unit.code}`;
}

/** `0.0125 EUR`, `0.50 EUR`, `1,500 EUR`. */
export function moneyWords(decimal: string, currency: string): string {
  const [whole = '', fraction] = formatDecimal(parseDecimal(decimal)).split('.');
  const digits = fraction && `.${fraction.padEnd(minorDigitsOf(currency), '0')}`;
  return `${grouped(whole)}${digits ?? ''} ${currency}`;
}

const grouped = (decimal: string): string => {
  const [whole = '', fraction] = decimal.split('.');
  return whole.replace(/\B(?=(\d{3})+$)/g, ',') + (fraction === undefined ? '' : `.${fraction}`);
};
