import { randomUUID } from 'node:crypto';
import { FairhopError, type ReportMessage, type ReportRecord, type TransferId } from '@fairhop/shared/model';
import { type Logger, openDatabase } from '@fairhop/shared/service';
import { z } from 'zod';
import type { OpenPart } from './transfer-parts.js';

/** Messages that wait for accounting: weeks of one agent's transfers, below 200 MB. */
const MAX_MESSAGES = 100_000;
/** From here on, traced ways are left out: they are evidence, and prove no byte. */
const MAX_MESSAGES_WITH_TRACES = 50_000;
/** Grants that were served and have not expired: more than an agent gets in a day. */
const MAX_USED_GRANTS = 65_536;
/** An expired grant is known for so long: within it, clocks may differ about its end. */
const EXPIRED_GRANT_MS = 10 * 60_000;

const migrations = [
  `CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
   CREATE TABLE messages (sequence INTEGER PRIMARY KEY, record TEXT NOT NULL) STRICT;
   CREATE TABLE open_transfers (transfer_id TEXT PRIMARY KEY, grant_token TEXT NOT NULL, part TEXT NOT NULL) STRICT;
   CREATE TABLE sent_volume (month TEXT PRIMARY KEY, bytes INTEGER NOT NULL) STRICT;
   CREATE TABLE uploads (transfer_id TEXT PRIMARY KEY, month TEXT NOT NULL, downloader TEXT NOT NULL,
     content_id TEXT NOT NULL, sent_bytes INTEGER NOT NULL, acknowledged_bytes INTEGER NOT NULL) STRICT;
   CREATE INDEX uploads_by_month ON uploads (month);`,
  `CREATE TABLE open_uploads (transfer_id TEXT PRIMARY KEY, upload TEXT NOT NULL) STRICT;
   CREATE TABLE used_grants (transfer_id TEXT PRIMARY KEY, expires_ms INTEGER NOT NULL) STRICT;
   CREATE INDEX used_grants_by_expiry ON used_grants (expires_ms);`,
];

const receiptSchema = z.object({ encoded: z.string(), cumulativeBytes: z.int(), timeMs: z.int() });
const openPartSchema = z.object({
  part: z.int(),
  startMs: z.int(),
  from: receiptSchema.optional(),
  to: receiptSchema.optional(),
  maxRateBitsPerSecond: z.int(),
  uploaderAddress: z.string(),
  downloaderAddress: z.string(),
});

interface OpenTransfer {
  readonly transferId: TransferId;
  readonly grant: string;
  readonly part: OpenPart;
}

const openUploadSchema = z.object({
  grant: z.string(),
  contentId: z.string(),
  uploader: z.string(),
  downloader: z.string(),
  /** The last statement's. */
  sequence: z.int(),
  digest: z.string(),
  timeMs: z.int(),
  receipt: z.string().optional(),
  sentBytes: z.int(),
  downloaderAddress: z.string(),
});

/** An upload under way, as its last statement tells of it. */
export type OpenUpload = z.infer<typeof openUploadSchema> & { readonly transferId: TransferId };

/** What was uploaded to one agent in a month. */
export interface UploadTotal {
  readonly downloader: string;
  readonly contentId: string;
  readonly sentBytes: number;
  readonly acknowledgedBytes: number;
}

/** What an agent has to report, on disk until accounting acknowledged it; and what it uploaded this month. */
export interface Outbox {
  readonly incarnation: string;
  /** Appends records and puts the state of a transfer or upload in one step; null: it is over. @throws `disk-full` */
  update(change: {
    records: readonly ReportRecord[];
    transfer?: { transferId: TransferId; grant: string; part: OpenPart | null };
    upload?: { transferId: TransferId; open: Omit<OpenUpload, 'transferId'> | null };
  }): void;
  /** Transfers that were under way when the process ended. */
  openTransfers(): OpenTransfer[];
  openUploads(): OpenUpload[];
  /** Notes that a grant is served. @throws `too-many-grants` */
  useGrant(transferId: TransferId, expiresMs: number, nowMs: number): void;
  isGrantUsed(transferId: TransferId): boolean;
  /** The oldest messages, in order. */
  peek(limit: number): ReportMessage[];
  remove(sequences: readonly number[]): void;
  readonly size: number;
  /** Records other than traced ways, since this outbox exists, that found it full and are lost. */
  readonly dropped: number;
  addSent(month: string, bytes: number): void;
  sentBytes(month: string): number;
  putUpload(month: string, transferId: TransferId, upload: UploadTotal): void;
  uploads(month: string): UploadTotal[];
  /** A named value that outlives the process. */
  fact(name: string): string | undefined;
  putFact(name: string, value: string): void;
  close(): void;
}

export function openOutbox(file: string, log: Pick<Logger, 'warn'>): Outbox {
  // NORMAL survives kill -9. What a power cut takes are the last receipts, which the uploaders hold too.
  const database = openDatabase(file, migrations, { synchronous: 'NORMAL' });
  const factOf = database.prepare<[string], { value: string }>('SELECT value FROM facts WHERE name = ?');
  const putFact = database.prepare(
    'INSERT INTO facts VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  );
  const insertMessage = database.prepare('INSERT INTO messages VALUES (?, ?)');
  const countMessages = database.prepare<[], { count: number }>('SELECT count(*) AS count FROM messages');
  const oldest = database.prepare<[number], { sequence: number; record: string }>(
    'SELECT sequence, record FROM messages ORDER BY sequence LIMIT ?',
  );
  const removeMessage = database.prepare('DELETE FROM messages WHERE sequence = ?');
  const putTransfer = database.prepare(
    'INSERT INTO open_transfers VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET part = excluded.part',
  );
  const removeTransfer = database.prepare('DELETE FROM open_transfers WHERE transfer_id = ?');
  const transfers = database.prepare<[], { transfer_id: string; grant_token: string; part: string }>(
    'SELECT * FROM open_transfers',
  );
  const putOpenUpload = database.prepare(
    'INSERT INTO open_uploads VALUES (?, ?) ON CONFLICT DO UPDATE SET upload = excluded.upload',
  );
  const removeOpenUpload = database.prepare('DELETE FROM open_uploads WHERE transfer_id = ?');
  const uploadsUnderWay = database.prepare<[], { transfer_id: string; upload: string }>(
    'SELECT * FROM open_uploads',
  );
  const putGrant = database.prepare('INSERT INTO used_grants VALUES (?, ?) ON CONFLICT DO NOTHING');
  const removeOldGrants = database.prepare('DELETE FROM used_grants WHERE expires_ms < ?');
  const countGrants = database.prepare<[], number>('SELECT count(*) FROM used_grants').pluck();
  const grantOf = database
    .prepare<[string], number>('SELECT 1 FROM used_grants WHERE transfer_id = ?')
    .pluck();
  const addVolume = database.prepare(
    'INSERT INTO sent_volume VALUES (?, ?) ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes',
  );
  const volume = database.prepare<[string], { bytes: number }>(
    'SELECT bytes FROM sent_volume WHERE month = ?',
  );
  const upsertUpload = database.prepare(
    `INSERT INTO uploads VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
     SET sent_bytes = excluded.sent_bytes, acknowledged_bytes = excluded.acknowledged_bytes`,
  );
  const forgetOldUploads = database.prepare('DELETE FROM uploads WHERE month < ?');
  const uploadTotals = database.prepare<[string], UploadTotal>(
    `SELECT downloader, content_id AS contentId, sum(sent_bytes) AS sentBytes, sum(acknowledged_bytes) AS acknowledgedBytes
     FROM uploads WHERE month = ? GROUP BY downloader, content_id ORDER BY sentBytes DESC`,
  );

  if (!factOf.get('incarnation')) putFact.run('incarnation', randomUUID());
  const incarnation = factOf.get('incarnation')!.value;
  let nextSequence = Number(factOf.get('next-sequence')?.value ?? 0);
  let size = countMessages.get()!.count;
  let dropped = Number(factOf.get('dropped')?.value ?? 0);

  const append = (record: ReportRecord): void => {
    if (record.type === 'path-evidence' && size >= MAX_MESSAGES_WITH_TRACES) return;
    // A record that has no room leaves its number as a gap, which accounting lists.
    if (size < MAX_MESSAGES) {
      insertMessage.run(nextSequence, JSON.stringify(record));
      size += 1;
    } else {
      dropped += 1;
      putFact.run('dropped', String(dropped));
    }
    nextSequence += 1;
    putFact.run('next-sequence', String(nextSequence));
  };

  const update = database.transaction(({ records, transfer, upload }: Parameters<Outbox['update']>[0]) => {
    for (const record of records) append(record);
    if (transfer?.part) putTransfer.run(transfer.transferId, transfer.grant, JSON.stringify(transfer.part));
    else if (transfer) removeTransfer.run(transfer.transferId);
    if (upload?.open) putOpenUpload.run(upload.transferId, JSON.stringify(upload.open));
    else if (upload) removeOpenUpload.run(upload.transferId);
  });
  const remove = database.transaction((sequences: readonly number[]) => {
    for (const sequence of sequences) size -= removeMessage.run(sequence).changes;
  });

  return {
    incarnation,
    update: (change) => {
      const before = { size, dropped };
      try {
        update(change);
      } catch (error) {
        // Nothing of it is on disk.
        ({ size, dropped } = before);
        throw writeFailed(file, error);
      }
      if (dropped > before.dropped)
        log.warn({ dropped, waiting: size }, 'reports were dropped: too many wait for accounting');
    },
    openTransfers: () =>
      transfers.all().map((row) => ({
        transferId: row.transfer_id,
        grant: row.grant_token,
        part: openPartSchema.parse(JSON.parse(row.part)),
      })),
    openUploads: () =>
      uploadsUnderWay.all().map((row) => ({
        transferId: row.transfer_id,
        ...openUploadSchema.parse(JSON.parse(row.upload)),
      })),
    useGrant: (transferId, expiresMs, nowMs) => {
      removeOldGrants.run(Math.floor(nowMs) - EXPIRED_GRANT_MS);
      if (countGrants.get()! >= MAX_USED_GRANTS)
        throw new FairhopError(
          'too-many-grants',
          `${MAX_USED_GRANTS} grants are in use; none more is served`,
        );
      putGrant.run(transferId, expiresMs);
    },
    isGrantUsed: (transferId) => grantOf.get(transferId) !== undefined,
    peek: (limit) =>
      oldest
        .all(limit)
        .map(({ sequence, record }) => ({ sequence, record: JSON.parse(record) as ReportRecord })),
    remove: (sequences) => remove(sequences),
    get size() {
      return size;
    },
    get dropped() {
      return dropped;
    },
    addSent: (month, bytes) => {
      addVolume.run(month, bytes);
    },
    sentBytes: (month) => volume.get(month)?.bytes ?? 0,
    putUpload: (month, transferId, upload) => {
      upsertUpload.run(
        transferId,
        month,
        upload.downloader,
        upload.contentId,
        upload.sentBytes,
        upload.acknowledgedBytes,
      );
      forgetOldUploads.run(month);
    },
    uploads: (month) => uploadTotals.all(month),
    fact: (name) => factOf.get(name)?.value,
    putFact: (name, value) => {
      putFact.run(name, value);
    },
    close: () => database.close(),
  };
}

function writeFailed(file: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'SQLITE_FULL') return error;
  const message = `${file}: no space is left on the device, and what is not reported must not be received; free some space`;
  return new FairhopError('disk-full', message, { status: 507, cause: error });
}
