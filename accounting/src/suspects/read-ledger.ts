import { BIN_MS } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';
import { transferIdBytes, transferIdText } from '../ledger/transfer-id.js';
import type { Span } from '../plausibility/index.js';
import type { TransferWords } from './differences.js';

/** A row towards an agent. */
export interface LedgerRow extends Span {
  readonly id: number;
  readonly isPeer: boolean;
  /** To a client; else it fills an edge. */
  readonly isDelivery: boolean;
  readonly sizeBytes: number;
  readonly maxRateBitsPerSecond: number;
}

interface LedgerWord {
  readonly id: number;
  readonly transferId: string;
  readonly isUploader: boolean;
  readonly timeMs: number;
}

export interface LedgerTransfer extends TransferWords {
  readonly uploader: string;
  readonly downloader: string;
  readonly lastMs: number;
  /** The latest time of a receipt of it; of its rows' ends where there is none. */
  readonly signedMs: number;
}

interface LedgerRefusal {
  readonly id: number;
  readonly reporter: string;
  readonly code: string;
  readonly message: string;
  readonly bookedMs: number;
}

/** What the checks read of the ledger, each table in the order in which it grew. */
export interface LedgerReading {
  rowsAfter(id: number, limit: number): LedgerRow[];
  wordsAfter(id: number, limit: number): LedgerWord[];
  refusalsAfter(id: number, limit: number): LedgerRefusal[];
  transfer(transferId: string): LedgerTransfer | undefined;
  lastId(table: 'events' | 'signed_words' | 'rejections'): number;
}

const keyOf = (host: string): string => host.slice('host:'.length);

type RawRow = Omit<LedgerRow, 'isPeer' | 'isDelivery' | 'transferId'> & { kind: string; transferId: Buffer };
type RawTransfer = Omit<LedgerTransfer, 'isDone'> & { isDone: number };

export function readLedger(database: Database): LedgerReading {
  const selectRows = database.prepare<[number, number], RawRow>(
    `SELECT e.id, e.transfer_id AS transferId, r.kind, uploaders.name AS uploader, downloaders.name AS downloader,
       lower(hex(f.content_id)) AS contentId, f.size_bytes AS sizeBytes, e.bytes,
       e.bin * ${BIN_MS} + e.start AS startMs, e.bin * ${BIN_MS} + e.start + e.duration AS endMs,
       e.max_rate AS maxRateBitsPerSecond, source.address AS uploaderAddress, destination.address AS downloaderAddress,
       r.source_as AS uploaderAs, r.destination_as AS downloaderAs, g.rate_bits_per_second AS grantRateBitsPerSecond
     FROM events e JOIN routes r ON r.id = e.route JOIN files f ON f.id = e.file
       JOIN endpoints source ON source.id = e.source JOIN hosts uploaders ON uploaders.id = source.host
       JOIN endpoints destination ON destination.id = e.destination JOIN hosts downloaders ON downloaders.id = destination.host
       LEFT JOIN signed_transfers g ON g.transfer_id = e.transfer_id
     WHERE e.id > ? ORDER BY e.id LIMIT ?`,
  );
  const selectWords = database.prepare<
    [number, number],
    { id: number; transfer_id: Buffer; is_uploader: number; time_ms: number }
  >('SELECT id, transfer_id, is_uploader, time_ms FROM signed_words WHERE id > ? ORDER BY id LIMIT ?');
  const selectRefusals = database.prepare<[number, number], LedgerRefusal>(
    `SELECT id, reporter, code, message, booked_ms AS bookedMs FROM rejections WHERE id > ? ORDER BY id LIMIT ?`,
  );
  const selectTransfer = database.prepare<[Buffer], RawTransfer>(
    `SELECT uploaders.name AS uploader, downloaders.name AS downloader, granted_bytes AS grantedBytes,
       downloader_bytes AS downloaderBytes, uploader_bytes AS uploaderBytes, receipt_bytes AS receiptBytes, is_done AS isDone,
       settled_bytes AS settledBytes, coalesce(tolerance_bytes, 0) AS toleranceBytes, last_ms AS lastMs,
       coalesce((SELECT max(time_ms) FROM signed_words w WHERE w.transfer_id = t.transfer_id AND NOT is_uploader), first_ms) AS signedMs
     FROM peer_transfers t JOIN hosts uploaders ON uploaders.id = t.uploader
       JOIN hosts downloaders ON downloaders.id = t.downloader
     WHERE t.transfer_id = ?`,
  );
  const last = {
    events: database.prepare<[], number>('SELECT coalesce(max(id), 0) FROM events').pluck(),
    signed_words: database.prepare<[], number>('SELECT coalesce(max(id), 0) FROM signed_words').pluck(),
    rejections: database.prepare<[], number>('SELECT coalesce(max(id), 0) FROM rejections').pluck(),
  };
  return {
    rowsAfter: (id, limit) =>
      selectRows.all(id, limit).map(({ kind, ...row }) => ({
        ...row,
        transferId: transferIdText(row.transferId),
        uploader: keyOf(row.uploader),
        downloader: keyOf(row.downloader),
        isPeer: kind === 'client-to-client',
        isDelivery: kind === 'client-to-client' || kind === 'edge-to-client',
      })),
    wordsAfter: (id, limit) =>
      selectWords.all(id, limit).map((word) => ({
        id: word.id,
        transferId: transferIdText(word.transfer_id),
        isUploader: word.is_uploader === 1,
        timeMs: word.time_ms,
      })),
    refusalsAfter: (id, limit) => selectRefusals.all(id, limit),
    transfer(transferId) {
      const row = selectTransfer.get(transferIdBytes(transferId));
      return (
        row && {
          ...row,
          uploader: keyOf(row.uploader),
          downloader: keyOf(row.downloader),
          isDone: row.isDone === 1,
        }
      );
    },
    lastId: (table) => last[table].get()!,
  };
}
