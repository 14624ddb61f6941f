import {
  FairhopError,
  type Invoice,
  type InvoiceStatus,
  type LineBasis,
  type Party,
} from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';
import type { DraftedLine, SoFar } from './draft-invoice.js';

/** Who changed an invoice's status, when and why. */
export interface StatusChange {
  readonly status: InvoiceStatus;
  readonly timeMs: number;
  readonly by: string;
  readonly note: string | null;
}

interface InvoiceFilter {
  readonly contract?: string | undefined;
  readonly period?: string | undefined;
  readonly status?: InvoiceStatus | undefined;
  /** Those that it issues or pays, without drafts that it is to pay; undefined is everybody's. */
  readonly party?: Party | undefined;
  readonly limit: number;
}

/** What does not change once an invoice is issued. */
export type InvoiceDocument = Omit<Invoice, 'number' | 'status' | 'issuedMs' | 'dueMs' | 'history'>;

export interface InvoiceStore {
  /** By the closing of which period it is drafted; null: a credit note. */
  insert(
    document: InvoiceDocument,
    lines: readonly Omit<DraftedLine, 'line'>[],
    change: StatusChange,
    closing: string | null,
  ): void;
  /** Numbered and dated, with the parties as they are named by then. */
  issue(
    document: InvoiceDocument,
    issued: { readonly number: string; readonly issuedMs: number; readonly dueMs: number },
    change: StatusChange,
  ): void;
  change(id: string, change: StatusChange): void;
  /** By id or number. Throws `invoice-unknown` (404). */
  get(idOrNumber: string): Invoice;
  /** Newest first. */
  list(filter: InvoiceFilter): Invoice[];
  linesOf(id: string): StoredLine[];
  /** What the closing of a period drafted and is not credited, the first one first. */
  ofClosing(contract: string, closing: string): Invoice[];
  /** The credit note over an invoice. */
  creditNoteOf(invoice: Pick<Invoice, 'contract' | 'number'>): Invoice | undefined;
  /** Periods of which drafts and disputed invoices of a contract ask something, and what was issued since then: it may be disputed yet. */
  openPeriods(contract: string, issuedSinceMs: number): ReadonlySet<string>;
  soFar(contract: string): SoFar;
  /** Periods of which something is invoiced: more than was credited; what was waived counts. */
  invoicedPeriods(contract: string): ReadonlySet<string>;
  /** The next one of the issuer in that year, from 1 on. */
  nextNumber(issuer: Party, year: number): number;
}

export interface StoredLine {
  readonly period: string;
  readonly charge: string;
  readonly minimumOf: readonly LineBasis[] | null;
}

interface Row {
  readonly id: string;
  readonly number: string | null;
  readonly status: InvoiceStatus;
  readonly issued_ms: number | null;
  readonly due_ms: number | null;
  readonly document: string;
}

/** Works within the caller's transaction. */
export function createInvoiceStore(database: Database): InvoiceStore {
  const insert = database.prepare(
    `INSERT INTO invoices (id, number, status, contract, period, issuer_kind, issuer_id, payer_kind, payer_id, document, closing)
     VALUES (@id, NULL, 'draft', @contract, @period, @issuerKind, @issuerId, @payerKind, @payerId, @document, @closing)`,
  );
  const insertLine = database.prepare(
    `INSERT INTO invoice_lines (invoice, position, contract, period, charge, amount, minimum_of, waived)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertHistory = database.prepare(
    'INSERT INTO invoice_history (invoice, status, time_ms, by, note) VALUES (@id, @status, @timeMs, @by, @note)',
  );
  const issue = database.prepare(
    'UPDATE invoices SET number = @number, issued_ms = @issuedMs, due_ms = @dueMs, document = @document WHERE id = @id',
  );
  const setStatus = database.prepare('UPDATE invoices SET status = @status WHERE id = @id');
  const selectOne = database.prepare<[object], Row>(
    'SELECT * FROM invoices WHERE id = @name OR number = @name',
  );
  const select = database.prepare<[object], Row>(
    `SELECT * FROM invoices WHERE (@contract IS NULL OR contract = @contract) AND (@period IS NULL OR period = @period)
       AND (@status IS NULL OR status = @status)
       AND (@kind IS NULL OR (issuer_kind = @kind AND issuer_id = @id)
         OR (payer_kind = @kind AND payer_id = @id AND status <> 'draft'))
     ORDER BY place DESC LIMIT @limit`,
  );
  const selectHistory = database.prepare<[string], Invoice['history'][number]>(
    'SELECT status, time_ms AS timeMs, by, note FROM invoice_history WHERE invoice = ? ORDER BY id',
  );
  const selectLines = database.prepare<
    [string],
    { period: string; charge: string; minimum_of: string | null }
  >('SELECT period, charge, minimum_of FROM invoice_lines WHERE invoice = ? ORDER BY position');
  const selectOpenPeriods = database
    .prepare<[string, number], string>(
      `SELECT DISTINCT l.period FROM invoices AS i JOIN invoice_lines AS l ON l.invoice = i.id
       WHERE i.contract = ? AND (i.status IN ('draft', 'disputed') OR i.issued_ms > ?)`,
    )
    .pluck();
  const selectSums = database.prepare<
    [string],
    { period: string; charge: string; amount: number; waived: number }
  >(
    `SELECT period, charge, sum(amount + waived) AS amount, sum(waived) AS waived FROM invoice_lines
     WHERE contract = ? GROUP BY period, charge`,
  );
  const selectOfClosing = database.prepare<[string, string], Row>(
    `SELECT * FROM invoices WHERE contract = ? AND closing = ? AND status <> 'credited' ORDER BY place`,
  );
  const selectCreditNote = database.prepare<[object], Row>(
    `SELECT * FROM invoices WHERE contract = @contract AND document ->> '$.credits' = @number`,
  );
  const nextNumber = database
    .prepare<[object], number>(
      `INSERT INTO invoice_numbers (issuer_kind, issuer_id, year, last) VALUES (@kind, @id, @year, 1)
       ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last`,
    )
    .pluck();
  const invoiceOf = ({ id, number, status, issued_ms, due_ms, document }: Row): Invoice => ({
    ...(JSON.parse(document) as InvoiceDocument),
    ...{ number, status, issuedMs: issued_ms, dueMs: due_ms },
    history: selectHistory.all(id),
  });
  const change = (id: string, { status, ...rest }: StatusChange): void => {
    setStatus.run({ id, status });
    insertHistory.run({ id, status, ...rest });
  };
  return {
    insert(document, lines, status, closing) {
      const { id, contract, period, issuer, payer } = document;
      insert.run({
        ...{ id, contract, period, document: JSON.stringify(document), closing },
        ...{ issuerKind: issuer.kind, issuerId: issuer.id, payerKind: payer.kind, payerId: payer.id },
      });
      for (const [index, line] of lines.entries()) {
        const { position, amount } = document.lines[index]!;
        const minimumOf = line.minimumOf === null ? null : JSON.stringify(line.minimumOf);
        const waived = document.waives === true ? -amount : 0;
        insertLine.run(id, position, contract, line.period, line.charge, amount, minimumOf, waived);
      }
      change(id, status);
    },
    issue(document, issued, status) {
      issue.run({ id: document.id, document: JSON.stringify(document), ...issued });
      change(document.id, status);
    },
    change,
    get(name) {
      const row = selectOne.get({ name });
      if (row !== undefined) return invoiceOf(row);
      throw invoiceUnknown(name);
    },
    list: ({ contract = null, period = null, status = null, party, limit }) =>
      select
        .all({ contract, period, status, kind: party?.kind ?? null, id: party?.id ?? null, limit })
        .map(invoiceOf),
    linesOf: (id) =>
      selectLines.all(id).map(({ period, charge, minimum_of }) => ({
        ...{ period, charge },
        minimumOf: minimum_of === null ? null : (JSON.parse(minimum_of) as LineBasis[]),
      })),
    ofClosing: (contract, closing) => selectOfClosing.all(contract, closing).map(invoiceOf),
    creditNoteOf({ contract, number }) {
      const row = selectCreditNote.get({ contract, number });
      return row && invoiceOf(row);
    },
    openPeriods: (contract, issuedSinceMs) => new Set(selectOpenPeriods.all(contract, issuedSinceMs)),
    soFar(contract) {
      const sums = new Map(
        selectSums.all(contract).map(({ period, charge, ...sum }) => [`${period} ${charge}`, sum]),
      );
      return {
        invoiced: (period, charge) => sums.get(`${period} ${charge}`)?.amount,
        waived: (period, charge) => sums.get(`${period} ${charge}`)?.waived ?? 0,
      };
    },
    invoicedPeriods: (contract) =>
      new Set(selectSums.all(contract).flatMap(({ period, amount }) => (amount === 0 ? [] : [period]))),
    nextNumber: ({ kind, id }, year) => nextNumber.get({ kind, id, year })!,
  };
}

export const invoiceUnknown = (name: string): FairhopError =>
  new FairhopError('invoice-unknown', `there is no invoice ${name}; the list names them`, { status: 404 });
