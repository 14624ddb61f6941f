import { randomUUID } from 'node:crypto';
import { FairhopError, type Invoice, type InvoiceStatus, type Party } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';
import type { Contracts } from '../contracts/index.js';
import { lackedVatIds } from '../documents/index.js';
import { createZone } from '../query/zone.js';
import { detailsOf } from './close-period.js';
import type { ClosingStore } from './closing-store.js';
import { eventsFromMs } from './counted.js';
import type { InvoiceDocument, InvoiceStore, StatusChange, StoredLine } from './invoice-store.js';

/** Who acts, and why. */
export interface Acting {
  /** As the invoice's history names it. */
  readonly by: string;
  readonly nowMs: number;
  readonly note?: string | null | undefined;
}

export interface Crediting extends Acting {
  readonly waive?: boolean | undefined;
}

/** All throw `invoice-unknown` (404) and `invoice-status-wrong` (409). */
export interface InvoiceActions {
  /** Gives a draft its number and dates. Throws `party-unnamed`, `party-lacks-vat-id` (409). */
  issue(id: string, acting: Acting): Invoice;
  pay(id: string, acting: Acting): Invoice;
  dispute(id: string, acting: Acting): Invoice;
  /**
   * Takes an invoice back: what it invoiced is due again, or waived and never due again. Throws `events-dropped` (409) where it were to
   * be due again.
   */
  credit(id: string, acting: Crediting): { invoice: Invoice; creditNote: Invoice };
}

const DAY_MS = 86_400_000;

type Action = 'issue' | 'pay' | 'dispute' | 'credit';

/** What may be done with an invoice, by its status. */
const possible: Readonly<Record<InvoiceStatus, readonly Action[]>> = {
  draft: ['issue'],
  issued: ['pay', 'dispute', 'credit'],
  disputed: ['pay', 'credit'],
  paid: ['credit'],
  credited: [],
};

export function createInvoiceActions({
  database,
  contracts,
  invoices,
  closings,
  keptFromMs,
}: {
  readonly database: Database;
  readonly contracts: Pick<Contracts, 'get' | 'noteReopened' | 'parties'>;
  readonly invoices: InvoiceStore;
  readonly closings: ClosingStore;
  /** Single events that are older are dropped. */
  readonly keptFromMs: () => number;
}): InvoiceActions {
  const numberOf = ({ issuer, timeZone }: Pick<Invoice, 'issuer' | 'timeZone'>, nowMs: number): string => {
    const year = yearAt(nowMs, timeZone);
    const number = invoices.nextNumber(issuer, year);
    return `${prefixOf(issuer)}-${year}-${String(number).padStart(6, '0')}`;
  };
  const taken = (id: string, action: Action): Invoice => {
    const invoice = invoices.get(id);
    const actions = invoice.type === 'credit-note' ? [] : possible[invoice.status];
    if (!actions.includes(action)) throw statusWrong(invoice, action, actions);
    return invoice;
  };
  const issue = database.transaction((id: string, { by, nowMs, note }: Acting): void => {
    const invoice = taken(id, 'issue');
    const { parties, get } = contracts;
    for (const party of [invoice.issuer, invoice.payer]) requireNamed(party, parties);
    const { versions } = get(invoice.contract);
    const version = versions.find(({ toMs }) => toMs === null || toMs >= invoice.toMs) ?? versions.at(-1)!;
    const document = { ...documentOf(invoice), ...detailsOf(invoice, parties) };
    requireVatIds(document);
    const number = numberOf(invoice, nowMs);
    const dueMs = nowMs + version.paymentDays * DAY_MS;
    invoices.issue(document, { number, issuedMs: nowMs, dueMs }, statusOf('issued', { by, nowMs, note }));
  });
  const change = (action: Action, status: InvoiceStatus) =>
    database.transaction((id: string, acting: Acting): void => {
      invoices.change(taken(id, action).id, statusOf(status, acting));
    });
  const [pay, dispute] = [change('pay', 'paid'), change('dispute', 'disputed')];
  const credit = database.transaction((id: string, { waive = false, ...acting }: Crediting): string => {
    const { nowMs } = acting;
    const invoice = taken(id, 'credit');
    const lines = invoices.linesOf(invoice.id);
    if (!waive) requireEvents(invoice, lines, keptFromMs());
    const noteId = randomUUID();
    const document: InvoiceDocument = {
      ...credited(documentOf(invoice), waive),
      id: noteId,
      credits: invoice.number,
    };
    const number = numberOf(invoice, nowMs);
    invoices.insert(document, lines, statusOf('draft', acting), null);
    invoices.issue(document, { number, issuedMs: nowMs, dueMs: nowMs }, statusOf('issued', acting));
    invoices.change(invoice.id, statusOf('credited', acting));
    if (!waive) reopen(invoice, lines);
    return noteId;
  });
  const reopen = ({ contract, period: own }: Invoice, lines: readonly StoredLine[]): void => {
    // Its own period too, by which it is asked for again, where all its lines are of earlier ones.
    for (const period of new Set([own, ...lines.map((line) => line.period)]))
      closings.reopen(contract, period);
    const invoiced = invoices.invoicedPeriods(contract);
    const closed = closings
      .list(contract)
      .filter(({ isReopened, period }) => !isReopened || invoiced.has(period));
    contracts.noteReopened(
      contract,
      closed.length === 0 ? null : Math.max(...closed.map(({ toMs }) => toMs)),
    );
  };
  const then = (act: { immediate(id: string, acting: Acting): void }) => (id: string, acting: Acting) => {
    act.immediate(id, acting);
    return invoices.get(id);
  };
  return {
    issue: then(issue),
    pay: then(pay),
    dispute: then(dispute),
    credit(id, acting) {
      const creditNote = credit.immediate(id, acting);
      return { invoice: invoices.get(id), creditNote: invoices.get(creditNote) };
    },
  };
}

const statusOf = (status: InvoiceStatus, { by, nowMs, note = null }: Acting): StatusChange => ({
  ...{ status, by, note },
  timeMs: nowMs,
});

/** An ISP may be called like the operator; no name of another party has lower-case letters in its numbers. */
const prefixOf = ({ kind, id }: Party): string =>
  kind === 'isp' && id !== 'operator'
    ? id.toUpperCase()
    : kind === 'operator'
      ? 'OPERATOR'
      : `${id.toUpperCase()}-${kind}`;

function yearAt(timeMs: number, timeZone: string): number {
  const [span] = createZone(timeZone).spans(timeMs, timeMs + 1);
  return new Date(timeMs + span!.offsetMs).getUTCFullYear();
}

function documentOf({ number, status, issuedMs, dueMs, history, ...document }: Invoice): InvoiceDocument {
  return document;
}

/** The same with every amount taken back. */
function credited(document: InvoiceDocument, waives: boolean): InvoiceDocument {
  const back = (amount: number): number => (amount === 0 ? 0 : -amount);
  return {
    ...document,
    type: 'credit-note',
    ...(waives && { waives }),
    lines: document.lines.map((line) => ({
      ...line,
      ...(waives && { calculation: `${line.calculation}; waived, it is not invoiced again` }),
      amount: back(line.amount),
    })),
    netAmount: back(document.netAmount),
    taxAmount: back(document.taxAmount),
    totalAmount: back(document.totalAmount),
  };
}

function requireNamed(party: Party, parties: Contracts['parties']): void {
  if (parties.get(party) !== undefined) return;
  const message = `${party.kind} ${party.id} has no name and address for invoices; put them first, at /v1/parties/${party.kind}/${party.id}`;
  throw new FairhopError('party-unnamed', message, { status: 409 });
}

/** What an invoice says of its parties is final: without these it could never be written as UBL. */
function requireVatIds(document: InvoiceDocument): void {
  const lacked = lackedVatIds(document);
  if (lacked.length === 0) return;
  const each = lacked.map(({ side, lack }) => {
    const { kind, id } = document[side];
    return `${kind} ${id}, its ${side}, ${lack}: put it first, at /v1/parties/${kind}/${id}`;
  });
  const message = `the invoice of contract ${document.contract} for ${document.period} cannot be issued: ${each.join('; ')}`;
  throw new FairhopError('party-lacks-vat-id', message, { status: 409 });
}

/** What is taken back is invoiced anew, of which nothing could be derived any more. */
function requireEvents(
  { id, number, lines }: Invoice,
  stored: readonly StoredLine[],
  keptFromMs: number,
): void {
  const bases = lines.flatMap(({ basis }, index) =>
    basis === null ? (stored[index]!.minimumOf ?? []) : [basis],
  );
  if (bases.every((basis) => eventsFromMs(basis) >= keptFromMs)) return;
  const message = `invoice ${number ?? id} counts single events of before ${new Date(keptFromMs).toISOString()}, which are dropped: what a credit note takes back could not be invoiced anew; the time for disputes about it is over`;
  throw new FairhopError('events-dropped', message, { status: 409 });
}

function statusWrong(invoice: Invoice, action: Action, actions: readonly Action[]): FairhopError {
  const { id, number, status, type } = invoice;
  const can =
    actions.length === 0 ? 'nothing more can be done with it' : `what can be done is ${actions.join(', ')}`;
  const what = type === 'credit-note' ? 'a credit note' : status;
  const message = `invoice ${number ?? id} is ${what}: ${action} is not possible; ${can}`;
  return new FairhopError('invoice-status-wrong', message, {
    status: 409,
    details: { status, possible: actions },
  });
}
