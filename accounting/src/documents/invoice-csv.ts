import type { Invoice, InvoiceLine } from '@fairhop/shared/model';
import { formatCsv } from '../query/export/csv.js';
import { dateText, plainAmount } from './format.js';

type Cell = string | number | null;
type Column = readonly [header: string, cell: (invoice: Invoice, line: InvoiceLine) => Cell | undefined];

const instant = (timeMs: number | null | undefined): string | null =>
  typeof timeMs === 'number' ? new Date(timeMs).toISOString() : null;

/** A spreadsheet takes a cell that begins so for a formula, which the other party could have written. */
const asText = (text: string): string => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);

const columns: readonly Column[] = [
  ['invoice', ({ id }) => id],
  ['number', ({ number }) => number],
  ['type', ({ type }) => type],
  ['status', ({ status }) => status],
  ['credits', ({ credits }) => credits],
  ['contract', ({ contract }) => contract],
  ['issuer', ({ issuer }) => `${issuer.kind}:${issuer.id}`],
  ['payer', ({ payer }) => `${payer.kind}:${payer.id}`],
  ['period', ({ period }) => period],
  ['issued', ({ issuedMs, timeZone }) => (issuedMs === null ? null : dateText(issuedMs, timeZone))],
  ['due', ({ dueMs, timeZone }) => (dueMs === null ? null : dateText(dueMs, timeZone))],
  ['position', (_, { position }) => position],
  ['kind', (_, { kind }) => kind],
  ['description', (_, { description }) => asText(description)],
  ['quantity', (_, { quantity }) => quantity],
  ['unit', (_, { unitCode }) => unitCode],
  ['calculation', (_, { calculation }) => asText(calculation)],
  ['amount', ({ currency }, { amount }) => plainAmount(amount, currency)],
  ['currency', ({ currency }) => currency],
  [
    'alreadyInvoiced',
    ({ currency }, { alreadyInvoiced: amount }) =>
      amount === undefined ? null : plainAmount(amount, currency),
  ],
  ['taxCategory', ({ taxCategory }) => taxCategory],
  ['taxPercent', ({ taxPercent }) => taxPercent],
  ['netAmount', ({ netAmount, currency }) => plainAmount(netAmount, currency)],
  ['taxAmount', ({ taxAmount, currency }) => plainAmount(taxAmount, currency)],
  ['totalAmount', ({ totalAmount, currency }) => plainAmount(totalAmount, currency)],
  ['charge', (_, { basis }) => basis?.charge],
  ['contractVersion', (_, { basis }) => basis?.contractVersion],
  ['usage', (_, { basis }) => basis && JSON.stringify(basis.usage)],
  ['plan', (_, { basis }) => basis && JSON.stringify(basis.plan)],
  ['from', (_, { basis }) => instant(basis?.fromMs)],
  ['to', (_, { basis }) => instant(basis?.toMs)],
  ['timeZone', (_, { basis }) => basis?.timeZone],
  ['volumeUnit', (_, { basis }) => basis?.unit],
  ['measure', (_, { basis }) => basis?.measure],
  ['measured', (_, { basis }) => basis?.quantity],
  ['events', (_, { basis }) => basis?.events],
  ['upToEvent', (_, { basis }) => basis?.upToEvent],
  ['upToMove', (_, { basis }) => basis?.upToMove],
  ['upToCompletion', (_, { basis }) => basis?.upToCompletion],
  ['digest', (_, { basis }) => basis?.digest],
];

/**
 * A row a line, with all that it was computed from; amounts in the currency's major unit. A minimum's row has no basis. Net, tax and
 * total are the invoice's, the same in each row: the column `amount` adds up to the net.
 */
export const invoiceCsv = (invoice: Invoice): string =>
  formatCsv([
    columns.map(([header]) => header),
    ...invoice.lines.map((line) => columns.map(([, cell]) => cell(invoice, line) ?? null)),
  ]);
