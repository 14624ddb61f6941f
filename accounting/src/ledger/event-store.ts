import { BIN_MS } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';
import type { TransferEvent } from './event.js';
import { createNames } from './names.js';
import type { Booked } from './rollup-deltas.js';
import { createRoutes } from './routes.js';
import { transferIdBytes } from './transfer-id.js';

type StoredEvent =
  | { readonly outcome: 'new'; readonly id: number; readonly booked: Booked }
  | { readonly outcome: 'duplicate' }
  | { readonly outcome: 'conflict' };

export interface EventStore {
  store(event: TransferEvent, reporter: number, nowMs: number): StoredEvent;
  /** Takes back an event of this transaction. */
  remove(id: number): void;
  hostId(host: string): number;
  titleId(title: string): number;
  forget(): void;
}

interface ReportedRow {
  kind: string;
  source: number;
  destination: number;
  file: number;
  bytes: number;
  start: number;
  duration: number;
  max_rate: number;
}

/** Event rows and the names in them. Works within the caller's transaction. */
export function createEventStore(database: Database): EventStore {
  const names = createNames(database);
  const routes = createRoutes(database);
  const insert = database.prepare(
    `INSERT INTO events (bin, route, file, bytes, source, destination, transfer_id, part, start, duration, max_rate,
       reporter, booked)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  const selectReported = database.prepare<[Buffer, number, number], ReportedRow>(
    `SELECT kind, source, destination, file, bytes, start, duration, max_rate
     FROM events JOIN routes ON routes.id = events.route WHERE transfer_id = ? AND bin = ? AND part = ?`,
  );
  const remove = database.prepare('DELETE FROM events WHERE id = ?');

  return {
    store(event, reporter, nowMs) {
      const bin = event.binMs / BIN_MS;
      const transferId = transferIdBytes(event.transferId);
      const route = routes.id(event);
      const file = names.file(event);
      const source = names.endpoint(event.source, event.sourceAddress);
      const destination = names.endpoint(event.destination, event.destinationAddress);
      const { bytes, part, maxRateBitsPerSecond } = event;
      const start = event.startMs - event.binMs;
      const duration = event.endMs - event.startMs;
      const { changes, lastInsertRowid } = insert.run(
        bin,
        route,
        file.id,
        bytes,
        source,
        destination,
        transferId,
        part,
        start,
        duration,
        maxRateBitsPerSecond,
        reporter,
        nowMs - event.binMs,
      );
      if (changes === 1) {
        const host = names.host(event.destination);
        const booked = { bin, bytes, route, owner: file.owner, host, file: file.id };
        return { outcome: 'new', id: Number(lastInsertRowid), booked };
      }
      // Networks and path are not compared: they are what we know of the addresses, and may be known better by now.
      const there = selectReported.get(transferId, bin, part)!;
      const isSame =
        there.kind === event.kind &&
        there.source === source &&
        there.destination === destination &&
        there.file === file.id &&
        there.bytes === bytes &&
        there.start === start &&
        there.duration === duration &&
        there.max_rate === maxRateBitsPerSecond;
      return { outcome: isSame ? 'duplicate' : 'conflict' };
    },
    remove: (id) => {
      remove.run(id);
    },
    hostId: (host) => names.host(host),
    titleId: (title) => names.title(title),
    forget() {
      names.forget();
      routes.forget();
    },
  };
}
