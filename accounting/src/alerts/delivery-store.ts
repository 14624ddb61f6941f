import type { AlertChannel } from '@fairhop/shared/contract';
import type { Database } from 'better-sqlite3';

/** An alert that waits for one channel. */
export interface WaitingAlert {
  readonly sequence: number;
  readonly id: string;
  /** A budget, or what else tells. */
  readonly subject: string;
  readonly channel: AlertChannel;
  readonly payload: string;
  readonly attempts: number;
  readonly attemptsLeft: number;
  readonly nextAttemptMs: number;
}

type Key = Pick<WaitingAlert, 'sequence' | 'channel'>;

export interface DeliveryStore {
  /**
   * The next alert of each subject and channel, the longest due first: what came before it there is told, dead or abandoned, so
   * that a receiver hears of 80 % before 100 %.
   */
  heads(limit: number): WaitingAlert[];
  /** `remark` is listed as its error: what was refused beside what was taken. */
  delivered(key: Key, nowMs: number, remark: string | null): void;
  /** After the last attempt it is dead. */
  failed(key: Key, error: string, nextAttemptMs: number): void;
  /** Makes what waits there due now: its receiver may be another. */
  hurry(subject: string, nowMs: number): void;
  /** Has the alert's dead deliveries sent again. False when it has none. */
  revive(id: string, nowMs: number): boolean;
  /** Ends the tries, of one channel or all: they have nowhere to go. */
  abandon(subject: string, reason: string, channel?: AlertChannel): void;
}

export function createDeliveryStore(
  database: Database,
  { maxAttempts }: { maxAttempts: number },
): DeliveryStore {
  const heads = database.prepare<[number], WaitingAlert>(`
    SELECT head.sequence, message.id, head.subject, head.channel, message.payload, delivery.attempts,
      delivery.attempts_left AS attemptsLeft, delivery.next_attempt_ms AS nextAttemptMs
    FROM (SELECT subject, channel, min(message) AS sequence FROM delivery WHERE state = 'waiting'
      GROUP BY subject, channel) AS head
    JOIN delivery ON delivery.message = head.sequence AND delivery.channel = head.channel
    JOIN message ON message.sequence = head.sequence
    ORDER BY delivery.next_attempt_ms, head.sequence LIMIT ?`);
  const delivered = database.prepare<[number, string | null, number, string]>(`
    UPDATE delivery SET state = 'delivered', attempts = attempts + 1, delivered_ms = ?, next_attempt_ms = NULL,
      last_error = ? WHERE message = ? AND channel = ?`);
  const failed = database.prepare<[{ error: string; nextAttemptMs: number } & Key]>(`
    UPDATE delivery SET attempts = attempts + 1, attempts_left = attempts_left - 1, last_error = @error,
      state = CASE WHEN attempts_left <= 1 THEN 'dead' ELSE 'waiting' END,
      next_attempt_ms = CASE WHEN attempts_left <= 1 THEN NULL ELSE @nextAttemptMs END
    WHERE message = @sequence AND channel = @channel AND state = 'waiting'`);
  const hurry = database.prepare<[number, string]>(
    "UPDATE delivery SET next_attempt_ms = ? WHERE subject = ? AND state = 'waiting'",
  );
  const revive = database.prepare<[number, number, string]>(`
    UPDATE delivery SET state = 'waiting', attempts_left = ?, next_attempt_ms = ?
    WHERE state = 'dead' AND message = (SELECT sequence FROM message WHERE id = ?)`);
  const abandon = database.prepare<[{ subject: string; reason: string; channel: string | null }]>(`
    UPDATE delivery SET state = 'abandoned', next_attempt_ms = NULL, last_error = @reason
    WHERE subject = @subject AND state IN ('waiting', 'dead') AND (@channel IS NULL OR channel = @channel)`);
  return {
    heads: (limit) => heads.all(limit),
    delivered: ({ sequence, channel }, nowMs, remark) => {
      delivered.run(nowMs, remark, sequence, channel);
    },
    failed: ({ sequence, channel }, error, nextAttemptMs) => {
      failed.run({ sequence, channel, error, nextAttemptMs });
    },
    hurry: (subject, nowMs) => {
      hurry.run(nowMs, subject);
    },
    revive: (id, nowMs) => revive.run(maxAttempts, nowMs, id).changes > 0,
    abandon: (subject, reason, channel) => {
      abandon.run({ subject, reason, channel: channel ?? null });
    },
  };
}
