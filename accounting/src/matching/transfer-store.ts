import type { Database } from 'better-sqlite3';
import type { SignedTransfer } from '../ledger/event.js';
import { transferIdBytes } from '../ledger/transfer-id.js';
import type { Held, OpenBelief } from './decide.js';
import type { BookedRow, Move } from './move-rows.js';

/** What is kept of a transfer between two agents. */
export interface TransferRow {
  readonly id: number;
  readonly transfer_id: Buffer;
  readonly uploader: number;
  readonly downloader: number;
  granted_bytes: number;
  downloader_bytes: number;
  uploader_bytes: number | null;
  receipt_bytes: number | null;
  is_done: number;
  settled_up_to: number;
  settled_bytes: number;
  open_bytes: number;
  open: OpenBelief | null;
  open_part: number | null;
  tolerance_bytes: number | null;
  hold_until_ms: number | null;
  differs: number;
  readonly first_ms: number;
  last_ms: number;
}

interface OpenRow extends BookedRow {
  readonly id: number;
}

export interface TransferStore {
  find(transfer: SignedTransfer): TransferRow | undefined;
  get(id: number): TransferRow;
  /** Ids rise. */
  lastId(): number;
  insert(row: TransferRow): void;
  update(row: TransferRow): void;
  addMoves(transfer: number, moves: readonly Move[], nowMs: number): void;
  /** Rows with receipts from a part on, but those of `without`, which are event ids. */
  rowsFrom(row: TransferRow, part: number, without: ReadonlySet<number>): BookedRow[];
  /** Tells of transfers whether an end of them is not believed. */
  holder(): (row: TransferRow) => Held | null;
  /** Open ones whose hold is over, at most so many. */
  over(nowMs: number, limit: number): number[];
}

const made = ['id', 'transfer_id', 'uploader', 'downloader', 'first_ms'] as const;
const saved = [
  'granted_bytes',
  'downloader_bytes',
  'uploader_bytes',
  'receipt_bytes',
  'is_done',
  'settled_up_to',
  'settled_bytes',
  'open_bytes',
  'open',
  'open_part',
  'tolerance_bytes',
  'hold_until_ms',
  'differs',
  'last_ms',
] as const satisfies readonly (keyof TransferRow)[];

/** Works within the caller's transaction. */
export function createTransferStore(database: Database): TransferStore {
  const select = database.prepare<[Buffer], TransferRow>(
    'SELECT * FROM peer_transfers WHERE transfer_id = ?',
  );
  const selectById = database.prepare<[number], TransferRow>('SELECT * FROM peer_transfers WHERE id = ?');
  const selectLast = database.prepare<[], number>('SELECT coalesce(max(id), 0) FROM peer_transfers').pluck();
  const columns = [...made, ...saved];
  const insert = database.prepare(
    `INSERT INTO peer_transfers (${columns.join(', ')}) VALUES (${columns.map((column) => `@${column}`).join(', ')})`,
  );
  const update = database.prepare(
    `UPDATE peer_transfers SET ${saved.map((column) => `${column} = @${column}`).join(', ')} WHERE id = @id`,
  );
  const insertMove = database.prepare(
    `INSERT INTO belief_moves (transfer, from_bytes, to_bytes, from_belief, to_belief, reason, moved_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const selectRows = database.prepare<[Buffer, number], OpenRow>(
    `SELECT events.id, part, from_bytes AS fromBytes, bytes, bin, route, owner FROM events JOIN files ON files.id = file
     WHERE transfer_id = ? AND part >= ? AND from_bytes IS NOT NULL`,
  );
  const hasStandings = database.prepare<[], number>('SELECT EXISTS (SELECT 1 FROM standings)').pluck();
  const selectStanding = database.prepare<[number, number], { frozen: number; quarantined: number }>(
    `SELECT coalesce(max(frozen_up_to), -1) AS frozen, coalesce(max(is_quarantined), 0) AS quarantined
     FROM standings WHERE host IN (?, ?)`,
  );
  const selectOver = database
    .prepare<[number, number], number>(
      `SELECT id FROM peer_transfers
       WHERE open_bytes > 0 AND open IN ('claimed', 'disputed') AND hold_until_ms <= ? LIMIT ?`,
    )
    .pluck();
  return {
    find: ({ transferId }) => select.get(transferIdBytes(transferId)),
    get: (id) => selectById.get(id)!,
    lastId: () => selectLast.get()!,
    insert: (row) => insert.run(row),
    update: (row) => update.run(row),
    addMoves(transfer, moves, nowMs) {
      for (const { fromBytes, toBytes, from, to, reason } of moves)
        insertMove.run(transfer, fromBytes, toBytes, from, to, reason, nowMs);
    },
    rowsFrom: ({ transfer_id }, part, without) =>
      selectRows.all(transfer_id, part).filter(({ id }) => !without.has(id)),
    holder() {
      if (hasStandings.get() === 0) return () => null;
      return ({ id, uploader, downloader }) => {
        const { frozen, quarantined } = selectStanding.get(uploader, downloader)!;
        if (frozen >= id) return 'history-rewritten';
        return quarantined === 1 ? 'quarantine' : null;
      };
    },
    over: (nowMs, limit) => selectOver.all(nowMs, limit),
  };
}
