import type { Invoice } from '@fairhop/shared/model';
import type { Element } from './element.js';

/** Of the VATEX code list; the categories S and Z have no reason. */
const reasons: Readonly<Record<string, { readonly code?: string; readonly text: string }>> = {
  E: { text: 'Exempt from VAT' },
  AE: { code: 'VATEX-EU-AE', text: 'Reverse charge' },
  O: { code: 'VATEX-EU-O', text: 'Not subject to VAT' },
};

type Taxed = Pick<Invoice, 'taxCategory' | 'taxPercent' | 'taxExemptionReason'>;

/** BG-30 of a line: the category without a reason; what is not subject to VAT has no rate (BR-O-05). */
export const lineTaxElement = ({ taxCategory, taxPercent }: Taxed): Element => ({
  'cbc:ID': taxCategory,
  'cbc:Percent': taxCategory === 'O' ? undefined : taxPercent,
  'cac:TaxScheme': { 'cbc:ID': 'VAT' },
});

/** Of BG-23, the VAT breakdown. */
export function breakdownTaxElement(invoice: Taxed): Element {
  const reason = reasons[invoice.taxCategory];
  const { 'cac:TaxScheme': scheme, ...category } = lineTaxElement(invoice);
  return {
    ...category,
    'cbc:TaxExemptionReasonCode': reason?.code,
    'cbc:TaxExemptionReason': reason && (invoice.taxExemptionReason ?? reason.text),
    'cac:TaxScheme': scheme,
  };
}
