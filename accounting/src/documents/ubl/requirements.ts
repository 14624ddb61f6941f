import { FairhopError, type Invoice, parseDecimal } from '@fairhop/shared/model';
import { lackedVatIds } from './vat-ids.js';

/** Throws `invoice-is-draft`, and `invoice-lacks-details` where a rule of EN 16931 could not hold. */
export function requireExpressible(invoice: Invoice): void {
  const { id, number } = invoice;
  if (number === null || invoice.issuedMs === null) {
    const message = `invoice ${id} is a draft without a number, which UBL has to name; issue it first`;
    throw new FairhopError('invoice-is-draft', message, { status: 409 });
  }
  const lacking = [...lackingOf(invoice)];
  if (lacking.length === 0) return;
  const message = `${number} cannot be an invoice of EN 16931: ${lacking.join('; ')}`;
  throw new FairhopError('invoice-lacks-details', message, { status: 422 });
}

function* lackingOf(invoice: Invoice): Generator<string> {
  const { lines, taxCategory, taxPercent, taxAmount } = invoice;
  if (lines.length === 0) yield 'it has no line (BR-16)';
  for (const { side, lack } of lackedVatIds(invoice)) yield `its ${side} ${lack}`;
  const hasRate = parseDecimal(taxPercent) > 0n;
  if (taxCategory === 'S' && !hasRate) yield 'its VAT category S has a rate of 0 (BR-S-05); Z is zero rated';
  if (taxCategory !== 'S' && (hasRate || taxAmount !== 0))
    yield `its VAT category ${taxCategory} has a rate of ${taxPercent} % (BR-${taxCategory}-05)`;
}
