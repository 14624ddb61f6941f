import type { Invoice } from '@fairhop/shared/model';
import { amountText, dateText, ibanText, moneyText } from '../format.js';
import { CONTENT_WIDTH, MARGIN, type Sheet, type TextStyle } from './sheet.js';

const WIDTH = 250;
const LEFT = MARGIN + CONTENT_WIDTH - WIDTH;
const ROW_HEIGHT = 16;

/** Net, tax and total, why there is no tax, and how to pay. */
export function writeTotals(sheet: Sheet, invoice: Invoice): void {
  const { currency, netAmount, taxAmount, totalAmount } = invoice;
  const bold: TextStyle = { font: 'bold', size: 11 };
  const rows: readonly (readonly [label: string, amount: string, style: TextStyle])[] = [
    ['Net', amountText(netAmount, currency), {}],
    [taxLabel(invoice), amountText(taxAmount, currency), {}],
    [totalLabel(invoice), moneyText(totalAmount, currency), bold],
  ];
  sheet.makeRoom(rows.length * ROW_HEIGHT + 90);
  sheet.y += 10;
  for (const [label, amount, style] of rows) {
    sheet.text(label, { x: LEFT, y: sheet.y, width: WIDTH / 2 }, style);
    const box = { x: LEFT + WIDTH / 2, y: sheet.y, width: WIDTH / 2 };
    sheet.text(amount, box, { ...style, align: 'right' });
    sheet.y += ROW_HEIGHT;
  }
  sheet.y += 8;
  const reason = invoice.taxExemptionReason;
  if (invoice.taxCategory !== 'S' && reason !== undefined)
    sheet.paragraph(`${reason}.`.replace(/\.\.$/, '.'));
  sheet.y += 6;
  sheet.paragraph(paymentText(invoice), { font: 'bold' });
  sheet.y += 16;
}

const taxLabel = ({ taxCategory, taxPercent }: Invoice): string =>
  taxCategory === 'O'
    ? 'Not subject to VAT'
    : `VAT ${taxPercent} % (${categoryNames[taxCategory] ?? taxCategory})`;

const categoryNames: Readonly<Record<string, string>> = {
  ...{ S: 'standard rate', Z: 'zero rated', E: 'exempt', AE: 'reverse charge' },
};

const totalLabel = ({ type, totalAmount }: Invoice): string =>
  type === 'credit-note' ? 'Credited' : totalAmount < 0 ? 'In your favour' : 'Total due';

function paymentText(invoice: Invoice): string {
  const { type, status, number, totalAmount, currency, dueMs, timeZone, issuerDetails } = invoice;
  if (number === null || status === 'draft') return 'This is a draft: nothing is to be paid on it.';
  if (type === 'credit-note')
    return `Nothing is to be paid: what invoice ${invoice.credits} asks for is taken back.`;
  if (totalAmount <= 0) return 'Nothing is to be paid.';
  const due = dueMs === null ? '' : ` by ${dateText(dueMs, timeZone)}`;
  const { iban, name } = issuerDetails;
  const account = iban === undefined ? '' : ` to ${name}, IBAN ${ibanText(iban)},`;
  return `Please pay ${moneyText(totalAmount, currency)}${due}${account} naming ${number}.`;
}
