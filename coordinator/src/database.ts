import { openDatabase } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import { accountMigration, emailOfOrganisationMigration } from './accounts/index.js';
import { budgetActionMigration } from './budget-actions/index.js';
import { policyMigration } from './policy/index.js';
import { badDataMigration } from './session/bad-data-book.js';

/** Place in the list is the version and never changes. */
const migrations: readonly string[] = [
  `
  CREATE TABLE owners (owner TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE contents (
    content_id TEXT PRIMARY KEY,
    size_bytes INTEGER NOT NULL,
    piece_count INTEGER NOT NULL,
    manifest TEXT NOT NULL
  ) STRICT;
  CREATE TABLE titles (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL REFERENCES owners (owner),
    content_id TEXT NOT NULL REFERENCES contents (content_id),
    state TEXT NOT NULL,
    revision INTEGER NOT NULL,
    document TEXT NOT NULL
  ) STRICT;
  CREATE INDEX titles_by_content ON titles (content_id, state);
  CREATE INDEX titles_by_owner ON titles (owner, state);
  CREATE TABLE content_changes (
    content_id TEXT PRIMARY KEY REFERENCES contents (content_id),
    revision INTEGER NOT NULL UNIQUE,
    state TEXT NOT NULL
  ) STRICT;
  CREATE TABLE revisions (name TEXT PRIMARY KEY, revision INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE api_keys (
    hash TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    created_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE agreements (
    isp TEXT NOT NULL,
    id TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (isp, id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE permit_keys (
    isp TEXT NOT NULL,
    key_id TEXT NOT NULL,
    public_key TEXT NOT NULL,
    permit_url TEXT,
    PRIMARY KEY (isp, key_id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE uplink_usage (
    scope TEXT NOT NULL,
    month TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (scope, month)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE join_tokens (hash TEXT PRIMARY KEY, expires_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE edges (
    id TEXT PRIMARY KEY,
    key TEXT NOT NULL,
    url TEXT NOT NULL,
    address TEXT NOT NULL,
    last_seen_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE draws (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    downloader TEXT NOT NULL,
    document TEXT NOT NULL
  ) STRICT;
  CREATE INDEX draws_by_downloader ON draws (downloader, id);
  `,
  `
  CREATE TABLE running_grants (
    transfer_id TEXT PRIMARY KEY,
    expires_ms INTEGER NOT NULL,
    document TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE alto_sources (
    isp TEXT PRIMARY KEY,
    url TEXT,
    cost_map_url TEXT,
    confirmed_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE alto_documents (
    isp TEXT PRIMARY KEY REFERENCES alto_sources (isp) ON DELETE CASCADE,
    documents TEXT NOT NULL
  ) STRICT;
  `,
  `
  CREATE TABLE quarantine (
    agent TEXT NOT NULL,
    placed_by TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    until_ms INTEGER,
    suspicions TEXT NOT NULL,
    PRIMARY KEY (agent, placed_by)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX quarantine_by_end ON quarantine (until_ms);
  CREATE TABLE audits (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    agent TEXT NOT NULL,
    document TEXT NOT NULL
  ) STRICT;
  CREATE INDEX audits_by_agent ON audits (agent, id);
  CREATE TABLE issued_transfers (transfer_id BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
  `,
  accountMigration,
  budgetActionMigration,
  policyMigration,
  emailOfOrganisationMigration,
  badDataMigration,
];

/** The coordinator's own store: what it answered survives a power cut. */
export const openCoordinatorDatabase = (file: string): Database =>
  openDatabase(file, migrations, { synchronous: 'FULL' });
