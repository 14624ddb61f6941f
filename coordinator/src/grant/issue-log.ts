import { FairhopError, type TransferId } from '@fairhop/shared/model';
import type { Clock } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import type { IssueLog } from '../session/dependencies.js';
import { firstIdAt, transferIdBytes } from './transfer-id.js';

export interface StoredIssueLog extends IssueLog {
  /** Those that were never issued, or longer ago than the log reaches. */
  unknown(transferIds: readonly TransferId[]): TransferId[];
  /** Writes what waits, and ends the timer. */
  stop(): void;
}

/** Reports may be days late, and their dispute time is a quarter: with it over, nobody asks any more. */
const KEPT_MS = 100 * 24 * 3_600_000;
/** A commit to disk takes milliseconds: twenty a second at most, a tenth of the time on a slow disk, and at once where there was none for long. */
const COMMIT_SPACING_MS = 50;
const SPACING_PER_COMMIT = 9;
/** Some seconds of a flash crowd; each answer to an agent has 64 at most. */
const MAX_WAITING = 100_000;
/** Forgotten with each commit: more than are written in most, so that the log does not outgrow its time. */
const PRUNED_AT_ONCE = 2_000;

interface Waiting {
  readonly transferIds: readonly TransferId[];
  resolve(): void;
  reject(error: unknown): void;
}

/** Every transfer that was ordered, 16 bytes each, on disk before its grant is handed out. */
export function createIssueLog(
  database: Database,
  clock: Clock,
  monotonicMs: () => number = () => performance.now(),
): StoredIssueLog {
  const insert = database.prepare('INSERT OR IGNORE INTO issued_transfers (transfer_id) VALUES (?)');
  const isKnown = database.prepare('SELECT 1 FROM issued_transfers WHERE transfer_id = ?');
  const prune = database.prepare(
    `DELETE FROM issued_transfers WHERE transfer_id IN
       (SELECT transfer_id FROM issued_transfers WHERE transfer_id < ? LIMIT ?)`,
  );
  const write = database.transaction((batch: readonly Waiting[]) => {
    for (const { transferIds } of batch)
      for (const transferId of transferIds) insert.run(transferIdBytes(transferId));
    prune.run(firstIdAt(clock.nowMs() - KEPT_MS), PRUNED_AT_ONCE);
  });
  let waiting: Waiting[] = [];
  let count = 0;
  let timer: NodeJS.Timeout | undefined;
  let nextCommitMs = Number.NEGATIVE_INFINITY;

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const batch = waiting;
    waiting = [];
    count = 0;
    if (batch.length === 0) return;
    const startMs = monotonicMs();
    try {
      write.immediate(batch);
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    const endMs = monotonicMs();
    nextCommitMs = endMs + Math.max(COMMIT_SPACING_MS, SPACING_PER_COMMIT * (endMs - startMs));
  };

  return {
    add: (transferIds) =>
      new Promise((resolve, reject) => {
        if (count + transferIds.length > MAX_WAITING) {
          const message = `${count} transfers wait to be written, which is the most; ask again in some seconds`;
          reject(new FairhopError('issue-log-full', message, { status: 503 }));
          return;
        }
        waiting.push({ transferIds, resolve, reject });
        count += transferIds.length;
        timer ??= setTimeout(flush, Math.max(0, nextCommitMs - monotonicMs()));
      }),
    unknown: (transferIds) =>
      transferIds.filter((transferId) => isKnown.get(transferIdBytes(transferId)) === undefined),
    stop: flush,
  };
}
