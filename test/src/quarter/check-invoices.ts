import { isDeepStrictEqual } from 'node:util';
import type { Invoice } from '@fairhop/shared/model';
import type { Accounts } from './accounts.js';
import { type Agreement, periodsUntil } from './agreements.js';
import { differs } from './differs.js';
import type { Dues } from './dues.js';
import { taxOf } from './pricing.js';
import type { Truth } from './truth.js';
import { type Counted, countOf } from './usage.js';

export const MAX_INVOICES = 1_000;

export interface InvoiceChecking {
  readonly agreements: readonly Agreement[];
  readonly truth: Truth;
  readonly dues: Dues;
  /** What was on each paper when it was looked at last, by its id. */
  readonly papers: Map<string, Paper>;
}

interface Paper {
  readonly isDraft: boolean;
  readonly text: string;
}

/** All that is invoiced is what is due, traceable, and as it was. Throws the first that is not. */
export async function checkInvoices(
  { invoices, checkInvoices: check }: Accounts,
  checking: InvoiceChecking,
  isAnew: boolean,
): Promise<void> {
  const { agreements, dues, papers } = checking;
  const all = invoices.list({ limit: MAX_INVOICES });
  for (const { id } of agreements) {
    const told = sumsOf(all.filter(({ contract }) => contract === id));
    const due = dues.of(id);
    for (const key of new Set([...told.keys(), ...due.keys()]))
      if ((told.get(key) ?? 0) !== (due.get(key) ?? 0))
        throw differs(`invoiced of ${id} ${key} is`, told.get(key), due.get(key));
  }
  for (const id of papers.keys())
    if (!all.some((invoice) => invoice.id === id)) throw new Error(`invoice ${id} is gone`);
  for (const invoice of all) {
    checkArithmetic(invoice);
    const before = papers.get(invoice.id);
    if (before === undefined) checkNew(invoice, checking);
    else checkFrozen(invoice, before);
    const isDraft = invoice.status === 'draft';
    papers.set(invoice.id, { isDraft, text: textOf(invoice, isDraft) });
    if (before !== undefined && !isAnew) continue;
    const explained = await invoices.explain(invoice.id);
    const lines = explained.lines.filter(({ agrees }) => !agrees);
    if (!explained.agrees || lines.length > 0)
      throw differs(`${nameOf(invoice)} is explained by`, lines, invoice);
  }
  checkNumbers(all);
  const broken = isAnew ? check() : undefined;
  if (broken !== undefined) throw new Error(`accounting says: ${broken}`);
}

const nameOf = ({ number, contract, period }: Invoice): string =>
  `${number ?? 'a draft'} of ${contract} ${period}`;

/** By charge and begin of its period; minimums of a contract together. */
function sumsOf(all: readonly Invoice[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { basis, amount } of all.flatMap(({ lines }) => lines)) {
    const key = basis === null ? 'minimum' : `${basis.charge} ${basis.fromMs}`;
    sums.set(key, (sums.get(key) ?? 0) + amount);
  }
  return sums;
}

function checkArithmetic(invoice: Invoice): void {
  const { lines, netAmount, taxPercent, taxAmount, totalAmount } = invoice;
  const net = lines.reduce((sum, { amount }) => sum + amount, 0);
  const tax = taxOf(net, taxPercent);
  const [told, right] = [
    [netAmount, taxAmount, totalAmount],
    [net, tax, net + tax],
  ];
  if (told.join() !== right.join())
    throw differs(`net, tax and total of ${nameOf(invoice)} are`, told, right);
}

/** Lines that were made just now count what is true just now. */
function checkNew(invoice: Invoice, { truth, agreements }: InvoiceChecking): void {
  if (invoice.type === 'credit-note') return;
  const periods = periodsUntil(
    agreements.find(({ id }) => id === invoice.contract)!,
    Number.POSITIVE_INFINITY,
  );
  for (const { basis, description } of invoice.lines) {
    if (basis === null) continue;
    const agreed = periods.find(({ fromMs }) => fromMs === basis.fromMs);
    const charge = agreed?.terms.charges.find(({ id }) => id === basis.charge);
    const terms = [basis.toMs, basis.contractVersion, basis.usage, basis.plan];
    const agreedTerms = [agreed?.toMs, agreed?.version, charge?.usage, charge?.plan];
    if (!isDeepStrictEqual(terms, agreedTerms))
      throw differs(`${nameOf(invoice)}, ${description}: its terms are`, terms, agreedTerms);
    const right: Counted = countOf(truth, basis);
    const { quantity, events } = basis;
    if (quantity !== right.quantity || events !== right.events)
      throw differs(`${nameOf(invoice)}, ${description}: it counts`, { quantity, events }, right);
  }
}

/** All but what was done with it since; a draft gets its number and dates. */
function textOf({ status: _, history: __, ...paper }: Invoice, isDraft: boolean): string {
  const { number, issuedMs, dueMs, issuerDetails, payerDetails, ...draft } = paper;
  return JSON.stringify(isDraft ? draft : paper);
}

function checkFrozen(invoice: Invoice, { isDraft, text }: Paper): void {
  const now = textOf(invoice, isDraft);
  if (now !== text) throw differs(`${nameOf(invoice)} became`, now, text);
}

/** From 1 on without a gap, of each issuer and year. */
function checkNumbers(all: readonly Invoice[]): void {
  const places = new Map<string, number[]>();
  for (const invoice of all) {
    const { number, status, issuedMs } = invoice;
    const isDraft = status === 'draft';
    if ((number === null) !== isDraft || (issuedMs === null) !== isDraft)
      throw differs(
        `${nameOf(invoice)} has status, number, time`,
        [status, number, issuedMs],
        'all or nothing',
      );
    const [, series = '', place] = /^(.*-\d{4})-(\d{6})$/.exec(number ?? '') ?? [];
    if (!isDraft) places.set(series, [...(places.get(series) ?? []), Number(place)]);
  }
  for (const [series, told] of places) {
    const right = told.map((_, index) => index + 1);
    if (told.toSorted((left, other) => left - other).join() !== right.join())
      throw differs(`numbers of ${series} are`, told, right);
  }
}
