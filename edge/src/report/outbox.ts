import { randomUUID } from 'node:crypto';
import type { ReportAnswer } from '@fairhop/shared/contract';
import {
  type EdgeTransferRecord,
  edgeTransferRecordSchema,
  type PathEvidenceRecord,
  type ReportMessage,
} from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';
import { createFacts } from '../edge-database.js';

/** Longer than any token is valid, after which its part numbers are of no use. */
const transferMemoryMs = 7 * 86_400_000;
/** Rejected messages that are kept for the operator to look at, newest first. */
const maxRejected = 10_000;

/**
 * Reports until they are acknowledged. The disk is its bound: about 700 bytes a message, and a message stands for up to a
 * minute of one transfer.
 */
export interface Outbox {
  /** New with each data directory. */
  readonly incarnation: string;
  /** Number of a transfer's next part; it counts as used once a part with it is saved. */
  nextPart(transferId: string): number;
  /** Ended parts become messages; growing ones are kept for the case that the process dies. In one transaction. */
  save(ended: readonly EdgeTransferRecord[], growing: readonly EdgeTransferRecord[], nowMs: number): void;
  /** A message of its own. */
  add(record: PathEvidenceRecord): void;
  /** Oldest messages that wait for acknowledgement. */
  waiting(limit: number): ReportMessage[];
  /** Takes the answer to a batch: what was rejected is set aside, the rest is done. */
  settle(messages: readonly ReportMessage[], answer: ReportAnswer): void;
  count(): { waiting: number; rejected: number };
}

/** Parts that were growing when an earlier process died become messages at once. */
export function createOutbox(database: Database, nowMs: number): Outbox {
  const facts = createFacts(database);
  const incarnation = facts.get('incarnation') ?? randomUUID();
  facts.set('incarnation', incarnation);

  const insertMessage = database.prepare<[number, string]>(
    'INSERT INTO message (sequence, record) VALUES (?, ?)',
  );
  const deleteMessage = database.prepare<[number]>('DELETE FROM message WHERE sequence = ?');
  const rejectMessage = database.prepare<[string, number]>(
    'UPDATE message SET rejection = ? WHERE sequence = ?',
  );
  const trimRejected = database.prepare<[number]>(
    `DELETE FROM message WHERE rejection IS NOT NULL AND sequence NOT IN
       (SELECT sequence FROM message WHERE rejection IS NOT NULL ORDER BY sequence DESC LIMIT ?)`,
  );
  const selectWaiting = database.prepare<[number], { sequence: number; record: string }>(
    'SELECT sequence, record FROM message WHERE rejection IS NULL ORDER BY sequence LIMIT ?',
  );
  const countMessages = database.prepare<[], { waiting: number; rejected: number }>(
    'SELECT count(*) - count(rejection) AS waiting, count(rejection) AS rejected FROM message',
  );
  const upsertOpen = database.prepare<[string, number, string]>(
    `INSERT INTO open_part (transfer_id, part, record) VALUES (?, ?, ?)
       ON CONFLICT (transfer_id, part) DO UPDATE SET record = excluded.record`,
  );
  const deleteOpen = database.prepare<[string, number]>(
    'DELETE FROM open_part WHERE transfer_id = ? AND part = ?',
  );
  const selectOpen = database.prepare<[], { record: string }>('SELECT record FROM open_part');
  const upsertTransfer = database.prepare<[string, number, number]>(
    `INSERT INTO transfer (transfer_id, next_part, used_ms) VALUES (?, ?, ?)
       ON CONFLICT (transfer_id) DO UPDATE SET
         next_part = max(next_part, excluded.next_part), used_ms = excluded.used_ms`,
  );
  const selectTransfer = database.prepare<[string], { next_part: number }>(
    'SELECT next_part FROM transfer WHERE transfer_id = ?',
  );
  const forgetTransfers = database.prepare<[number]>('DELETE FROM transfer WHERE used_ms < ?');

  /** Given out since the last save. */
  const givenOut = new Map<string, number>();

  const append = (record: EdgeTransferRecord | PathEvidenceRecord): void => {
    const sequence = Number(facts.get('nextSequence') ?? '0');
    insertMessage.run(sequence, JSON.stringify(record));
    facts.set('nextSequence', String(sequence + 1));
  };
  const save = database.transaction(
    (ended: readonly EdgeTransferRecord[], growing: readonly EdgeTransferRecord[], atMs: number): void => {
      for (const record of ended) {
        append(record);
        deleteOpen.run(record.transferId, record.part);
        upsertTransfer.run(record.transferId, record.part + 1, atMs);
      }
      for (const record of growing) {
        upsertOpen.run(record.transferId, record.part, JSON.stringify(record));
        upsertTransfer.run(record.transferId, record.part + 1, atMs);
      }
    },
  );
  const add = database.transaction(append);
  const settle = database.transaction((messages: readonly ReportMessage[], answer: ReportAnswer): void => {
    const rejections = new Map(answer.rejected.map((rejected) => [rejected.sequence, rejected]));
    for (const { sequence } of messages) {
      const rejection = rejections.get(sequence);
      if (rejection === undefined) deleteMessage.run(sequence);
      else rejectMessage.run(`${rejection.code}: ${rejection.message}`, sequence);
    }
    if (rejections.size > 0) trimRejected.run(maxRejected);
  });

  const left = selectOpen.all().map(({ record }) => edgeTransferRecordSchema.parse(JSON.parse(record)));
  save(left, [], nowMs);
  forgetTransfers.run(nowMs - transferMemoryMs);

  return {
    incarnation,
    nextPart: (transferId) => {
      const part = givenOut.get(transferId) ?? selectTransfer.get(transferId)?.next_part ?? 0;
      givenOut.set(transferId, part + 1);
      return part;
    },
    save: (ended, growing, atMs) => {
      if (ended.length === 0 && growing.length === 0) return;
      save.immediate(ended, growing, atMs);
      // All parts given out have bytes and were among the ended or the growing.
      givenOut.clear();
    },
    add: (record) => add.immediate(record),
    waiting: (limit) =>
      selectWaiting.all(limit).map(({ sequence, record }) => ({ sequence, record: JSON.parse(record) })),
    settle: (messages, answer) => settle.immediate(messages, answer),
    count: () => countMessages.get()!,
  };
}
