import {
  type Invoice,
  type InvoiceLine,
  minorDigitsOf,
  NANOS,
  parseDecimal,
  type RatePlan,
} from '@fairhop/shared/model';
import { spanText, usageText } from '../describe-basis.js';
import { dateText, lastDateText, plainAmount } from '../format.js';
import type { Element } from './element.js';
import { lineTaxElement } from './tax.js';

/** UN/ECE Recommendation 20: gigabyte, gibibyte, megabit per second, one. */
const unitCodes: Readonly<Record<InvoiceLine['unitCode'], string>> = {
  ...{ GB: 'E34', GiB: 'E62', 'Mbit/s': 'E20', files: 'C62', period: 'C62' },
};

interface Priced {
  readonly quantity: string;
  readonly unitCode: string;
  readonly price: string;
}

/** `sign` is -1 in a credit note, whose amounts say what is given back. */
export function lineElement(invoice: Invoice, line: InvoiceLine, sign: 1 | -1): Element {
  const { currency } = invoice;
  const amount = sign * line.amount;
  const { quantity, unitCode, price } = pricedOf(line, amount, currency);
  const quantityName = invoice.type === 'credit-note' ? 'cbc:CreditedQuantity' : 'cbc:InvoicedQuantity';
  return {
    'cbc:ID': String(line.position),
    'cbc:Note': line.calculation === '' ? undefined : line.calculation,
    [quantityName]: { '@unitCode': unitCode, '#': quantity },
    'cbc:LineExtensionAmount': { '@currencyID': currency, '#': plainAmount(amount, currency) },
    'cac:InvoicePeriod': periodElement(invoice, line),
    'cac:Item': {
      'cbc:Name': line.description,
      'cac:ClassifiedTaxCategory': lineTaxElement(invoice),
      'cac:AdditionalItemProperty': properties(line, currency),
    },
    'cac:Price': { 'cbc:PriceAmount': { '@currencyID': currency, '#': price } },
  };
}

/**
 * What is measured and its price where they give the amount; else one of the amount, with the measured quantity among the item's
 * properties. A price is never negative (BR-27): the quantity is.
 */
function pricedOf(line: InvoiceLine, amount: number, currency: string): Priced {
  const price = line.basis === null ? undefined : unitPriceOf(line.basis.plan);
  if (price !== undefined && isProduct({ quantity: line.quantity, price, amount }, currency))
    return { quantity: line.quantity, unitCode: unitCodes[line.unitCode], price };
  return {
    quantity: amount < 0 ? '-1' : '1',
    unitCode: 'C62',
    price: plainAmount(Math.abs(amount), currency),
  };
}

function unitPriceOf(plan: RatePlan): string | undefined {
  if (plan.type === 'royalty') return plan.pricePerFile;
  return plan.type === 'per-unit' || plan.type === 'percentile95' ? plan.price : undefined;
}

/** To less than one minor unit, whichever way the contract rounds. */
function isProduct(
  { quantity, price, amount }: { quantity: string; price: string; amount: number },
  currency: string,
): boolean {
  const minorUnit = (NANOS * NANOS) / 10n ** BigInt(minorDigitsOf(currency));
  const difference = parseDecimal(quantity) * parseDecimal(price) - BigInt(amount) * minorUnit;
  return -minorUnit < difference && difference < minorUnit;
}

/** Only of what lies in the invoice's own period, as receivers check it; the others have it as a property. */
function periodElement(invoice: Invoice, { basis }: InvoiceLine): Element | undefined {
  if (basis === null || basis.fromMs < invoice.fromMs || basis.toMs > invoice.toMs) return undefined;
  return {
    'cbc:StartDate': dateText(basis.fromMs, invoice.timeZone),
    'cbc:EndDate': lastDateText(basis.toMs, invoice.timeZone),
  };
}

function properties(line: InvoiceLine, currency: string): Element[] {
  const { basis, alreadyInvoiced } = line;
  const values: [name: string, value: string][] = [['Quantity', `${line.quantity} ${line.unitCode}`]];
  if (alreadyInvoiced !== undefined)
    values.push(['Already invoiced', plainAmount(alreadyInvoiced, currency)]);
  if (basis !== null)
    values.push(
      ['Usage', usageText(basis)],
      ['Usage period', spanText(basis)],
      ['Contract version', String(basis.contractVersion)],
      ['Transfers counted', String(basis.events)],
      ['SHA-256', basis.digest],
    );
  return values.map(([name, value]) => ({ 'cbc:Name': name, 'cbc:Value': value }));
}
