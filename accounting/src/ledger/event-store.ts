import { BIN_MS } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';
import { isDelivery } from './delivery.js';
import type { TransferEvent } from './event.js';
import { createNames } from './names.js';
import { createPartNeighbours } from './part-neighbours.js';
import type { Refusal } from './refusal.js';
import type { Booked } from './rollup-deltas.js';
import { createRoutes } from './routes.js';
import { transferIdBytes } from './transfer-id.js';

interface StoredEvent {
  readonly id: number;
  readonly booked: Booked;
}

export interface EventStore {
  /**
   * Stores the rows of one part, all or none. A part that is there is a duplicate when all that was said of it is the same,
   * whoever says it again. Otherwise it is refused with `part-conflict`, unless it comes from a reporter that numbers its own
   * parts and has not told this one: an edge that lost its memory counts from 0 again, and those bytes are others. Parts with
   * receipts that share bytes, or leave out some, are refused with `part-overlap` and `part-chain`.
   */
  store(
    part: readonly TransferEvent[],
    reporter: number,
    nowMs: number,
  ): StoredEvent[] | 'duplicate' | Refusal;
  hostId(host: string): number;
  titleId(title: string): number;
  forget(): void;
}

/** Stands for the receipts among the counters of parts. */
const RECEIPTS = 0;

type Value = number | Buffer | null;

interface BookedRow {
  bin: number;
  kind: string;
  source: number;
  destination: number;
  file: number;
  bytes: number;
  start: number;
  duration: number;
  max_rate: number;
  from_bytes: number | null;
  counter: number;
}

const insertColumns = `INSERT INTO events (bin, route, file, bytes, source, destination, transfer_id, part, start,
  duration, max_rate, reporter, booked, from_bytes, counter)`;
const placeholders = new Array<string>(15).fill('?').join(', ');

/** Event rows and the names in them. Works within the caller's transaction. */
export function createEventStore(database: Database): EventStore {
  const names = createNames(database);
  const routes = createRoutes(database);
  const orderFaultOf = createPartNeighbours(database);
  const insertFirst = database.prepare(
    `${insertColumns} SELECT ${placeholders} WHERE NOT EXISTS (SELECT 1 FROM events WHERE transfer_id = ? AND part = ?)`,
  );
  const insert = database.prepare(`${insertColumns} VALUES (${placeholders})`);
  const selectPart = database.prepare<[Buffer, number], BookedRow>(
    `SELECT bin, kind, source, destination, file, bytes, start, duration, max_rate, from_bytes, counter
     FROM events JOIN routes ON routes.id = route WHERE transfer_id = ? AND part = ? ORDER BY bin`,
  );

  const rowOf = (event: TransferEvent, transferId: Buffer, reporter: number, nowMs: number) => {
    const bin = event.binMs / BIN_MS;
    const file = names.file(event);
    const { bytes, fromBytes } = event;
    const route = routes.id(event);
    const values: Value[] = [
      bin,
      route,
      file.id,
      bytes,
      names.endpoint(event.source, event.sourceAddress),
      names.endpoint(event.destination, event.destinationAddress),
      transferId,
      event.part,
      event.startMs - event.binMs,
      event.endMs - event.startMs,
      event.maxRateBitsPerSecond,
      reporter,
      nowMs - event.binMs,
      fromBytes ?? null,
      fromBytes === undefined ? reporter : RECEIPTS,
    ];
    const host = names.host(event.destination);
    const booked = {
      ...{ bin, bytes, route, owner: file.owner, host, file: file.id },
      isDelivery: isDelivery(event.kind),
    };
    return { values, booked };
  };
  /** Networks and path are not compared: they are what we know of the addresses, and may be known better by now. */
  const isSame = (event: TransferEvent, there: BookedRow): boolean =>
    there.bin * BIN_MS === event.binMs &&
    there.kind === event.kind &&
    there.source === names.endpoint(event.source, event.sourceAddress) &&
    there.destination === names.endpoint(event.destination, event.destinationAddress) &&
    there.file === names.file(event).id &&
    there.bytes === event.bytes &&
    there.start === event.startMs - event.binMs &&
    there.duration === event.endMs - event.startMs &&
    there.max_rate === event.maxRateBitsPerSecond &&
    there.from_bytes === (event.fromBytes ?? null);

  /** Undefined when it is another counter's part of that number. */
  const known = (part: readonly TransferEvent[], transferId: Buffer, counter: number) => {
    const { part: number, transferId: name } = part[0]!;
    const rows = selectPart.all(transferId, number);
    for (const other of new Set(rows.map((row) => row.counter))) {
      const told = rows.filter((row) => row.counter === other);
      if (told.length === part.length && part.every((event, index) => isSame(event, told[index]!)))
        return 'duplicate' as const;
    }
    if (!rows.some((row) => row.counter === counter)) return undefined;
    const message = `part ${number} of transfer ${name} is booked with other facts; the first ones stay`;
    return { code: 'part-conflict', message };
  };

  return {
    store(part, reporter, nowMs) {
      const first = part[0]!;
      const transferId = transferIdBytes(first.transferId);
      const fault = orderFaultOf(part, transferId);
      if (fault !== undefined) return fault;
      const row = rowOf(first, transferId, reporter, nowMs);
      let { changes, lastInsertRowid } = insertFirst.run(...row.values, transferId, first.part);
      if (changes === 0) {
        const there = known(part, transferId, first.fromBytes === undefined ? reporter : RECEIPTS);
        if (there !== undefined) return there;
        ({ changes, lastInsertRowid } = insert.run(...row.values));
      }
      const stored = [{ id: Number(lastInsertRowid), booked: row.booked }];
      for (let index = 1; index < part.length; index += 1) {
        const { values, booked } = rowOf(part[index]!, transferId, reporter, nowMs);
        stored.push({ id: Number(insert.run(...values).lastInsertRowid), booked });
      }
      return stored;
    },
    hostId: (host) => names.host(host),
    titleId: (title) => names.title(title),
    forget() {
      names.forget();
      routes.forget();
    },
  };
}
