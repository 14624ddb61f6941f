import { type Invoice, minorDigitsOf } from '@fairhop/shared/model';
import { dateText, lastDateText, plainAmount } from '../format.js';
import { type Element, xmlText } from './element.js';
import { lineElement } from './line.js';
import { partyElement } from './party.js';
import { requireExpressible } from './requirements.js';
import { breakdownTaxElement } from './tax.js';

const namespace = (name: string): string => `urn:oasis:names:specification:ubl:schema:xsd:${name}-2`;
const SPECIFICATION = 'urn:cen.eu:en16931:2017';
/** EN 16931 allows two digits after the point (BR-DEC-*): an invoice in dinars of Kuwait is UBL, but makes no such claim. */
const MAX_CLAIMED_DIGITS = 2;
/** UNTDID 1001. */
const COMMERCIAL_INVOICE = '380';
const CREDIT_NOTE = '381';
/** UNTDID 4461. */
const CREDIT_TRANSFER = '30';
const SEPA_CREDIT_TRANSFER = '58';

/**
 * UBL 2.1 Invoice or CreditNote (ISO/IEC 19845) in the sense of EN 16931-1. Amounts of a credit note, negative in the invoice, say
 * what is given back. Throws `invoice-is-draft`, `invoice-lacks-details`.
 */
export function invoiceUbl(invoice: Invoice): string {
  requireExpressible(invoice);
  const root = invoice.type === 'credit-note' ? 'CreditNote' : 'Invoice';
  const attributes = {
    xmlns: namespace(root),
    'xmlns:cac': namespace('CommonAggregateComponents'),
    'xmlns:cbc': namespace('CommonBasicComponents'),
  };
  return xmlText(root, attributes, content(invoice));
}

function content(invoice: Invoice): Element {
  const isCreditNote = invoice.type === 'credit-note';
  const sign = isCreditNote ? -1 : 1;
  const { number, currency, timeZone, issuedMs, credits, waives, taxCategory } = invoice;
  const hasVat = taxCategory !== 'O';
  const isClaimed = minorDigitsOf(currency) <= MAX_CLAIMED_DIGITS;
  return {
    'cbc:CustomizationID': isClaimed ? SPECIFICATION : undefined,
    'cbc:ID': number!,
    'cbc:IssueDate': dateText(issuedMs!, timeZone),
    ...(isCreditNote ? { 'cbc:CreditNoteTypeCode': CREDIT_NOTE } : invoiceHead(invoice)),
    'cbc:Note': `${waives === true ? 'Waived, it is not invoiced again. ' : ''}How each line came about: fairhop invoice explain ${number}`,
    'cbc:DocumentCurrencyCode': currency,
    'cac:InvoicePeriod': {
      'cbc:StartDate': dateText(invoice.fromMs, timeZone),
      'cbc:EndDate': lastDateText(invoice.toMs, timeZone),
    },
    'cac:BillingReference':
      credits === null ? undefined : { 'cac:InvoiceDocumentReference': { 'cbc:ID': credits } },
    'cac:ContractDocumentReference': { 'cbc:ID': invoice.contract },
    'cac:AccountingSupplierParty': partyElement(
      { party: invoice.issuer, details: invoice.issuerDetails },
      hasVat,
    ),
    'cac:AccountingCustomerParty': partyElement(
      { party: invoice.payer, details: invoice.payerDetails },
      hasVat,
    ),
    ...(isCreditNote ? {} : paymentElements(invoice)),
    'cac:TaxTotal': taxTotal(invoice, sign),
    'cac:LegalMonetaryTotal': monetaryTotal(invoice, sign),
    [isCreditNote ? 'cac:CreditNoteLine' : 'cac:InvoiceLine']: invoice.lines.map((line) =>
      lineElement(invoice, line, sign),
    ),
  };
}

const invoiceHead = ({ dueMs, timeZone }: Invoice): Element => ({
  'cbc:DueDate': dueMs === null ? undefined : dateText(dueMs, timeZone),
  'cbc:InvoiceTypeCode': COMMERCIAL_INVOICE,
});

function paymentElements({ issuerDetails, currency, number, dueMs, timeZone }: Invoice): Element {
  const { iban, name } = issuerDetails;
  return {
    'cac:PaymentMeans':
      iban === undefined
        ? undefined
        : {
            'cbc:PaymentMeansCode': currency === 'EUR' ? SEPA_CREDIT_TRANSFER : CREDIT_TRANSFER,
            'cbc:PaymentID': number!,
            'cac:PayeeFinancialAccount': { 'cbc:ID': iban, 'cbc:Name': name },
          },
    'cac:PaymentTerms': dueMs === null ? undefined : { 'cbc:Note': `Due on ${dateText(dueMs, timeZone)}` },
  };
}

function taxTotal(invoice: Invoice, sign: 1 | -1): Element {
  const tax = money(invoice, sign * invoice.taxAmount);
  return {
    'cbc:TaxAmount': tax,
    'cac:TaxSubtotal': {
      'cbc:TaxableAmount': money(invoice, sign * invoice.netAmount),
      'cbc:TaxAmount': tax,
      'cac:TaxCategory': breakdownTaxElement(invoice),
    },
  };
}

function monetaryTotal(invoice: Invoice, sign: 1 | -1): Element {
  const net = money(invoice, sign * invoice.netAmount);
  const total = money(invoice, sign * invoice.totalAmount);
  return {
    'cbc:LineExtensionAmount': net,
    'cbc:TaxExclusiveAmount': net,
    'cbc:TaxInclusiveAmount': total,
    'cbc:PayableAmount': total,
  };
}

const money = ({ currency }: Invoice, amount: number): Element => ({
  '@currencyID': currency,
  '#': plainAmount(amount, currency),
});
