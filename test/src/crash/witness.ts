import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeReceipt } from '@fairhop/shared/crypto';
import type { TransferId } from '@fairhop/shared/model';
import Database from 'better-sqlite3';

const OUTBOX = 'reports.db';

/** What an agent's disk holds that accounting has not acknowledged. */
export interface OutboxContents {
  readonly waitingMessages: number;
  /** Bytes of the highest signed receipt of each transfer. */
  readonly receiptedBytes: ReadonlyMap<TransferId, number>;
}

/** Reads the outbox of an agent that does not run, from a copy: opening it would finish what a kill left half done. */
export async function readOutbox(dataDirectory: string): Promise<OutboxContents> {
  const directory = await mkdtemp(join(tmpdir(), 'fairhop-outbox-'));
  try {
    for (const suffix of ['', '-wal']) {
      await copyFile(join(dataDirectory, OUTBOX + suffix), join(directory, OUTBOX + suffix)).catch(absent);
    }
    const database = new Database(join(directory, OUTBOX));
    try {
      return contentsOf(database);
    } finally {
      database.close();
    }
  } finally {
    await rm(directory, { recursive: true });
  }
}

function contentsOf(database: Database.Database): OutboxContents {
  const receiptedBytes = new Map<TransferId, number>();
  const note = (encoded: string | null): void => {
    if (encoded === null) return;
    const { transferId, cumulativeBytes } = decodeReceipt(Buffer.from(encoded, 'base64url'));
    receiptedBytes.set(transferId, Math.max(cumulativeBytes, receiptedBytes.get(transferId) ?? 0));
  };
  const hasTables = database.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'open_uploads'`).get();
  if (hasTables === undefined) return { waitingMessages: 0, receiptedBytes };
  const receipts = database
    .prepare<[], string | null>(
      `SELECT json_extract(part, '$.to.encoded') FROM open_transfers
       UNION ALL SELECT json_extract(part, '$.from.encoded') FROM open_transfers
       UNION ALL SELECT json_extract(record, '$.to') FROM messages WHERE json_extract(record, '$.type') = 'peer-transfer'`,
    )
    .pluck()
    .all();
  for (const encoded of receipts) note(encoded);
  const waitingMessages = database.prepare<[], number>('SELECT count(*) FROM messages').pluck().get()!;
  return { waitingMessages, receiptedBytes };
}

function absent(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
