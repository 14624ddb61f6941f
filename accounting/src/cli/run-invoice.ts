import { FairhopError, type Invoice, type InvoiceStatus } from '@fairhop/shared/model';
import { formatTable, printJson } from '@fairhop/shared/service';
import { amountText, dateText, lastDateText, moneyText, thousands } from '../documents/index.js';
import { counted, instantText, writeLine } from './print.js';
import { partyText } from './run-contract.js';
import { type AccountingClient, askAccounting, type ServiceOptions } from './service-client.js';

/** All contracts at once, each with its percentiles. */
const CLOSE_TIMEOUT_MS = 10 * 60_000;

interface ListOptions extends ServiceOptions {
  readonly contract?: string;
  readonly period?: string;
  readonly status?: InvoiceStatus;
  readonly limit?: number;
}

export async function listInvoices(options: ListOptions): Promise<void> {
  const { contract, period, status, limit } = options;
  const query = {
    ...(contract !== undefined && { contract }),
    ...(period !== undefined && { period }),
    ...(status !== undefined && { status }),
    ...(limit !== undefined && { limit }),
  };
  const { invoices } = await askAccounting(options, (client) => client.listInvoices({ query }));
  printList(invoices, options, 'There are no such invoices.');
}

export async function closePeriod(
  period: string,
  options: ServiceOptions & { readonly contract?: string; readonly issue?: boolean },
): Promise<void> {
  const { contract, issue = false } = options;
  const body = { issue, ...(contract !== undefined && { contract }) };
  const { invoices, failures } = await askAccounting(options, (client) =>
    client.closePeriod({ params: { period }, body }, { timeoutMs: CLOSE_TIMEOUT_MS }),
  );
  if (failures.length === 0) return printList(invoices, options, `Nothing is due of period ${period}.`);
  printList(invoices, options, `Nothing of period ${period} was closed.`);
  const each = failures.map((failure) => `${failure.contract}: ${failure.message} [${failure.code}]`);
  throw new FairhopError(
    'period-not-closed',
    `of ${period}, ${counted(failures.length, 'contract')} failed: ${each.join('; ')}`,
  );
}

function printList(invoices: readonly Invoice[], { json }: ServiceOptions, none: string): void {
  if (json) printJson(invoices);
  else writeLine(invoices.length === 0 ? none : listText(invoices));
}

const listText = (invoices: readonly Invoice[]): string =>
  formatTable(
    [
      { header: 'number', cell: ({ number, id }: Invoice) => number ?? id },
      { header: 'type', cell: ({ type }) => type },
      { header: 'status', cell: ({ status }) => status },
      { header: 'contract', cell: ({ contract }) => contract },
      { header: 'period', cell: ({ period }) => period },
      { header: 'issuer', cell: ({ issuer }) => partyText(issuer) },
      { header: 'payer', cell: ({ payer }) => partyText(payer) },
      { header: 'net', cell: ({ netAmount, currency }) => amountText(netAmount, currency), align: 'right' },
      { header: 'tax', cell: ({ taxAmount, currency }) => amountText(taxAmount, currency), align: 'right' },
      {
        header: 'total',
        cell: ({ totalAmount, currency }) => amountText(totalAmount, currency),
        align: 'right',
      },
      { header: 'currency', cell: ({ currency }) => currency },
      { header: 'due', cell: ({ dueMs, timeZone }) => (dueMs === null ? '-' : dateText(dueMs, timeZone)) },
    ],
    invoices,
  );

/** Asks for one invoice, and shows it. */
async function show(
  options: ServiceOptions,
  ask: (client: AccountingClient) => Promise<Invoice>,
): Promise<void> {
  const invoice = await askAccounting(options, ask);
  if (options.json) printJson(invoice);
  else writeLine(invoiceText(invoice));
}

export const showInvoice = (invoice: string, options: ServiceOptions): Promise<void> =>
  show(options, (client) => client.getInvoice({ params: { invoice } }));

export const issueInvoice = (invoice: string, options: ServiceOptions): Promise<void> =>
  show(options, (client) => client.issueInvoice({ params: { invoice }, body: {} }));

export function payInvoice(
  invoice: string,
  options: ServiceOptions & { readonly note?: string },
): Promise<void> {
  const body = options.note === undefined ? {} : { note: options.note };
  return show(options, (client) => client.payInvoice({ params: { invoice }, body }));
}

type NoteOptions = ServiceOptions & { readonly note: string };

export const disputeInvoice = (invoice: string, options: NoteOptions): Promise<void> =>
  show(options, (client) => client.disputeInvoice({ params: { invoice }, body: { note: options.note } }));

export async function creditInvoice(
  invoice: string,
  options: NoteOptions & { readonly waive?: boolean },
): Promise<void> {
  const { note, waive = false } = options;
  const body = { note, ...(waive && { waive }) };
  const credited = await askAccounting(options, (client) =>
    client.creditInvoice({ params: { invoice }, body }),
  );
  if (options.json) printJson(credited);
  else writeLine(`${invoiceText(credited.creditNote)}\n\n${listText([credited.invoice])}`);
}

function invoiceText(invoice: Invoice): string {
  const { currency, timeZone, history } = invoice;
  const money = (amount: number): string => moneyText(amount, currency);
  return [
    headText(invoice),
    `${partyText(invoice.issuer)} (${invoice.issuerDetails.name}) to ${partyText(invoice.payer)} (${invoice.payerDetails.name})`,
    `Contract ${invoice.contract}, ${invoice.period}: ${dateText(invoice.fromMs, timeZone)} to ${lastDateText(invoice.toMs, timeZone)}, ${timeZone}`,
    '',
    linesText(invoice),
    '',
    `Net ${money(invoice.netAmount)}, VAT ${invoice.taxPercent} % (${invoice.taxCategory}) ${money(invoice.taxAmount)}, total ${money(invoice.totalAmount)}${dueText(invoice)}`,
    ...history.map(
      ({ status, timeMs, by, note }) =>
        `${instantText(timeMs)} ${status} by ${by}${note === null ? '' : `: ${note}`}`,
    ),
  ].join('\n');
}

const headText = ({ type, number, id, status, credits, waives = false }: Invoice): string =>
  `${type === 'invoice' ? 'Invoice' : 'Credit note'} ${number ?? id}, ${status}${credits === null ? '' : `, of invoice ${credits}`}${waives ? ', waived for good' : ''}`;

const dueText = ({ dueMs, timeZone, type }: Invoice): string =>
  dueMs === null || type === 'credit-note' ? '' : `, due ${dateText(dueMs, timeZone)}`;

const linesText = ({ lines, currency }: Invoice): string =>
  formatTable(
    [
      { header: 'no.', cell: ({ position }) => String(position), align: 'right' },
      { header: 'kind', cell: ({ kind }) => kind },
      { header: 'description', cell: ({ description }) => description },
      { header: 'quantity', cell: ({ quantity }) => thousands(quantity), align: 'right' },
      { header: 'unit', cell: ({ unitCode }) => unitCode },
      { header: 'calculation', cell: ({ calculation }) => calculation },
      { header: `amount ${currency}`, cell: ({ amount }) => amountText(amount, currency), align: 'right' },
    ],
    lines,
  );
