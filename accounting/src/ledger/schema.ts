import type { Migration } from '@fairhop/shared/service';
import { beliefMigration } from '../matching/schema.js';
import { IS_DELIVERY_ROUTE } from './delivery.js';

/** Bins of an hour, one column each in the hourly rollups: one row serves hours and 5-minute bins alike. */
export const BINS_PER_HOUR = 12;
export const binColumns = Array.from({ length: BINS_PER_HOUR }, (_, bin) => `b${bin}`);

/** Bytes of each bin of an hour, as sums over events. */
export const sumsByBin = binColumns.map(
  (_, bin) => `coalesce(sum(bytes) FILTER (WHERE bin % ${BINS_PER_HOUR} = ${bin}), 0)`,
);

/**
 * Hours of one era of `owner_route_hours`, about three weeks. The era leads its key, so that new rows go to a small warm
 * end of the tree instead of all over it, and a year is still no more than 17 seeks for an owner and route.
 */
export const ERA_HOURS = 512;

/** Events per entry of `event_blocks`, which tells the bins that lie in a run of ids without an index of every event. */
export const BLOCK_EVENTS = 1024;

const hours = (table: string): string => `
CREATE TABLE ${table} (
  subject INTEGER NOT NULL, hour INTEGER NOT NULL, events INTEGER NOT NULL, bytes INTEGER NOT NULL,
  ${binColumns.map((column) => `${column} INTEGER NOT NULL`).join(', ')},
  PRIMARY KEY (subject, hour)
) STRICT, WITHOUT ROWID;`;

/**
 * Names are interned once. `bin` is the number of the 5-minute bin since the epoch, `hour` that of the hour, `start` and
 * `booked` are milliseconds after the bin's begin. `from_bytes` is where an event's bytes begin among those of its transfer,
 * null where the reporter counted them without receipts; `counter` is then that reporter, which numbers the parts itself, and
 * 0 where receipts order them. A route is all that the network says of an event: its kind, both ends'
 * networks and its path; every question about networks is one about a set of routes. What a component carried is exact
 * without rows of its own: through the paths that it is on. Rows per component and hour took half of the ledger's time
 * and bytes when measured. `owner_delivery_hours` is `owner_hours` of what went to clients only. `piece` numbers the rows of one
 * part in one bin: there are several where the path changed in between. `completions` has of each host and content those that were
 * earlier than all before them, for the earliest counts; `position` numbers them in the order of booking (0: before they were
 * numbered). `signed_words` are the receipts and statements of a transfer's two ends, one history each; what does not fit into it is
 * in `contradictions`, never among them. Networks of `traces` are prefixes: 24 bits of IPv4, 48 of IPv6. Events of
 * hours before the counter `kept-from-hour` are dropped: `dropped_hours` tells what they had. `first_day` is
 * the UTC day (since the epoch) on which an incarnation came, 0 before that was kept. In `waiting_completions` are those that came before
 * any byte of theirs.
 */
export const ledgerMigrations: readonly Migration[] = [
  `
CREATE TABLE hosts (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE endpoints (
  id INTEGER PRIMARY KEY, host INTEGER NOT NULL, address TEXT NOT NULL, UNIQUE (host, address)
) STRICT;
CREATE TABLE owners (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE titles (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE files (
  id INTEGER PRIMARY KEY, content_id BLOB NOT NULL, title INTEGER NOT NULL, owner INTEGER NOT NULL,
  category TEXT NOT NULL, size_bytes INTEGER NOT NULL, UNIQUE (content_id, title, owner, category, size_bytes)
) STRICT;
CREATE TABLE components (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE paths (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, as_path TEXT NOT NULL, isps TEXT NOT NULL
) STRICT;
CREATE TABLE path_components (
  path INTEGER NOT NULL, position INTEGER NOT NULL, component INTEGER NOT NULL, PRIMARY KEY (path, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX path_components_by_component ON path_components (component, path);
CREATE TABLE routes (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, path INTEGER, source_as INTEGER, source_isp TEXT,
  destination_as INTEGER, destination_isp TEXT
) STRICT;
CREATE INDEX routes_by_path ON routes (path);

CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  bin INTEGER NOT NULL, route INTEGER NOT NULL, file INTEGER NOT NULL, bytes INTEGER NOT NULL,
  source INTEGER NOT NULL, destination INTEGER NOT NULL, transfer_id BLOB NOT NULL, part INTEGER NOT NULL,
  start INTEGER NOT NULL, duration INTEGER NOT NULL, max_rate INTEGER NOT NULL,
  reporter INTEGER NOT NULL, booked INTEGER NOT NULL, from_bytes INTEGER, counter INTEGER NOT NULL,
  UNIQUE (transfer_id, part, bin, counter)
) STRICT;
CREATE TABLE event_blocks (
  block INTEGER PRIMARY KEY, first_bin INTEGER NOT NULL, last_bin INTEGER NOT NULL
) STRICT;

${hours('route_hours')}
${hours('owner_hours')}
CREATE TABLE owner_route_hours (
  era INTEGER NOT NULL, owner INTEGER NOT NULL, route INTEGER NOT NULL, hour INTEGER NOT NULL,
  events INTEGER NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (era, owner, route, hour)
) STRICT, WITHOUT ROWID;
CREATE TABLE host_files (
  host INTEGER NOT NULL, file INTEGER NOT NULL, events INTEGER NOT NULL, bytes INTEGER NOT NULL,
  PRIMARY KEY (host, file)
) STRICT, WITHOUT ROWID;

CREATE TABLE reporters (
  id INTEGER PRIMARY KEY, reporter TEXT NOT NULL, incarnation TEXT NOT NULL, UNIQUE (reporter, incarnation)
) STRICT;
CREATE TABLE received (
  reporter INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (reporter, first)
) STRICT, WITHOUT ROWID;
CREATE TABLE completions (
  host INTEGER NOT NULL, title INTEGER NOT NULL, content_id BLOB NOT NULL, size_bytes INTEGER NOT NULL,
  time_ms INTEGER NOT NULL, reporter INTEGER NOT NULL, PRIMARY KEY (host, content_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE statements (
  transfer_id BLOB NOT NULL, reporter INTEGER NOT NULL, sequence INTEGER NOT NULL, statement TEXT NOT NULL,
  booked_ms INTEGER NOT NULL, PRIMARY KEY (transfer_id, reporter, sequence)
) STRICT, WITHOUT ROWID;
CREATE TABLE rejections (
  id INTEGER PRIMARY KEY AUTOINCREMENT, reporter TEXT NOT NULL, incarnation TEXT NOT NULL,
  sequence INTEGER NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL, booked_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO counters VALUES ('events', 0), ('bytes', 0), ('rejections', 0);
`,
  `
DROP VIEW IF EXISTS component_hours;
DROP VIEW IF EXISTS component_records;
${hours('owner_delivery_hours')}
INSERT INTO owner_delivery_hours
SELECT owner, bin / ${BINS_PER_HOUR}, count(*), sum(bytes), ${sumsByBin.join(', ')}
FROM events CROSS JOIN files ON files.id = file CROSS JOIN routes ON routes.id = route AND ${IS_DELIVERY_ROUTE}
GROUP BY 1, 2;
`,
  `
ALTER TABLE path_components ADD COLUMN source TEXT NOT NULL DEFAULT 'operator';
ALTER TABLE path_components ADD COLUMN confidence INTEGER NOT NULL DEFAULT 100;
ALTER TABLE path_components ADD COLUMN billable INTEGER NOT NULL DEFAULT 1;
UPDATE path_components SET source = 'inferred', confidence = 50
WHERE path IN (SELECT id FROM paths WHERE json_array_length(as_path) > 1)
  AND component IN (SELECT id FROM components WHERE name LIKE 'as:%' OR name LIKE 'link:%');

CREATE TABLE events_with_pieces (
  id INTEGER PRIMARY KEY,
  bin INTEGER NOT NULL, route INTEGER NOT NULL, file INTEGER NOT NULL, bytes INTEGER NOT NULL,
  source INTEGER NOT NULL, destination INTEGER NOT NULL, transfer_id BLOB NOT NULL, part INTEGER NOT NULL,
  start INTEGER NOT NULL, duration INTEGER NOT NULL, max_rate INTEGER NOT NULL,
  reporter INTEGER NOT NULL, booked INTEGER NOT NULL, from_bytes INTEGER, counter INTEGER NOT NULL,
  piece INTEGER NOT NULL,
  UNIQUE (transfer_id, part, bin, counter, piece)
) STRICT;
INSERT INTO events_with_pieces SELECT id, bin, route, file, bytes, source, destination, transfer_id, part, start, duration,
  max_rate, reporter, booked, from_bytes, counter, 0 FROM events;
DROP TABLE events;
ALTER TABLE events_with_pieces RENAME TO events;

CREATE TABLE traces (
  id INTEGER PRIMARY KEY AUTOINCREMENT, reporter INTEGER NOT NULL, sequence INTEGER NOT NULL, transfer_id BLOB NOT NULL,
  source_network TEXT NOT NULL, destination_network TEXT NOT NULL, is_forward INTEGER NOT NULL, is_trusted INTEGER NOT NULL,
  start_ms INTEGER NOT NULL, booked_ms INTEGER NOT NULL, record TEXT NOT NULL, UNIQUE (reporter, sequence)
) STRICT;
CREATE INDEX traces_by_networks ON traces
  (source_network, destination_network, is_forward, is_trusted, start_ms);
CREATE INDEX traces_by_transfer ON traces (transfer_id);
CREATE TABLE path_conflicts (
  conflict TEXT PRIMARY KEY, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX path_conflicts_by_time ON path_conflicts (last_ms);
`,
  `
DROP TABLE statements;
CREATE TABLE signed_transfers (
  transfer_id BLOB PRIMARY KEY, uploader TEXT NOT NULL, downloader TEXT NOT NULL, max_bytes INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL, rate_bits_per_second INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE signed_words (
  id INTEGER PRIMARY KEY, transfer_id BLOB NOT NULL, is_uploader INTEGER NOT NULL, sequence INTEGER NOT NULL,
  digest BLOB NOT NULL, previous_digest BLOB NOT NULL, bytes INTEGER NOT NULL, time_ms INTEGER NOT NULL,
  is_last INTEGER NOT NULL, by_uploader INTEGER NOT NULL, by_downloader INTEGER NOT NULL, booked_ms INTEGER NOT NULL,
  word TEXT NOT NULL, UNIQUE (transfer_id, is_uploader, sequence)
) STRICT;
CREATE TABLE contradictions (
  id INTEGER PRIMARY KEY AUTOINCREMENT, agent TEXT NOT NULL, transfer_id BLOB NOT NULL, kind TEXT NOT NULL,
  first TEXT NOT NULL, second TEXT NOT NULL, found_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX contradictions_by_agent ON contradictions (agent, transfer_id, kind);
`,
  beliefMigration,
  `
ALTER TABLE paths ADD COLUMN source_place TEXT;
ALTER TABLE paths ADD COLUMN destination_place TEXT;
`,
  `
CREATE TABLE dated_completions (
  host INTEGER NOT NULL, content_id BLOB NOT NULL, time_ms INTEGER NOT NULL, title INTEGER NOT NULL, size_bytes INTEGER NOT NULL,
  reporter INTEGER NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (host, content_id, time_ms)
) STRICT, WITHOUT ROWID;
INSERT INTO dated_completions SELECT host, content_id, time_ms, title, size_bytes, reporter, 0 FROM completions;
DROP TABLE completions;
ALTER TABLE dated_completions RENAME TO completions;
INSERT INTO counters VALUES ('completions', 0);
`,
  `
INSERT INTO counters VALUES ('kept-from-hour', 0);
CREATE TABLE dropped_hours (
  hour INTEGER PRIMARY KEY, events INTEGER NOT NULL, bytes INTEGER NOT NULL, events_digest TEXT NOT NULL,
  rollups_digest TEXT NOT NULL, dropped_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE dropped_host_files (
  host INTEGER NOT NULL, file INTEGER NOT NULL, events INTEGER NOT NULL, bytes INTEGER NOT NULL, open_bytes INTEGER NOT NULL,
  PRIMARY KEY (host, file)
) STRICT, WITHOUT ROWID;
ALTER TABLE peer_transfers ADD COLUMN dropped_settled_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE peer_transfers ADD COLUMN dropped_open_bytes INTEGER NOT NULL DEFAULT 0;
`,
  `
ALTER TABLE reporters ADD COLUMN first_day INTEGER NOT NULL DEFAULT 0;
CREATE INDEX gaps ON received (reporter, first) WHERE first > 1;
CREATE INDEX rejections_by_reporter ON rejections (reporter, code, id);
CREATE TABLE waiting_completions (
  host INTEGER NOT NULL, content_id BLOB NOT NULL, since_ms INTEGER NOT NULL, PRIMARY KEY (host, content_id)
) STRICT, WITHOUT ROWID;
`,
];
