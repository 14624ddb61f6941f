/**
 * What hosts received of files and nobody may be billed for, as `host`, `file`, `bytes`: few rows, since nearly everything settles within
 * minutes. What it is of is in the rollup `host_files`.
 */
export const openOfHostFiles = `SELECT host, file, sum(bytes) AS bytes FROM (
    SELECT endpoints.host AS host, e.file AS file, e.bytes - max(0, min(e.bytes, t.settled_up_to - e.from_bytes)) AS bytes
    FROM peer_transfers t CROSS JOIN events e ON e.transfer_id = t.transfer_id AND e.from_bytes IS NOT NULL AND e.bytes > 0
      JOIN endpoints ON endpoints.id = e.destination
    WHERE t.open_bytes > 0
    UNION ALL SELECT host, file, open_bytes FROM dropped_host_files WHERE open_bytes > 0)
  GROUP BY 1, 2`;
