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

/**
 * A statement has a newer one in its place where a contract is entered, or agreed on anew, after it was kept: all of them stay, the newest
 * stands. `terms` is JSON of the contracts and versions that it is of.
 */
export const statementMigration = `
ALTER TABLE net_statements RENAME TO statements_kept_once;
CREATE TABLE net_statements (
  place INTEGER PRIMARY KEY, one TEXT NOT NULL, other TEXT NOT NULL, period TEXT NOT NULL,
  from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL, terms TEXT NOT NULL,
  up_to_event INTEGER NOT NULL, up_to_move INTEGER NOT NULL, statement TEXT NOT NULL
) STRICT;
CREATE INDEX net_statements_by_period ON net_statements (one, other, period, from_ms, to_ms);
INSERT INTO net_statements
  SELECT place, one, other, period, statement ->> '$.fromMs', statement ->> '$.toMs',
    (SELECT json_group_array(v.contract || ' ' || v.version)
     FROM json_each(statement, '$.directions') AS d, json_each(d.value, '$.contracts') AS c
     JOIN contract_versions AS v ON v.contract = c.value
     WHERE v.from_ms < statement ->> '$.toMs' AND coalesce(v.to_ms > statement ->> '$.fromMs', TRUE)),
    up_to_event, up_to_move, json_set(statement, '$.contractTimeZones', json_array(time_zone))
  FROM statements_kept_once;
DROP TABLE statements_kept_once;
`;

/**
 * `closing` is the period by whose closing an invoice was drafted, null of a credit note; of those before it is known by nobody but
 * for their own. `waived` is what of a line's amount is not asked for any more and counts as invoiced all the same.
 */
export const invoiceClosingMigration = `
ALTER TABLE invoices ADD COLUMN closing TEXT;
UPDATE invoices SET closing = period WHERE document ->> '$.type' = 'invoice';
ALTER TABLE invoice_lines ADD COLUMN waived INTEGER NOT NULL DEFAULT 0;
`;
