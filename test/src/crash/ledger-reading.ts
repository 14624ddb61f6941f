import { decodeReceipt, verifyReceipt } from '@fairhop/shared/crypto';
import Database from 'better-sqlite3';

const TRANSFER_ID = `lower(substr(hex(transfer_id), 1, 8) || '-' || substr(hex(transfer_id), 9, 4) || '-' ||
  substr(hex(transfer_id), 13, 4) || '-' || substr(hex(transfer_id), 17, 4) || '-' || substr(hex(transfer_id), 21))`;

/** What is believed of a transfer between two agents, and the bytes of its rows. */
export interface BookedTransfer {
  readonly transferId: string;
  readonly rowBytes: number;
  readonly settledBytes: number;
  readonly openBytes: number;
}

export interface Row {
  readonly transferId: string;
  readonly fromBytes: number;
  readonly bytes: number;
}

interface Word {
  readonly transferId: string;
  readonly word: string;
  readonly uploader: string;
  readonly downloader: string;
  readonly contentId: string | null;
}

/** The ledger's file as another process sees it, whether accounting runs or was killed. */
export function readLedgerFile<Value>(file: string, read: (database: Database.Database) => Value): Value {
  const database = new Database(file, { readonly: true });
  try {
    return database.transaction(() => read(database))();
  } finally {
    database.close();
  }
}

export const bookedTransfers = (database: Database.Database): BookedTransfer[] =>
  database
    .prepare<[], BookedTransfer>(
      `SELECT ${TRANSFER_ID} AS transferId, settled_bytes AS settledBytes, open_bytes AS openBytes,
         (SELECT coalesce(sum(bytes), 0) FROM events e WHERE e.transfer_id = t.transfer_id) AS rowBytes
       FROM peer_transfers t`,
    )
    .all();

/** Rows that receipts prove, in the order of their bytes. */
export const receiptedRows = (database: Database.Database): Row[] =>
  database
    .prepare<[], Row>(
      `SELECT ${TRANSFER_ID} AS transferId, from_bytes AS fromBytes, bytes FROM events
       WHERE from_bytes IS NOT NULL AND bytes > 0 ORDER BY transfer_id, from_bytes, bytes`,
    )
    .all();

/** Bytes of the highest receipt of each transfer whose downloader's signature holds. */
export function signedBytes(database: Database.Database): Map<string, number> {
  const words = database
    .prepare<[], Word>(
      `SELECT ${TRANSFER_ID} AS transferId, word, uploader, downloader,
         (SELECT lower(hex(content_id)) FROM events e JOIN files ON files.id = file
          WHERE e.transfer_id = w.transfer_id LIMIT 1) AS contentId
       FROM signed_words w JOIN signed_transfers USING (transfer_id) WHERE NOT is_uploader`,
    )
    .all();
  const highest = new Map<string, number>();
  for (const { word, contentId, ...ends } of words) {
    const bytes = Buffer.from(word, 'base64url');
    // Without a row its content is not told; what it receipts is lost, and counts as that.
    const { cumulativeBytes } =
      contentId === null ? decodeReceipt(bytes) : verifyReceipt(bytes, { ...ends, contentId });
    highest.set(ends.transferId, Math.max(cumulativeBytes, highest.get(ends.transferId) ?? 0));
  }
  return highest;
}
