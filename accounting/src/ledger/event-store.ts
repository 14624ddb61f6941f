import { BIN_MS } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';
import { isDelivery } from './delivery.js';
import type { TransferEvent } from './event.js';
import { createNames } from './names.js';
import { createPartNeighbours } from './part-neighbours.js';
import type { Refusal } from './refusal.js';
import type { Booked } from './rollup-deltas.js';
import { createRoutes } from './routes.js';
import { type Saying, sayingOf, wholeOf } from './saying.js';
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
   * receipts that share bytes, or leave out some, are refused with `part-overlap` and `part-chain`. What is refused leaves no name behind.
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
  source: string;
  destination: string;
  file: string;
  bytes: number;
  start: number;
  duration: number;
  max_rate: number;
  from_bytes: number | null;
  counter: number;
}

const sayingOfRow = ({ max_rate, from_bytes, start, duration, ...row }: BookedRow): Saying => ({
  ...row,
  maxRate: max_rate,
  fromBytes: from_bytes,
  start,
  end: start + duration,
});

const insertColumns = `INSERT INTO events (bin, route, file, bytes, source, destination, transfer_id, part, start,
  duration, max_rate, reporter, booked, from_bytes, counter, piece)`;
const placeholders = new Array<string>(16).fill('?').join(', ');

/** Event rows and the names in them. Works within the caller's transaction. */
export function createEventStore(database: Database): EventStore {
  const names = createNames(database);
  const routes = createRoutes(database);
  const orderFaultOf = createPartNeighbours(database);
  const insert = database.prepare(`${insertColumns} VALUES (${placeholders})`);
  const hasPart = database
    .prepare<[Buffer, number], number>(
      'SELECT EXISTS (SELECT 1 FROM events WHERE transfer_id = ? AND part = ?)',
    )
    .pluck();
  const endOf = (end: string): string =>
    `(SELECT name || ' ' || address FROM endpoints JOIN hosts ON hosts.id = host WHERE endpoints.id = ${end}) AS ${end}`;
  const selectPart = database.prepare<[Buffer, number], BookedRow>(
    `SELECT bin, kind, ${endOf('source')}, ${endOf('destination')}, bytes, start, duration, max_rate, from_bytes, counter,
       concat_ws(' ', lower(hex(content_id)), titles.name, owners.name, category, size_bytes) AS file
     FROM events JOIN routes ON routes.id = route JOIN files ON files.id = file JOIN titles ON titles.id = title
       JOIN owners ON owners.id = files.owner WHERE transfer_id = ? AND part = ? ORDER BY counter, bin, piece`,
  );

  const rowOf = (
    event: TransferEvent,
    {
      transferId,
      reporter,
      nowMs,
      piece,
    }: { transferId: Buffer; reporter: number; nowMs: number; piece: number },
  ) => {
    const bin = event.binMs / BIN_MS;
    const file = names.file(event);
    const { bytes, fromBytes } = event;
    const route = routes.id(event);
    const source = names.endpoint(event.source, event.sourceAddress);
    const destination = names.endpoint(event.destination, event.destinationAddress);
    const values: Value[] = [
      bin,
      route,
      file.id,
      bytes,
      source.id,
      destination.id,
      transferId,
      event.part,
      event.startMs - event.binMs,
      event.endMs - event.startMs,
      event.maxRateBitsPerSecond,
      reporter,
      nowMs - event.binMs,
      fromBytes ?? null,
      fromBytes === undefined ? reporter : RECEIPTS,
      piece,
    ];
    const booked: Booked = {
      bin,
      bytes,
      route,
      owner: file.owner,
      host: destination.host,
      file: file.id,
      isDelivery: isDelivery(event.kind),
    };
    return { values, booked };
  };
  /** Undefined when it is another counter's part of that number. */
  const known = (part: readonly TransferEvent[], transferId: Buffer, counter: number) => {
    const { part: number, transferId: name } = part[0]!;
    const rows = selectPart.all(transferId, number);
    const said = wholeOf(part.map(sayingOf));
    for (const other of new Set(rows.map((row) => row.counter))) {
      const told = rows.filter((row) => row.counter === other).map(sayingOfRow);
      if (wholeOf(told) === said) return 'duplicate' as const;
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
      const facts = { transferId, reporter, nowMs };
      if (hasPart.get(transferId, first.part) === 1) {
        const there = known(part, transferId, first.fromBytes === undefined ? reporter : RECEIPTS);
        if (there !== undefined) return there;
      }
      const row = rowOf(first, { ...facts, piece: 0 });
      const { lastInsertRowid } = insert.run(...row.values);
      const stored = [{ id: Number(lastInsertRowid), booked: row.booked }];
      let piece = 0;
      for (let index = 1; index < part.length; index += 1) {
        piece = part[index]!.binMs === part[index - 1]!.binMs ? piece + 1 : 0;
        const { values, booked } = rowOf(part[index]!, { ...facts, piece });
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
