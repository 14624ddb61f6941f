import type { BeliefMove, TransferBelief } from '@fairhop/shared/contract';
import type { TransferId } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';
import { transferIdBytes, transferIdText } from '../ledger/transfer-id.js';
import type { TransferRow } from './transfer-store.js';

export interface BeliefReader {
  /** Undefined for a transfer that no agent said anything of. */
  transfer(transferId: TransferId): { belief: TransferBelief; moves: BeliefMove[] } | undefined;
  /** Transfers whose sides differ by now, the newest first. */
  disputes(limit: number, nowMs: number, agent?: string): TransferBelief[];
}

/**
 * Parts are cut after a minute and reported at once: so long after an uploader showed a receipt, a downloader that did not report it
 * is away, or denies it.
 */
const REPORT_DELAY_MS = 10 * 60_000;
/** Moves of one transfer that are told, the newest; a part makes two. */
const TOLD_MOVES = 10_000;

type NamedRow = TransferRow & { uploaderHost: string; downloaderHost: string };

interface MoveRow {
  id: number;
  fromBytes: number;
  toBytes: number;
  from: BeliefMove['from'];
  to: BeliefMove['to'];
  reason: string;
  movedMs: number;
}

const columns = `SELECT t.*, uploaders.name AS uploaderHost, downloaders.name AS downloaderHost
  FROM peer_transfers t JOIN hosts uploaders ON uploaders.id = t.uploader JOIN hosts downloaders ON downloaders.id = t.downloader`;

export function createBeliefReader(database: Database): BeliefReader {
  const select = database.prepare<[Buffer], NamedRow>(`${columns} WHERE transfer_id = ?`);
  const selectMoves = database.prepare<[number], MoveRow>(
    `SELECT * FROM (
       SELECT id, from_bytes AS fromBytes, to_bytes AS toBytes, from_belief AS "from", to_belief AS "to", reason,
         moved_ms AS movedMs FROM belief_moves WHERE transfer = ? ORDER BY id DESC LIMIT ${TOLD_MOVES})
     ORDER BY id`,
  );
  const differing = `${columns} WHERE t.differs
    AND (t.open = 'disputed' OR (t.is_done AND t.downloader_bytes > coalesce(t.uploader_bytes, 0)) OR t.last_ms <= @quietMs)`;
  const newestFirst = 'ORDER BY t.last_ms DESC, t.id DESC LIMIT @limit';
  const selectDisputes = database.prepare<[Record<string, unknown>], NamedRow>(`${differing} ${newestFirst}`);
  const selectOfAgent = database.prepare<[Record<string, unknown>], NamedRow>(
    `${differing} AND (uploaders.name = @host OR downloaders.name = @host) ${newestFirst}`,
  );
  return {
    transfer(transferId) {
      const row = select.get(transferIdBytes(transferId));
      if (row === undefined) return undefined;
      const belief = beliefOf(row);
      const moves = selectMoves.all(row.id).map((move) => ({ ...move, transferId: belief.transferId }));
      return { belief, moves };
    },
    disputes(limit, nowMs, agent) {
      const asked = { limit, quietMs: nowMs - REPORT_DELAY_MS };
      const rows =
        agent === undefined
          ? selectDisputes.all(asked)
          : selectOfAgent.all({ ...asked, host: `host:${agent}` });
      return rows.map(beliefOf);
    },
  };
}

function beliefOf(row: NamedRow): TransferBelief {
  const keyOf = (host: string): string => host.slice('host:'.length);
  const openAs = (belief: TransferRow['open']): number => (row.open === belief ? row.open_bytes : 0);
  return {
    transferId: transferIdText(row.transfer_id),
    uploader: keyOf(row.uploaderHost),
    downloader: keyOf(row.downloaderHost),
    downloaderBytes: row.downloader_bytes,
    uploaderBytes: row.uploader_bytes,
    receiptBytes: row.receipt_bytes,
    isUploaderDone: row.is_done === 1,
    settledBytes: row.settled_bytes,
    claimedBytes: openAs('claimed'),
    disputedBytes: openAs('disputed'),
    droppedBytes: openAs('dropped'),
    firstMs: row.first_ms,
    lastMs: row.last_ms,
  };
}
