/**
 * What the checks need of the ledger, by agent, and what they found. `cursors` tell how far each table of the ledger was read: they
 * move in the transaction that keeps what was read, so that a crash repeats nothing. `spans` has the id of its row in the ledger.
 * `edge_address` is where an edge served the agent last. A suspicion is never changed; those of an agent up to `base_id` of its verdict are over.
 */
export const suspectMigrations: readonly string[] = [
  `
CREATE TABLE cursors (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE agents (
  agent TEXT PRIMARY KEY, access_rate INTEGER, signed_ms INTEGER NOT NULL DEFAULT 0, reported_ms INTEGER NOT NULL DEFAULT 0,
  stated_ms INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE spans (
  id INTEGER PRIMARY KEY, transfer_id TEXT NOT NULL, uploader TEXT NOT NULL, downloader TEXT NOT NULL, content_id TEXT NOT NULL,
  bytes INTEGER NOT NULL, start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL, uploader_address TEXT NOT NULL,
  downloader_address TEXT NOT NULL, uploader_as INTEGER, downloader_as INTEGER, grant_rate INTEGER
) STRICT;
CREATE INDEX spans_by_uploader ON spans (uploader, start_ms);
CREATE INDEX spans_by_downloader ON spans (downloader, start_ms);
CREATE INDEX spans_by_uploader_address ON spans (uploader_address, start_ms);
CREATE INDEX spans_by_downloader_address ON spans (downloader_address, start_ms);
CREATE TABLE received (
  agent TEXT NOT NULL, content_id TEXT NOT NULL, size_bytes INTEGER NOT NULL, bytes INTEGER NOT NULL,
  peer_bytes INTEGER NOT NULL, first_ms INTEGER NOT NULL, PRIMARY KEY (agent, content_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX received_by_content ON received (content_id, first_ms);
CREATE INDEX received_by_time ON received (first_ms);
CREATE TABLE pairs (
  content_id TEXT NOT NULL, uploader TEXT NOT NULL, downloader TEXT NOT NULL, bytes INTEGER NOT NULL, first_ms INTEGER NOT NULL,
  PRIMARY KEY (content_id, uploader, downloader)
) STRICT, WITHOUT ROWID;
CREATE INDEX pairs_by_time ON pairs (first_ms);
CREATE TABLE repeats (agent TEXT PRIMARY KEY, asn INTEGER NOT NULL, is_repeating INTEGER NOT NULL) STRICT;
CREATE INDEX repeats_by_as ON repeats (asn, is_repeating);
CREATE TABLE transfers (
  id INTEGER PRIMARY KEY, transfer_id TEXT NOT NULL UNIQUE, uploader TEXT NOT NULL, downloader TEXT NOT NULL,
  difference TEXT NOT NULL, last_ms INTEGER NOT NULL, signed_ms INTEGER NOT NULL, is_drawn INTEGER
) STRICT;
CREATE INDEX transfers_by_uploader ON transfers (uploader, difference);
CREATE INDEX transfers_by_downloader ON transfers (downloader, difference);
CREATE INDEX differing_transfers ON transfers (id) WHERE difference NOT IN ('none', 'open');
CREATE INDEX transfers_to_check ON transfers (id) WHERE is_drawn IS NULL;
CREATE TABLE refused (agent TEXT PRIMARY KEY, count INTEGER NOT NULL, last_ms INTEGER NOT NULL, told TEXT NOT NULL) STRICT;
CREATE TABLE suspicions (
  id INTEGER PRIMARY KEY AUTOINCREMENT, agent TEXT NOT NULL, check_name TEXT NOT NULL, subject TEXT NOT NULL,
  score INTEGER NOT NULL, message TEXT NOT NULL, evidence TEXT NOT NULL, time_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX suspicions_by_agent ON suspicions (agent, check_name, subject);
CREATE TABLE verdicts (
  agent TEXT PRIMARY KEY, since_ms INTEGER NOT NULL, until_ms INTEGER, score INTEGER NOT NULL, is_open INTEGER NOT NULL,
  is_confirmed INTEGER NOT NULL, base_id INTEGER NOT NULL, released_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX open_verdicts ON verdicts (agent) WHERE is_open;
CREATE TABLE others (agent TEXT PRIMARY KEY, quarantine TEXT NOT NULL) STRICT, WITHOUT ROWID;
`,
  `ALTER TABLE agents ADD COLUMN edge_address TEXT;`,
  `
CREATE INDEX drawn_transfers ON transfers (transfer_id) WHERE is_drawn = 1;
CREATE INDEX untold_transfers ON transfers (id) WHERE is_drawn = 2;
CREATE INDEX spans_by_transfer ON spans (transfer_id, start_ms);
`,
];
