import type { Migration } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import { type ByteRange, digestOf, type ProvenPart } from './proven-part.js';
import { rejection } from './rejection.js';

/** A part that was accepted before. */
interface KnownPart {
  readonly part: number;
  readonly range: ByteRange;
}

/**
 * Whether a part's receipts fit between its accepted neighbours (the nearest lower and higher part known; parts come in
 * any order). Ranges rise with the parts and never share a byte, and where the very next part is known, they meet.
 * Throws `part-overlap` and `part-chain`.
 */
function checkNeighbours(
  { part, range }: KnownPart,
  lower: KnownPart | undefined,
  higher: KnownPart | undefined,
): void {
  if (lower !== undefined) checkOrder(lower, { part, range });
  if (higher !== undefined) checkOrder({ part, range }, higher);
}

function checkOrder(lower: KnownPart, higher: KnownPart): void {
  if (lower.range.toBytes > higher.range.fromBytes) {
    throw rejection(
      'part-overlap',
      `part ${lower.part} covers bytes up to ${lower.range.toBytes}, part ${higher.part} begins at ${higher.range.fromBytes}`,
    );
  }
  if (lower.part + 1 === higher.part && lower.range.toBytes !== higher.range.fromBytes) {
    throw rejection(
      'part-chain',
      `part ${lower.part} ends at ${lower.range.toBytes} bytes, part ${higher.part} begins at ${higher.range.fromBytes}`,
    );
  }
}

/** Parts accepted so far, so that no byte of a transfer is booked under two parts, nor one part with two contents. */
export interface PartRanges {
  /**
   * Accepts the part, for good once the surrounding transaction commits; the same part said again is accepted again.
   * Throws `part-conflict`, `part-overlap` and `part-chain`.
   */
  claim(part: ProvenPart): void;
}

/** 60 bytes a part beside the part's event rows. */
export const partRangesMigrations: readonly Migration[] = [
  `
  CREATE TABLE transfer_part (
    transfer_id BLOB NOT NULL,
    part INTEGER NOT NULL,
    digest BLOB NOT NULL,
    from_bytes INTEGER,
    to_bytes INTEGER,
    PRIMARY KEY (transfer_id, part)
  ) STRICT, WITHOUT ROWID;
`,
];

interface PartRow {
  part: number;
  from_bytes: number | null;
  to_bytes: number | null;
}

export function createPartRanges(database: Database): PartRanges {
  const same = database.prepare<[Buffer, number], { digest: Buffer }>(
    'SELECT digest FROM transfer_part WHERE transfer_id = ? AND part = ?',
  );
  const columns = 'SELECT part, from_bytes, to_bytes FROM transfer_part WHERE transfer_id = ?';
  const lower = database.prepare<[Buffer, number], PartRow>(
    `${columns} AND part < ? ORDER BY part DESC LIMIT 1`,
  );
  const higher = database.prepare<[Buffer, number], PartRow>(`${columns} AND part > ? ORDER BY part LIMIT 1`);
  const insert = database.prepare<[Buffer, number, Buffer, number | null, number | null]>(
    'INSERT INTO transfer_part (transfer_id, part, digest, from_bytes, to_bytes) VALUES (?, ?, ?, ?, ?)',
  );
  return {
    claim(part) {
      const transferId = Buffer.from(part.transferId.replaceAll('-', ''), 'hex');
      const digest = digestOf(part);
      const known = same.get(transferId, part.part);
      if (known !== undefined) {
        if (known.digest.equals(digest)) return;
        throw rejection(
          'part-conflict',
          `part ${part.part} of transfer ${part.transferId} was reported before with other facts`,
        );
      }
      if (part.range !== null) {
        checkNeighbours(
          { part: part.part, range: part.range },
          knownPart(lower.get(transferId, part.part)),
          knownPart(higher.get(transferId, part.part)),
        );
      }
      insert.run(transferId, part.part, digest, part.range?.fromBytes ?? null, part.range?.toBytes ?? null);
    },
  };
}

function knownPart(row: PartRow | undefined): KnownPart | undefined {
  if (row === undefined || row.from_bytes === null || row.to_bytes === null) return undefined;
  return { part: row.part, range: { fromBytes: row.from_bytes, toBytes: row.to_bytes } };
}
