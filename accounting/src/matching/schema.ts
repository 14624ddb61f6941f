import { BIN_MS } from '@fairhop/shared/model';

const bins = Array.from({ length: 12 }, (_, bin) => bin);

/**
 * `peer_transfers` has what both ends of a transfer said, and what is believed of its rows: of `open_bytes`, which are not settled,
 * all is `open`, and the lowest part that has some is `open_part`. Terms are those of the owner when its first row came. In
 * `standings` are agents of which nothing more settles: of transfers up to `frozen_up_to`, or of all while it is in quarantine;
 * `swept_up_to` tells how far the transfers of such an agent were looked through, null is all.
 *
 * Rows that are there before count as claimed from now on: their uploaders said nothing that is signed.
 */
export const beliefMigration = `
CREATE TABLE peer_transfers (
  id INTEGER PRIMARY KEY, transfer_id BLOB NOT NULL UNIQUE, uploader INTEGER NOT NULL, downloader INTEGER NOT NULL,
  granted_bytes INTEGER NOT NULL, downloader_bytes INTEGER NOT NULL, uploader_bytes INTEGER, receipt_bytes INTEGER,
  is_done INTEGER NOT NULL, settled_up_to INTEGER NOT NULL, settled_bytes INTEGER NOT NULL, open_bytes INTEGER NOT NULL,
  open TEXT, open_part INTEGER, tolerance_bytes INTEGER, hold_until_ms INTEGER, differs INTEGER NOT NULL,
  first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX open_transfers_by_hold ON peer_transfers (open, hold_until_ms) WHERE open_bytes > 0;
CREATE INDEX open_transfers_by_uploader ON peer_transfers (uploader, id) WHERE open_bytes > 0;
CREATE INDEX open_transfers_by_downloader ON peer_transfers (downloader, id) WHERE open_bytes > 0;
CREATE INDEX differing_transfers ON peer_transfers (last_ms) WHERE differs;
CREATE TABLE belief_moves (
  id INTEGER PRIMARY KEY, transfer INTEGER NOT NULL, from_bytes INTEGER NOT NULL, to_bytes INTEGER NOT NULL,
  from_belief TEXT, to_belief TEXT NOT NULL, reason TEXT NOT NULL, moved_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX belief_moves_by_transfer ON belief_moves (transfer, id);
CREATE TABLE unbillable_hours (
  hour INTEGER NOT NULL, route INTEGER NOT NULL, owner INTEGER NOT NULL, belief TEXT NOT NULL, bytes INTEGER NOT NULL,
  ${bins.map((bin) => `b${bin} INTEGER NOT NULL`).join(', ')}, PRIMARY KEY (hour, route, owner, belief)
) STRICT, WITHOUT ROWID;
CREATE TABLE standings (
  host INTEGER PRIMARY KEY, frozen_up_to INTEGER NOT NULL, is_quarantined INTEGER NOT NULL, swept_up_to INTEGER
) STRICT;
CREATE INDEX standings_to_sweep ON standings (host) WHERE swept_up_to IS NOT NULL;

INSERT INTO peer_transfers SELECT NULL, transfer_id, sources.host, destinations.host, max(from_bytes + bytes),
  max(from_bytes + bytes), NULL, NULL, 0, 0, 0, sum(bytes), 'claimed', min(part), 0,
  CAST(unixepoch('subsec') * 1000 AS INTEGER) + ${7 * 86_400_000}, 0, min(bin) * ${BIN_MS}, max(bin) * ${BIN_MS}
FROM events JOIN endpoints sources ON sources.id = source JOIN endpoints destinations ON destinations.id = destination
WHERE from_bytes IS NOT NULL AND bytes > 0 GROUP BY transfer_id;
INSERT INTO belief_moves SELECT NULL, t.id, from_bytes, from_bytes + bytes, NULL, 'claimed', 'booked-before', t.first_ms
FROM events JOIN peer_transfers t USING (transfer_id) WHERE from_bytes IS NOT NULL AND bytes > 0
ORDER BY t.id, from_bytes;
INSERT INTO unbillable_hours SELECT bin / 12, route, owner, 'claimed', sum(bytes),
  ${bins.map((bin) => `coalesce(sum(bytes) FILTER (WHERE bin % 12 = ${bin}), 0)`).join(', ')}
FROM events JOIN files ON files.id = file WHERE from_bytes IS NOT NULL AND bytes > 0 GROUP BY 1, 2, 3;
`;
