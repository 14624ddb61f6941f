import type { Invoice, PartyDetails } from '@fairhop/shared/model';
import { dateText, lastDateText } from '../format.js';
import { CONTENT_WIDTH, colors, MARGIN, type Sheet } from './sheet.js';

const HALF = CONTENT_WIDTH / 2 - 10;
const LABEL_WIDTH = 62;

const titleOf = ({ type }: Pick<Invoice, 'type'>): string =>
  type === 'credit-note' ? 'Credit note' : 'Invoice';

/** What the reader calls it: the number, or that it has none yet. */
export const nameOf = (invoice: Invoice): string =>
  `${titleOf(invoice)} ${invoice.number ?? '(draft, without a number)'}`;

/** Title, both parties, and what the invoice is about. */
export function writeHead(sheet: Sheet, invoice: Invoice): void {
  sheet.paragraph(nameOf(invoice), { font: 'bold', size: 20, color: colors.accent });
  if (invoice.credits !== null)
    sheet.paragraph(
      `Takes back invoice ${invoice.credits} as a whole${invoice.waives === true ? ', which is waived: it is not invoiced again' : ''}.`,
      { size: 10 },
    );
  sheet.y += 14;
  writeParties(sheet, invoice);
  sheet.y += 14;
  writeFacts(sheet, factsOf(invoice));
  sheet.y += 16;
}

function writeParties(sheet: Sheet, { issuerDetails, payerDetails }: Invoice): void {
  const top = sheet.y;
  const bottoms = [
    writeParty('From', issuerDetails, MARGIN),
    writeParty('To', payerDetails, MARGIN + HALF + 20),
  ];
  sheet.y = Math.max(...bottoms);

  function writeParty(label: string, details: PartyDetails, x: number): number {
    let y = top;
    const write = (text: string, style = {}): void => {
      y += sheet.text(text, { x, y, width: HALF }, style);
    };
    write(label, { size: 8, color: colors.muted });
    write(details.name, { font: 'bold', size: 11 });
    for (const line of linesOf(details)) write(line);
    return y;
  }
}

function linesOf({ addressLines, country, vatId, registration, email }: PartyDetails): string[] {
  const named = new Intl.DisplayNames('en', { type: 'region' }).of(country) ?? country;
  return [
    ...addressLines,
    named,
    ...(vatId === undefined ? [] : [`VAT ID ${vatId}`]),
    ...(registration === undefined ? [] : [`Registration ${registration}`]),
    ...(email === undefined ? [] : [email]),
  ];
}

type Fact = readonly [label: string, value: string];

function factsOf(invoice: Invoice): Fact[] {
  const { timeZone, issuedMs, dueMs, period, fromMs, toMs, contract, currency } = invoice;
  const day = (timeMs: number | null): string => (timeMs === null ? '-' : dateText(timeMs, timeZone));
  return [
    ['Number', invoice.number ?? '-'],
    ['Date', day(issuedMs)],
    ...(invoice.type === 'invoice' ? [['Due', day(dueMs)] as const] : []),
    ['Contract', contract],
    ['Period', `${period}: ${dateText(fromMs, timeZone)} to ${lastDateText(toMs, timeZone)}`],
    ['Time zone', timeZone],
    ['Currency', currency],
  ];
}

/** In two columns, read downwards. */
function writeFacts(sheet: Sheet, facts: readonly Fact[]): void {
  const rows = Math.ceil(facts.length / 2);
  const top = sheet.y;
  let bottom = top;
  for (const column of [0, 1]) {
    const x = MARGIN + column * (HALF + 20);
    let y = top;
    for (const [label, value] of facts.slice(column * rows, (column + 1) * rows)) {
      sheet.text(label, { x, y, width: LABEL_WIDTH }, { color: colors.muted });
      const height = sheet.text(value, { x: x + LABEL_WIDTH, y, width: HALF - LABEL_WIDTH });
      y += height + 2;
    }
    bottom = Math.max(bottom, y);
  }
  sheet.y = bottom;
}
