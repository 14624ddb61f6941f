/**
 * Times are milliseconds. `terms` and `details` are JSON. `closed_until_ms` is until when periods are closed. `contract_object_changes`
 * are changes of accounting objects that were agreed and are not made yet, in their order.
 */
export const contractMigration = `
CREATE TABLE parties (
  kind TEXT NOT NULL, id TEXT NOT NULL, details TEXT NOT NULL,
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE contracts (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL,
  issuer_kind TEXT NOT NULL, issuer_id TEXT NOT NULL, payer_kind TEXT NOT NULL, payer_id TEXT NOT NULL,
  closed_until_ms INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX contracts_by_issuer ON contracts (issuer_kind, issuer_id);
CREATE INDEX contracts_by_payer ON contracts (payer_kind, payer_id);

CREATE TABLE contract_versions (
  contract TEXT NOT NULL REFERENCES contracts (id), version INTEGER NOT NULL,
  from_ms INTEGER NOT NULL, to_ms INTEGER, terms TEXT NOT NULL,
  PRIMARY KEY (contract, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE contract_objects (
  id TEXT PRIMARY KEY, contract TEXT NOT NULL REFERENCES contracts (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX contract_objects_by_contract ON contract_objects (contract);
CREATE TABLE contract_object_changes (
  id INTEGER PRIMARY KEY, object TEXT NOT NULL REFERENCES contract_objects (id), change TEXT NOT NULL
) STRICT;
`;

/** Versions in whose place are others: invoices that were credited were computed by them. */
export const formerVersionMigration = `
CREATE TABLE former_versions (
  contract TEXT NOT NULL REFERENCES contracts (id), version INTEGER NOT NULL,
  from_ms INTEGER NOT NULL, to_ms INTEGER, terms TEXT NOT NULL,
  PRIMARY KEY (contract, version)
) STRICT, WITHOUT ROWID;
`;

/** What the contract put of the object so far: JSON of its times and components, null where it was put before this was kept. */
export const saidObjectMigration = 'ALTER TABLE contract_objects ADD COLUMN said TEXT;';
