import type { Invoice } from '@fairhop/shared/model';
import { beforeAll, describe, expect, it } from 'vitest';
import { type PdfContent, type PdfText, readPdf } from '../fixture/read-pdf.js';
import { sampleCreditNote, sampleDraft, sampleInvoice } from '../fixture/sample-invoice.js';
import { invoicePdf } from './invoice-pdf.js';

const pdfOf = async (invoice: Invoice): Promise<PdfContent> => readPdf(await invoicePdf(invoice));
/** In reading order, with one space wherever a line breaks. */
const textOf = (texts: readonly PdfText[]): string => texts.map(({ text }) => text).join(' ');
const wholeText = ({ pages }: PdfContent): string => pages.map(textOf).join(' ');

const longInvoice: Invoice = {
  ...sampleInvoice,
  lines: Array.from({ length: 60 }, (_, index) => ({
    ...sampleInvoice.lines[index % 4]!,
    position: index + 1,
  })),
};

describe('invoicePdf', () => {
  let invoice: PdfContent;
  let long: PdfContent;
  beforeAll(async () => {
    invoice = await pdfOf(sampleInvoice);
    long = await pdfOf(longInvoice);
  });

  it('says who asks whom for how much, for what, by when and where to', () => {
    const text = wholeText(invoice);
    expect(invoice.title).toBe('Invoice SP1-2026-000001');
    for (const expected of [
      ...['Łódź Nät ΑΕ', 'Ruch całodobowy, Łódź', 'Moviestudio & Söhne GmbH', 'Poland', 'DE123456789'],
      ...['2026-12-01', '2026-12-31', '2026-11: 2026-11-01 to 2026-11-30', 'Europe/Berlin'],
      ...['1,234.567891', '10,000 GB at 0.02 EUR', '350.00', '-0.01', 'VAT 19 %', '595.00 EUR'],
      'IBAN PL61 1090 1014 0000 0712 1981 2874, naming',
    ])
      expect(text).toContain(expected);
    expect(text).not.toContain('DRAFT');
  });

  it('says how each figure came about, and how to check it', () => {
    const text = wholeText(invoice);
    expect(text).toContain('fairhop invoice explain SP1-2026-000001');
    for (const { basis } of sampleInvoice.lines) if (basis !== null) expect(text).toContain(basis.digest);
    expect(text).toContain(
      'billable bytes: leave sp1, enter sp2, content owner moviestudio, between 18:00 and 24:00',
    );
    expect(text).toContain('1,234,567,891,000 bytes in 12,345 events');
    expect(text).toContain('2026-10-01 00:00 to 2026-11-01 00:00, Europe/Berlin');
    expect(text).toContain('version 2 of the contract');
  });

  it('lets amounts end at one edge, and nothing leave the page', () => {
    const [first] = invoice.pages;
    const edges = ['24.69', '350.00', '-0.01', '125.32', '500.00', '95.00', '595.00 EUR'].map(
      (amount) => first!.find(({ text }) => text === amount)!.right,
    );
    for (const edge of edges) expect(edge).toBeCloseTo(545.28, 0);
    for (const { left, right, top } of long.pages.flat()) {
      expect(left).toBeGreaterThan(49);
      expect(right).toBeLessThan(547);
      expect(top).toBeLessThan(820);
    }
  });

  it('repeats the head of the table and numbers its pages', () => {
    const { pages } = long;
    expect(pages.length).toBeGreaterThan(3);
    pages.forEach((page, index) => {
      expect(textOf(page)).toContain(`Page ${index + 1} of ${pages.length}`);
      const positions = page.filter(({ text, left }) => /^\d+$/.test(text) && left < 60);
      const head = page.find(({ text }) => text === 'Calculation');
      if (positions.length > 0) expect(head!.top).toBeLessThan(Math.min(...positions.map(({ top }) => top)));
    });
    const positions = pages.flat().filter(({ text, left }) => /^\d+$/.test(text) && left < 60);
    expect(positions.map(({ text }) => Number(text))).toEqual(
      longInvoice.lines.map(({ position }) => position),
    );
  });

  it('keeps a calculation of many tiers on the page', async () => {
    const step = '999,999,999,999.123456789 GB at 999,999,999,999.123456789 EUR';
    const calculation = Array(32).fill(step).join(', then ');
    const { pages } = await pdfOf({
      ...sampleInvoice,
      lines: [{ ...sampleInvoice.lines[0]!, calculation: `${calculation} end` }],
    });
    const page = pages.find((texts) => texts.some(({ text }) => text === '1,234.567891'))!;
    expect(page.find(({ text }) => / end$/.test(text))!.top).toBeLessThan(780);
    expect(page.some(({ text }) => text === '24.69')).toBe(true);
  });

  it('marks a draft on each page, and lets nobody pay it', async () => {
    const { pages } = await pdfOf(sampleDraft);
    for (const page of pages) expect(page.filter(({ text }) => text === 'DRAFT')).toHaveLength(1);
    expect(textOf(pages[0]!)).toContain('nothing is to be paid');
    expect(textOf(pages.flat())).not.toContain('IBAN');
  });

  it('calls a credit note so, and names what it takes back', async () => {
    const content = await pdfOf(sampleCreditNote);
    expect(content.title).toBe('Credit note SP1-2026-000002');
    expect(wholeText(content)).toContain('Takes back invoice SP1-2026-000001');
    expect(wholeText(content)).not.toContain('Please pay');
    expect(wholeText(content)).not.toContain('waived');
    expect(wholeText(await pdfOf({ ...sampleCreditNote, waives: true }))).toContain(
      'it is not invoiced again',
    );
  });

  it('gives the reason where there is no tax, and asks for nothing where nothing is due', async () => {
    const exempt = { taxCategory: 'AE', taxPercent: '0', taxAmount: 0, taxExemptionReason: 'Reverse charge' };
    expect(wholeText(await pdfOf({ ...sampleInvoice, ...exempt, totalAmount: 50_000 }))).toMatch(
      /VAT 0 % \(reverse charge\).*Reverse charge\./,
    );
    const credit = { netAmount: -100, taxAmount: -19, totalAmount: -119 };
    expect(wholeText(await pdfOf({ ...sampleInvoice, ...credit }))).toMatch(
      /In your favour.*Nothing is to be paid/,
    );
  });

  it('is equal, byte for byte, of equal invoices', async () => {
    const [first, second] = [await invoicePdf(sampleInvoice), await invoicePdf(sampleInvoice)];
    expect(first.equals(second)).toBe(true);
    expect(first.equals(await invoicePdf(sampleDraft))).toBe(false);
  });
});
