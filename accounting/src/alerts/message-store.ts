import type { AlertChannel, alertStateSchema } from '@fairhop/shared/contract';
import type { Database } from 'better-sqlite3';
import type { z } from 'zod';

export type MessageState = z.infer<typeof alertStateSchema>;

/** What all that is told has in common: how far the telling has got. */
interface DeliveryFacts {
  readonly state: MessageState;
  readonly deliveredMs: number | null;
  readonly attempts: number;
  readonly lastError: string | null;
  readonly deliveries: DeliveryRow[];
}

export interface StoredMessage {
  readonly id: string;
  readonly subject: string;
  /** JSON. */
  readonly facts: string;
  readonly delivery: DeliveryFacts;
}

interface NewMessage extends Omit<StoredMessage, 'delivery'> {
  /** JSON, as it is sent. */
  readonly payload: string;
  readonly channels: readonly AlertChannel[];
}

/** All that was ever to be told, with what became of it. Its subject is a budget's id, or `schedule:<id>`. */
export interface MessageStore {
  /** Due at once. Undefined when it is there already. */
  add(message: NewMessage, nowMs: number): StoredMessage | undefined;
  /** Of budgets or of schedules, newest first. */
  list(filter: {
    isOfSchedules: boolean;
    subject?: string | undefined;
    /** Whose budget it was of when it was told. */
    owner?: string | undefined;
    state?: MessageState | undefined;
  }): StoredMessage[];
  get(id: string): StoredMessage | undefined;
}

export const scheduleSubject = (schedule: string): string => `schedule:${schedule}`;

/** What one answer lists: years of a few budgets, and an answer below a megabyte. */
const MAX_LISTED = 1_000;

interface MessageRow {
  sequence: number;
  id: string;
  subject: string;
  facts: string;
}

interface DeliveryRow {
  channel: AlertChannel;
  state: Exclude<MessageState, 'listed'>;
  attempts: number;
  deliveredMs: number | null;
  lastError: string | null;
}

interface Filter {
  isOfSchedules: 0 | 1;
  subject: string | null;
  owner: string | null;
  state: MessageState | null;
  limit: number;
}

export function createMessageStore(
  database: Database,
  { maxAttempts }: { maxAttempts: number },
): MessageStore {
  const insert = database.prepare<[Omit<NewMessage, 'channels'>]>(`
    INSERT INTO message (id, subject, facts, payload) VALUES (@id, @subject, @facts, @payload)
    ON CONFLICT DO NOTHING`);
  const insertDelivery = database.prepare<[number | bigint, string, string, number, number]>(`
    INSERT INTO delivery (message, channel, subject, state, attempts, attempts_left, next_attempt_ms)
    VALUES (?, ?, ?, 'waiting', 0, ?, ?)`);
  const list = database.prepare<[Filter], MessageRow>(`
    SELECT sequence, id, subject, facts FROM message
    WHERE (subject GLOB 'schedule:*') = @isOfSchedules AND (@subject IS NULL OR subject = @subject)
      AND (@owner IS NULL OR json_extract(payload, '$.data.owner') = @owner)
      AND CASE WHEN @state IS NULL THEN 1
        WHEN @state = 'listed' THEN NOT EXISTS (SELECT 1 FROM delivery WHERE message = sequence)
        ELSE EXISTS (SELECT 1 FROM delivery WHERE message = sequence AND state = @state) END
    ORDER BY sequence DESC LIMIT @limit`);
  const find = database.prepare<[string], MessageRow>(
    'SELECT sequence, id, subject, facts FROM message WHERE id = ?',
  );
  const deliveries = database.prepare<[number], DeliveryRow>(`
    SELECT channel, state, attempts, delivered_ms AS deliveredMs, last_error AS lastError FROM delivery
    WHERE message = ? ORDER BY channel DESC`);
  const storedOf = ({ sequence, ...message }: MessageRow): StoredMessage => ({
    ...message,
    delivery: factsOf(deliveries.all(sequence)),
  });
  const add = database.transaction(
    ({ channels, ...message }: NewMessage, nowMs: number): StoredMessage | undefined => {
      const { changes, lastInsertRowid } = insert.run(message);
      if (changes === 0) return undefined;
      for (const channel of channels)
        insertDelivery.run(lastInsertRowid, channel, message.subject, maxAttempts, nowMs);
      return storedOf(find.get(message.id)!);
    },
  );
  return {
    add: (...input) => add.immediate(...input),
    list({ isOfSchedules, subject = null, owner = null, state = null }) {
      const filter = {
        isOfSchedules: isOfSchedules ? 1 : 0,
        subject,
        owner,
        state,
        limit: MAX_LISTED,
      } as const;
      // One that is delivered by one channel and dead by another is dead.
      return list
        .all(filter)
        .map(storedOf)
        .filter(({ delivery }) => state === null || delivery.state === state);
    },
    get(id) {
      const row = find.get(id);
      return row && storedOf(row);
    },
  };
}

function factsOf(rows: DeliveryRow[]): DeliveryFacts {
  const isDone = rows.length > 0 && rows.every(({ deliveredMs }) => deliveredMs !== null);
  return {
    state: stateOf(rows),
    deliveredMs: isDone ? Math.max(...rows.map(({ deliveredMs }) => deliveredMs ?? 0)) : null,
    attempts: rows.reduce((sum, { attempts }) => sum + attempts, 0),
    lastError: rows.find(({ lastError }) => lastError !== null)?.lastError ?? null,
    deliveries: rows,
  };
}

/** What needs somebody comes first. */
const stateOf = (rows: readonly DeliveryRow[]): MessageState =>
  (['dead', 'waiting', 'abandoned', 'delivered'] as const).find((state) =>
    rows.some((row) => row.state === state),
  ) ?? 'listed';
