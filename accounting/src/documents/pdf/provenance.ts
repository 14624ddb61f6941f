import type { Invoice, InvoiceLine, LineBasis } from '@fairhop/shared/model';
import { measuredText, planText, spanText, usageText } from '../describe-basis.js';
import { moneyText, thousands } from '../format.js';
import { CONTENT_WIDTH, colors, MARGIN, type Sheet } from './sheet.js';

const LABEL_WIDTH = 80;
const VALUE_WIDTH = CONTENT_WIDTH - LABEL_WIDTH;
const SIZE = 8;

/** How each figure came about, and how to check it. */
export function writeProvenance(sheet: Sheet, invoice: Invoice): void {
  const { number, id, currency } = invoice;
  sheet.makeRoom(90);
  sheet.paragraph('How these figures came about', { font: 'bold', size: 13, color: colors.accent });
  sheet.y += 4;
  sheet.paragraph(
    `Every quantity is a sum over single transfers, each booked once with its path and its evidence. The SHA-256 of a line is taken over what the line counts, in a fixed order. “fairhop invoice explain ${number ?? id}” sums them again from the single transfers and must come to the same quantity, number, amount and SHA-256.`,
    { size: SIZE },
  );
  sheet.y += 8;
  for (const line of invoice.lines) writeLine(sheet, line, currency);
}

type Row = readonly [label: string, value: string];

function writeLine(sheet: Sheet, line: InvoiceLine, currency: string): void {
  const heading = `Line ${line.position}: ${line.description}`;
  const rows = line.basis === null ? [minimumRow(line)] : basisRows(line, line.basis, currency);
  const heightOf = ([, value]: Row): number => sheet.heightOf(value, VALUE_WIDTH, { size: SIZE }) + 1;
  const headingHeight = sheet.heightOf(heading, CONTENT_WIDTH, { font: 'bold', size: 8.5 });
  sheet.makeRoom(rows.reduce((sum, row) => sum + heightOf(row), headingHeight + 2));
  sheet.paragraph(heading, { font: 'bold', size: 8.5 });
  sheet.y += 2;
  for (const row of rows) {
    sheet.makeRoom(heightOf(row));
    const [label, value] = row;
    sheet.text(label, { x: MARGIN, y: sheet.y, width: LABEL_WIDTH }, { size: SIZE, color: colors.muted });
    sheet.text(value, { x: MARGIN + LABEL_WIDTH, y: sheet.y, width: VALUE_WIDTH }, { size: SIZE });
    sheet.y += heightOf(row);
  }
  sheet.y += 8;
}

const minimumRow = ({ calculation }: InvoiceLine): Row => ['Agreed', calculation];

function basisRows(line: InvoiceLine, basis: LineBasis, currency: string): Row[] {
  const { contractVersion, plan, unit, events, upToEvent, upToMove, upToCompletion, charge, digest } = basis;
  const exact = (value: number): string => thousands(String(value));
  return [
    ['Counts', usageText(basis)],
    ['In', spanText(basis)],
    [
      'Price',
      `${planText(plan, unit)} (${currency}; charge ${charge}, version ${contractVersion} of the contract)`,
    ],
    ['Measured', `${measuredText(basis)} in ${exact(events)} events`],
    ...(line.alreadyInvoiced === undefined
      ? []
      : [['Invoiced before', moneyText(line.alreadyInvoiced, currency)] as const]),
    [
      'Counted up to',
      `event ${exact(upToEvent)}, move of belief ${exact(upToMove)}, completion ${exact(upToCompletion)}; what came later is on later invoices`,
    ],
    ['SHA-256', digest],
  ];
}
