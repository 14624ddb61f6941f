import type { Invoice } from '@fairhop/shared/model';
import { invoiceCsv } from './invoice-csv.js';
import { invoicePdf } from './pdf/invoice-pdf.js';
import { invoiceUbl } from './ubl/invoice-ubl.js';

interface DocumentKind {
  readonly mediaType: string;
  readonly summary: string;
  readonly write: (invoice: Invoice) => string | Promise<Buffer>;
  /** Safe in every file system and header. */
  readonly fileName: (invoice: Pick<Invoice, 'id' | 'number'>) => string;
}

const named =
  (extension: string): DocumentKind['fileName'] =>
  ({ id, number }) =>
    `${(number ?? id).replaceAll(/[^A-Za-z0-9._-]/g, '_')}.${extension}`;

export const documentFormats = {
  pdf: {
    mediaType: 'application/pdf',
    summary: 'An invoice as one sends it to the payer',
    write: invoicePdf,
    fileName: named('pdf'),
  },
  csv: {
    mediaType: 'text/csv',
    summary: 'An invoice as a row a line, with all that each was computed from',
    write: invoiceCsv,
    fileName: named('csv'),
  },
  ubl: {
    mediaType: 'application/xml',
    summary: 'An issued invoice or credit note as UBL 2.1 in the sense of EN 16931',
    write: invoiceUbl,
    fileName: named('xml'),
  },
} as const satisfies Record<string, DocumentKind>;

export type DocumentFormat = keyof typeof documentFormats;
