import type { Database } from 'better-sqlite3';
import type { TransferEvent } from './event.js';
import { orderFault, type PartRange } from './part-order.js';
import type { Refusal } from './refusal.js';

interface EndRow {
  part: number;
  from_bytes: number;
  bytes: number;
}

/** Whether a part's bytes fit between those of its booked neighbours; a part without receipts fits anywhere. */
export function createPartNeighbours(
  database: Database,
): (part: readonly TransferEvent[], transferId: Buffer) => Refusal | undefined {
  // Bytes rise with the times of a part, so its last row tells where it ends and its first one where it begins.
  const columns = 'SELECT part, from_bytes, bytes FROM events WHERE counter = 0 AND transfer_id = ?';
  const selectLower = database.prepare<[Buffer, number], EndRow>(
    `${columns} AND part < ? ORDER BY part DESC, bin DESC, piece DESC LIMIT 1`,
  );
  const selectHigher = database.prepare<[Buffer, number], EndRow>(
    `${columns} AND part > ? ORDER BY part, bin, piece LIMIT 1`,
  );
  return (part, transferId) => {
    const { fromBytes, part: number } = part[0]!;
    if (fromBytes === undefined) return undefined;
    const last = part.at(-1)!;
    const range = { part: number, fromBytes, toBytes: last.fromBytes! + last.bytes };
    const lower = rangeOf(selectLower.get(transferId, number));
    return orderFault(range, lower, rangeOf(selectHigher.get(transferId, number)));
  };
}

const rangeOf = (row: EndRow | undefined): PartRange | undefined =>
  row && { part: row.part, fromBytes: row.from_bytes, toBytes: row.from_bytes + row.bytes };
