import type { Invoice } from '@fairhop/shared/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyInvoice } from '../fixture/any-invoice.js';
import { brokenRules } from '../fixture/business-rules.js';
import { sampleCreditNote, sampleDraft, sampleInvoice } from '../fixture/sample-invoice.js';
import { readUbl } from '../fixture/ubl-reader.js';
import { schemaErrors } from '../fixture/ubl-schema.js';
import { invoiceUbl } from './invoice-ubl.js';

const read = (invoice: Invoice, path: string): string[] =>
  readUbl(invoiceUbl(invoice), (root) => root.texts(path));
const refusal = (change: Partial<Invoice>): unknown => {
  try {
    return invoiceUbl({ ...sampleInvoice, ...change });
  } catch (error) {
    return error;
  }
};

describe('invoiceUbl', () => {
  it('fits the schema and the business rules, whatever is invoiced', () => {
    fc.assert(
      fc.property(anyInvoice, (invoice) => {
        const xml = invoiceUbl(invoice);
        expect(schemaErrors(xml)).toEqual([]);
        expect(brokenRules(xml)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  }, 60_000);

  it('says what is invoiced: numbers, days in the zone, parties, sums', () => {
    expect(read(sampleInvoice, 'cbc:ID')).toEqual(['SP1-2026-000001']);
    expect(read(sampleInvoice, 'cbc:IssueDate|cbc:DueDate')).toEqual(['2026-12-01', '2026-12-31']);
    expect(read(sampleInvoice, 'cac:InvoicePeriod/*')).toEqual(['2026-11-01', '2026-11-30']);
    expect(read(sampleInvoice, '//cac:PartyName/cbc:Name')).toEqual([
      'Łódź Nät ΑΕ',
      'Moviestudio & Söhne GmbH',
    ]);
    expect(read(sampleInvoice, '//cac:AccountingCustomerParty//cac:PostalAddress//cbc:*')).toEqual([
      ...['Hauptstraße 5', '2. Stock', 'Hinterhaus, 10115 Berlin', 'DE'],
    ]);
    expect(read(sampleInvoice, 'cac:LegalMonetaryTotal/*')).toEqual(['500.00', '500.00', '595.00', '595.00']);
    expect(read(sampleInvoice, '//cac:PaymentMeans//cbc:ID')).toEqual(['PL61109010140000071219812874']);
  });

  it('prices what one price gives by its unit, and everything else as one, of negative quantity if it is a credit', () => {
    expect(read(sampleInvoice, 'cac:InvoiceLine/cbc:InvoicedQuantity')).toEqual([
      '1234.567891',
      '1',
      '-1',
      '1',
    ]);
    expect(read(sampleInvoice, '//cbc:InvoicedQuantity/@unitCode')).toEqual(['E34', 'C62', 'C62', 'C62']);
    expect(read(sampleInvoice, '//cbc:PriceAmount')).toEqual(['0.02', '350.00', '0.01', '125.32']);
    expect(read(sampleInvoice, '(//cac:InvoiceLine)[2]//cac:AdditionalItemProperty[1]/*')).toEqual([
      ...['Quantity', '25000 GB'],
    ]);
    // What lies in an earlier period says so beside the item: the invoice's own period does not hold it.
    expect(read(sampleInvoice, 'cac:InvoiceLine[cac:InvoicePeriod]/cbc:ID')).toEqual(['1', '2']);
  });

  it('writes a credit note of what is given back, which names its invoice', () => {
    const xml = invoiceUbl(sampleCreditNote);
    expect(schemaErrors(xml)).toEqual([]);
    expect(brokenRules(xml)).toEqual([]);
    expect(read(sampleCreditNote, 'cbc:CreditNoteTypeCode')).toEqual(['381']);
    expect(read(sampleCreditNote, '//cac:InvoiceDocumentReference/cbc:ID')).toEqual(['SP1-2026-000001']);
    expect(read(sampleCreditNote, 'cac:LegalMonetaryTotal/cbc:PayableAmount')).toEqual(['595.00']);
    expect(read(sampleCreditNote, '//cbc:CreditedQuantity')).toEqual(['1234.567891', '1', '-1', '1']);
    expect(read(sampleCreditNote, '//cbc:LineExtensionAmount')).toEqual([
      ...['500.00', '24.69', '350.00', '-0.01', '125.32'],
    ]);
    const [note] = read({ ...sampleCreditNote, waives: true }, 'cbc:Note');
    expect(note).toMatch(/^Waived, it is not invoiced again\. How /);
  });

  it('claims EN 16931 only of amounts that it allows', () => {
    const dinars = { ...sampleInvoice, currency: 'KWD' };
    expect(read(sampleInvoice, 'cbc:CustomizationID')).toEqual(['urn:cen.eu:en16931:2017']);
    expect(read(dinars, 'cbc:CustomizationID')).toEqual([]);
    expect(schemaErrors(invoiceUbl(dinars))).toEqual([]);
    expect(read(dinars, 'cac:LegalMonetaryTotal/cbc:PayableAmount')).toEqual(['59.500']);
  });

  it('names what an invoice lacks', () => {
    const { vatId: _, ...unregistered } = sampleInvoice.issuerDetails;
    const { vatId: __, ...stranger } = sampleInvoice.payerDetails;
    const untaxed = { taxPercent: '0', taxAmount: 0 };
    const cases: [Partial<Invoice>, string, RegExp][] = [
      [sampleDraft, 'invoice-is-draft', /issue it first/],
      [{ issuerDetails: unregistered }, 'invoice-lacks-details', /issuer has no vatId.*BR-S-02/],
      [{ payerDetails: stranger, taxCategory: 'AE', ...untaxed }, 'invoice-lacks-details', /BR-AE-02/],
      [untaxed, 'invoice-lacks-details', /BR-S-05/],
      [{ taxCategory: 'Z' }, 'invoice-lacks-details', /BR-Z-05/],
      [{ lines: [] }, 'invoice-lacks-details', /BR-16/],
    ];
    for (const [change, code, message] of cases)
      expect(refusal(change)).toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

describe('the checks above', () => {
  it('see what is broken', () => {
    const xml = invoiceUbl(sampleInvoice);
    const broken = (from: string | RegExp, to: string): string[] => brokenRules(xml.replace(from, to));
    expect(broken(/<cbc:CustomizationID>.*/, '')).toEqual(['BR-01']);
    expect(
      broken('<cbc:PayableAmount currencyID="EUR">595', '<cbc:PayableAmount currencyID="EUR">5'),
    ).toEqual(['BR-CO-16']);
    expect(broken('>PL1234567890<', '>1234567890<')).toEqual(['BR-CO-09']);
    expect(broken('>0.02<', '>-0.02<')).toEqual(['BR-27', 'PEPPOL-EN16931-R120']);
    expect(broken('unitCode="E34"', 'unitCode="GB"')).toEqual(['BR-23']);
    expect(schemaErrors(xml.replace('2026-12-01', 'tomorrow'))).not.toEqual([]);
    const [id, issued] = [/ *<cbc:ID>SP1.*\n/.exec(xml)![0], / *<cbc:IssueDate>.*\n/.exec(xml)![0]];
    expect(schemaErrors(xml.replace(id + issued, issued + id))).not.toEqual([]);
  });
});
