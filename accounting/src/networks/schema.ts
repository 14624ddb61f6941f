import type { Migration } from '@fairhop/shared/service';

/**
 * Times are milliseconds; a row holds from `from_ms` on, until `to_ms` where it has one. `digest` is of a declaration as it
 * came, `topology` what counts of it; what is not `is_indexed` yet is read into `declared_components`, which is what the declarations name,
 * dated by them, with the registered domain of nodes' names, and with `claimed_ms` (see `Held`). `origins` is what a declaration rests on
 * that BGP alone says. `conflicts` are those with BGP and the AS graph, `name_conflicts` those
 * with other declarations. `as_owners` has a row
 * for each change of an AS's ISP, null where it has none any more.
 */
export const networksMigrations: readonly Migration[] = [
  `
CREATE TABLE topologies (
  isp TEXT NOT NULL, version INTEGER NOT NULL, valid_from_ms INTEGER NOT NULL, declared_ms INTEGER NOT NULL,
  declared_by TEXT NOT NULL, digest TEXT NOT NULL, refused TEXT NOT NULL, topology TEXT NOT NULL,
  PRIMARY KEY (isp, version)
) STRICT;
CREATE TABLE declared_components (
  component TEXT NOT NULL, isp TEXT NOT NULL, from_ms INTEGER NOT NULL, to_ms INTEGER, asn INTEGER NOT NULL,
  place TEXT, exchange TEXT, capacity INTEGER,
  PRIMARY KEY (component, isp, from_ms)
) STRICT, WITHOUT ROWID;
CREATE INDEX declared_components_in_force ON declared_components (isp, component) WHERE to_ms IS NULL;
CREATE INDEX declared_components_by_as ON declared_components (asn, component);

CREATE TABLE as_owners (
  asn INTEGER NOT NULL, from_ms INTEGER NOT NULL, isp TEXT, PRIMARY KEY (asn, from_ms)
) STRICT, WITHOUT ROWID;
CREATE TABLE declared_owners (
  id INTEGER PRIMARY KEY, component TEXT NOT NULL, owner TEXT NOT NULL, from_ms INTEGER NOT NULL, declared_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX declared_owners_by_component ON declared_owners (component, id);

CREATE TABLE objects (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, created_ms INTEGER NOT NULL, closed_ms INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE object_entities (
  object TEXT NOT NULL, component TEXT NOT NULL, from_ms INTEGER NOT NULL, to_ms INTEGER,
  PRIMARY KEY (object, component, from_ms)
) STRICT, WITHOUT ROWID;
CREATE INDEX object_entities_by_component ON object_entities (component, object);
`,
  `
ALTER TABLE topologies ADD COLUMN size_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE topologies ADD COLUMN is_confirmed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE topologies ADD COLUMN is_indexed INTEGER NOT NULL DEFAULT 1;
ALTER TABLE topologies ADD COLUMN withdrawn_ms INTEGER;
ALTER TABLE topologies ADD COLUMN name_conflicts TEXT NOT NULL DEFAULT '[]';
ALTER TABLE topologies ADD COLUMN conflicts TEXT NOT NULL DEFAULT '[]';
UPDATE topologies SET size_bytes = length(CAST(topology AS BLOB)), is_confirmed = declared_by = 'operator';
CREATE TABLE topology_contents (
  isp TEXT NOT NULL, version INTEGER NOT NULL, topology TEXT NOT NULL, PRIMARY KEY (isp, version)
) STRICT;
INSERT INTO topology_contents SELECT isp, version, topology FROM topologies;
ALTER TABLE topologies DROP COLUMN topology;
CREATE INDEX topologies_by_time ON topologies (isp, declared_ms, size_bytes);
CREATE INDEX topologies_not_indexed ON topologies (isp, version) WHERE NOT is_indexed;
ALTER TABLE declared_components ADD COLUMN domain TEXT;
ALTER TABLE declared_components ADD COLUMN is_confirmed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX declared_components_by_domain ON declared_components (domain, isp) WHERE domain IS NOT NULL;
`,
  `
ALTER TABLE topologies ADD COLUMN origins TEXT NOT NULL DEFAULT '[]';
ALTER TABLE declared_components ADD COLUMN claimed_ms INTEGER NOT NULL DEFAULT 0;
UPDATE declared_components SET claimed_ms = from_ms;
UPDATE declared_components SET claimed_ms = declared_ms FROM topologies
  WHERE topologies.isp = declared_components.isp AND valid_from_ms = from_ms AND withdrawn_ms IS NULL AND declared_ms > valid_from_ms;
`,
];
