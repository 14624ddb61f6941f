import type { Invoice, InvoiceLine } from '@fairhop/shared/model';
import { amountText, thousands } from '../format.js';
import { nameOf, writeHead } from './head.js';
import { writeProvenance } from './provenance.js';
import { createSheet } from './sheet.js';
import { type TableColumn, writeTable } from './table.js';
import { writeTotals } from './totals.js';

const columns = (currency: string): TableColumn[] => [
  { header: 'No.', width: 22 },
  { header: 'Description', width: 150 },
  { header: 'Quantity', width: 78, align: 'right' },
  { header: 'Unit', width: 36 },
  { header: 'Calculation', width: 140 },
  { header: `Amount (${currency})`, width: 72, align: 'right' },
];

/** A4, for the payer: equal invoices give equal bytes. */
export function invoicePdf(invoice: Invoice): Promise<Buffer> {
  const { issuerDetails, currency, status, toMs } = invoice;
  const sheet = createSheet({
    title: nameOf(invoice),
    author: issuerDetails.name,
    timeMs: invoice.issuedMs ?? toMs,
    mark: status === 'draft' ? 'DRAFT' : undefined,
  });
  writeHead(sheet, invoice);
  writeTable(
    sheet,
    columns(currency),
    invoice.lines.map((line) => rowOf(line, currency)),
  );
  writeTotals(sheet, invoice);
  writeProvenance(sheet, invoice);
  return sheet.finish(footerOf(invoice));
}

const rowOf = (line: InvoiceLine, currency: string): string[] => [
  String(line.position),
  line.description,
  thousands(line.quantity),
  line.unitCode,
  line.calculation,
  amountText(line.amount, currency),
];

function footerOf(invoice: Invoice): string {
  const { name, vatId, registration } = invoice.issuerDetails;
  const parts = [name, vatId && `VAT ID ${vatId}`, registration, nameOf(invoice)];
  return parts.filter((part) => part !== undefined).join(' · ');
}
