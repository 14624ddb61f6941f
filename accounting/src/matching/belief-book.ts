import { hostId } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';
import type { SignedTransfer, SignedWords } from '../ledger/event.js';
import { transferIdBytes } from '../ledger/transfer-id.js';
import { decide, type Held } from './decide.js';
import { type BookedRow, moveRows } from './move-rows.js';
import { createStandings } from './standings.js';
import type { TermsOf } from './terms.js';
import { createTransferStore, type TransferRow } from './transfer-store.js';
import { createUnbillable } from './unbillable.js';

/** A row that was booked just now; `id` is its event's. */
export interface NewRow extends BookedRow {
  readonly id: number;
  readonly ownerName: string;
}

export interface BeliefBook {
  /**
   * What a message said of a transfer, with the rows that were booked of it; `isRefused` when its words do not count, since they
   * contradict others. All of one transaction is decided on by `write`.
   */
  note(signed: SignedWords, rows: readonly NewRow[], isRefused: boolean): void;
  /** Within the caller's transaction, at its end. */
  write(nowMs: number): void;
  /** After a transaction that was rolled back. */
  forget(): void;
  /** Of an agent in quarantine nothing settles until it is released; `review` then looks through its transfers. */
  setQuarantined(agent: string, isQuarantined: boolean): void;
  /**
   * Drops what was held long enough, and looks anew at transfers of agents that were caught, quarantined or released: at most so many
   * transfers in one transaction. Returns how many it was; fewer than the limit is all of them.
   */
  review(nowMs: number, limit: number): number;
}

interface Noted {
  readonly signed: SignedWords;
  readonly rows: NewRow[];
  downloaderBytes: number;
  uploaderBytes: number | null;
  receiptBytes: number | null;
  isDone: boolean;
}

const highest = (left: number | null, right: number | null): number | null =>
  left === null || right === null ? (left ?? right) : Math.max(left, right);

export function createBeliefBook(
  database: Database,
  { hostOf, termsOf }: { readonly hostOf: (name: string) => number; readonly termsOf: TermsOf },
): BeliefBook {
  const store = createTransferStore(database);
  const standings = createStandings(database);
  const unbillable = createUnbillable(database);
  const lastContradiction = database
    .prepare<[], number>('SELECT coalesce(max(id), 0) FROM contradictions')
    .pluck();
  const selectCaught = database
    .prepare<[number], string>('SELECT DISTINCT agent FROM contradictions WHERE id > ?')
    .pluck();
  const noted = new Map<string, Noted>();
  /** Contradictions up to this one have frozen what they freeze. */
  let seenContradiction = lastContradiction.get()!;

  /** Decides on a transfer by its words, and books what moves. */
  const settle = (row: TransferRow, newRows: readonly NewRow[], held: Held | null, nowMs: number): void => {
    const before = {
      settledBytes: row.settled_up_to,
      open: row.open_bytes === 0 ? null : row.open,
      openBytes: row.open_bytes,
      openPart: row.open_part,
    };
    const toleranceBytes = row.tolerance_bytes ?? 0;
    const words = {
      grantedBytes: row.granted_bytes,
      downloaderBytes: row.downloader_bytes,
      uploaderBytes: row.uploader_bytes,
      isUploaderDone: row.is_done === 1,
    };
    const isHoldOver = row.hold_until_ms !== null && nowMs >= row.hold_until_ms;
    const after = decide(words, { before, held, isHoldOver, toleranceBytes });
    const isMoving = after.settledBytes > before.settledBytes || after.open !== before.open;
    const openRows =
      before.open !== null && isMoving
        ? store.rowsFrom(row, row.open_part ?? 0, new Set(newRows.map(({ id }) => id)))
        : null;
    const moved = moveRows(before, after, openRows, newRows);
    store.addMoves(row.id, moved.moves, nowMs);
    unbillable.add(moved.changes);
    row.settled_up_to = after.settledBytes;
    row.settled_bytes += moved.newlySettledBytes;
    row.open_bytes = moved.openBytes;
    row.open_part = moved.openPart;
    row.open = moved.openBytes === 0 ? null : after.open;
    const isDenied = (row.receipt_bytes ?? 0) - row.downloader_bytes > toleranceBytes;
    const isLess = row.is_done === 1 && row.downloader_bytes - (row.uploader_bytes ?? 0) > toleranceBytes;
    row.differs = isDenied || isLess || row.open === 'disputed' ? 1 : 0;
  };

  const take = (one: Noted, newId: number, nowMs: number): { row: TransferRow; isNew: boolean } => {
    const { transfer } = one.signed;
    const known = store.find(transfer);
    const row = known ?? newTransfer(newId, transfer, nowMs);
    // A transfer that was booked before its grant was kept.
    row.granted_bytes = Math.max(row.granted_bytes, transfer.maxBytes);
    row.downloader_bytes = Math.max(row.downloader_bytes, one.downloaderBytes);
    row.uploader_bytes = highest(row.uploader_bytes, one.uploaderBytes);
    row.receipt_bytes = highest(row.receipt_bytes, one.receiptBytes);
    if (one.isDone) row.is_done = 1;
    row.last_ms = Math.max(row.last_ms, nowMs);
    const [first] = one.rows;
    if (first !== undefined && row.hold_until_ms === null) {
      const { holdMs, toleranceBytes } = termsOf(first.ownerName);
      row.hold_until_ms = nowMs + holdMs;
      row.tolerance_bytes = toleranceBytes;
    }
    return { row, isNew: known === undefined };
  };

  const newTransfer = (id: number, transfer: SignedTransfer, nowMs: number): TransferRow => ({
    id,
    transfer_id: transferIdBytes(transfer.transferId),
    uploader: hostOf(hostId(transfer.uploader)),
    downloader: hostOf(hostId(transfer.downloader)),
    granted_bytes: transfer.maxBytes,
    downloader_bytes: 0,
    uploader_bytes: null,
    receipt_bytes: null,
    is_done: 0,
    settled_up_to: 0,
    settled_bytes: 0,
    open_bytes: 0,
    open: null,
    open_part: null,
    tolerance_bytes: null,
    hold_until_ms: null,
    differs: 0,
    first_ms: nowMs,
    last_ms: nowMs,
  });

  const freezeCaught = (upToId: number): void => {
    for (const agent of selectCaught.all(seenContradiction)) standings.freeze(hostOf(hostId(agent)), upToId);
    seenContradiction = lastContradiction.get()!;
  };

  const forget = (): void => {
    noted.clear();
    unbillable.forget();
    seenContradiction = lastContradiction.get()!;
  };

  const review = database.transaction((nowMs: number, limit: number): number => {
    const ids = store.over(nowMs, limit);
    if (ids.length < limit) ids.push(...standings.takeSwept(limit - ids.length));
    const held = store.holder();
    for (const id of new Set(ids)) {
      const row = store.get(id);
      settle(row, [], held(row), nowMs);
      store.update(row);
    }
    unbillable.write();
    return ids.length;
  });

  return {
    note(signed, rows, isRefused) {
      const { transferId } = signed.transfer;
      let one = noted.get(transferId);
      if (one === undefined) {
        one = {
          ...{ signed, rows: [], downloaderBytes: 0, uploaderBytes: null, receiptBytes: null },
          isDone: false,
        };
        noted.set(transferId, one);
      }
      if (isRefused) return;
      for (const row of rows) {
        if (row.bytes > 0) one.rows.push(row);
        one.downloaderBytes = Math.max(one.downloaderBytes, row.fromBytes + row.bytes);
      }
      for (const { signer, teller, link, isLast } of signed.words) {
        if (signer === 'uploader') {
          one.uploaderBytes = highest(one.uploaderBytes, link.bytes);
          one.isDone ||= isLast;
        } else if (teller === 'uploader') one.receiptBytes = highest(one.receiptBytes, link.bytes);
        else one.downloaderBytes = Math.max(one.downloaderBytes, link.bytes);
      }
    },
    write(nowMs) {
      if (noted.size === 0) return;
      let lastId = store.lastId();
      const taken = [...noted.values()].map((one) => {
        const { row, isNew } = take(one, lastId + 1, nowMs);
        if (isNew) lastId += 1;
        return { row, isNew, rows: one.rows };
      });
      freezeCaught(lastId);
      const held = store.holder();
      for (const { row, isNew, rows } of taken) {
        settle(row, rows, held(row), nowMs);
        if (isNew) store.insert(row);
        else store.update(row);
      }
      unbillable.write();
      noted.clear();
    },
    forget,
    setQuarantined: (agent, isQuarantined) => standings.setQuarantined(hostOf(hostId(agent)), isQuarantined),
    review(nowMs, limit) {
      try {
        return review.immediate(nowMs, limit);
      } catch (error) {
        forget();
        throw error;
      }
    },
  };
}
