import type { LedgerEvent } from '@fairhop/shared/contract';
import { BIN_MS, type TransferKind } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';
import { transferIdBytes, transferIdText } from './transfer-id.js';

export interface EventFilter {
  readonly transferId?: string | undefined;
}

interface EventRow {
  id: number;
  bin: number;
  bytes: number;
  transfer_id: Buffer;
  part: number;
  start: number;
  duration: number;
  max_rate: number;
  booked: number;
  kind: TransferKind;
  source: string;
  source_address: string;
  source_as: number | null;
  destination: string;
  destination_address: string;
  destination_as: number | null;
  content_id: Buffer;
  title: string;
  reporter: string;
  path: number | null;
  path_name: string | null;
}

const columns = `
  SELECT e.id, bin, bytes, transfer_id, part, start, duration, max_rate, booked, kind, source_as, destination_as,
    sh.name AS source, se.address AS source_address, dh.name AS destination, de.address AS destination_address,
    content_id, titles.name AS title, reporters.reporter, routes.path, paths.name AS path_name
  FROM events e JOIN routes ON routes.id = e.route JOIN files ON files.id = e.file JOIN titles ON titles.id = files.title
    JOIN endpoints se ON se.id = e.source JOIN hosts sh ON sh.id = se.host
    JOIN endpoints de ON de.id = e.destination JOIN hosts dh ON dh.id = de.host
    JOIN reporters ON reporters.id = e.reporter LEFT JOIN paths ON paths.id = routes.path`;

/** Single events in booking order, with their paths. */
export function createEventReader(
  database: Database,
): (afterId: number, limit: number, filter?: EventFilter) => LedgerEvent[] {
  const selectAfter = database.prepare<unknown[], EventRow>(
    `${columns} WHERE e.id > ? ORDER BY e.id LIMIT ?`,
  );
  const selectTransfer = database.prepare<unknown[], EventRow>(
    `${columns} WHERE e.transfer_id = ? AND e.id > ? ORDER BY e.id LIMIT ?`,
  );
  const selectComponents = database
    .prepare<[number], string>(
      'SELECT name FROM path_components JOIN components ON id = component WHERE path = ? ORDER BY position',
    )
    .pluck();
  const toEvent = (row: EventRow): LedgerEvent => {
    const binMs = row.bin * BIN_MS;
    const startMs = binMs + row.start;
    return {
      id: row.id,
      transferId: transferIdText(row.transfer_id),
      binMs,
      part: row.part,
      kind: row.kind,
      source: row.source,
      sourceAddress: row.source_address,
      sourceAs: row.source_as,
      destination: row.destination,
      destinationAddress: row.destination_address,
      destinationAs: row.destination_as,
      contentId: row.content_id.toString('hex'),
      title: row.title,
      bytes: row.bytes,
      startMs,
      endMs: startMs + row.duration,
      averageRateBitsPerSecond: averageRate(row.bytes, row.duration),
      maxRateBitsPerSecond: row.max_rate,
      bookedMs: binMs + row.booked,
      reporter: row.reporter,
      path:
        row.path === null || row.path_name === null
          ? null
          : { id: row.path_name, components: selectComponents.all(row.path) },
    };
  };
  return (afterId, limit, { transferId } = {}) =>
    (transferId === undefined
      ? selectAfter.all(afterId, limit)
      : selectTransfer.all(transferIdBytes(transferId), afterId, limit)
    ).map(toEvent);
}

/** An event without duration counts as one of a millisecond, the shortest that is measured. */
function averageRate(bytes: number, durationMs: number): number {
  const rate = (BigInt(bytes) * 8000n) / BigInt(Math.max(1, durationMs));
  return Number(rate < BigInt(Number.MAX_SAFE_INTEGER) ? rate : BigInt(Number.MAX_SAFE_INTEGER));
}
