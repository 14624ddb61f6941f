/**
 * `document` is JSON of what does not change any more, and `minimum_of` of what a minimum is of. `invoice_lines` tells how much is
 * invoiced of a charge ('': the minimum) and period. `closings` are periods that are closed, with the newest event, move of belief
 * and completion that count in what is invoiced of them, and sums (`fingerprint`) that tell whether anything came since;
 * `is_reopened` where some of it was credited. `invoice` is the newest one of that period, null where nothing was due.
 */
export const invoiceMigration = `
CREATE TABLE invoices (
  place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, number TEXT UNIQUE, status TEXT NOT NULL,
  contract TEXT NOT NULL REFERENCES contracts (id), period TEXT NOT NULL,
  issuer_kind TEXT NOT NULL, issuer_id TEXT NOT NULL, payer_kind TEXT NOT NULL, payer_id TEXT NOT NULL,
  issued_ms INTEGER, due_ms INTEGER, document TEXT NOT NULL
) STRICT;
CREATE INDEX invoices_by_contract ON invoices (contract, period);
CREATE INDEX invoices_by_issuer ON invoices (issuer_kind, issuer_id);
CREATE INDEX invoices_by_payer ON invoices (payer_kind, payer_id);

CREATE TABLE invoice_lines (
  invoice TEXT NOT NULL REFERENCES invoices (id), position INTEGER NOT NULL, contract TEXT NOT NULL,
  period TEXT NOT NULL, charge TEXT NOT NULL, amount INTEGER NOT NULL, minimum_of TEXT,
  PRIMARY KEY (invoice, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX invoice_lines_by_period ON invoice_lines (contract, period, charge, amount);

CREATE TABLE invoice_history (
  id INTEGER PRIMARY KEY, invoice TEXT NOT NULL REFERENCES invoices (id), status TEXT NOT NULL,
  time_ms INTEGER NOT NULL, by TEXT NOT NULL, note TEXT
) STRICT;
CREATE INDEX invoice_history_by_invoice ON invoice_history (invoice, id);

CREATE TABLE invoice_numbers (
  issuer_kind TEXT NOT NULL, issuer_id TEXT NOT NULL, year INTEGER NOT NULL, last INTEGER NOT NULL,
  PRIMARY KEY (issuer_kind, issuer_id, year)
) STRICT, WITHOUT ROWID;

CREATE TABLE closings (
  contract TEXT NOT NULL REFERENCES contracts (id), period TEXT NOT NULL, from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL,
  closed_ms INTEGER NOT NULL, up_to_event INTEGER NOT NULL, up_to_move INTEGER NOT NULL, up_to_completion INTEGER NOT NULL,
  fingerprint TEXT NOT NULL, is_reopened INTEGER NOT NULL, invoice TEXT REFERENCES invoices (id),
  PRIMARY KEY (contract, period)
) STRICT, WITHOUT ROWID;

CREATE TABLE net_statements (
  place INTEGER PRIMARY KEY, one TEXT NOT NULL, other TEXT NOT NULL, period TEXT NOT NULL, time_zone TEXT NOT NULL,
  up_to_event INTEGER NOT NULL, up_to_move INTEGER NOT NULL, statement TEXT NOT NULL,
  UNIQUE (one, other, period, time_zone)
) STRICT;
`;
