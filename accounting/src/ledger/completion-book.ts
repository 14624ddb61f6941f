import type { Database } from 'better-sqlite3';
import type { Completion } from './event.js';
import type { EventStore } from './event-store.js';
import type { Refusal } from './refusal.js';

/**
 * Of one host and content. A host tells of its completions in their order, so that more than the first is kept only where reports
 * pass each other; a host that signs ever earlier ones within the 93 days that are taken would fill the disk with them.
 */
export const MAXIMUM_COMPLETIONS = 16;

/**
 * Contents of one host of which no byte to it is booked yet. A completion may come before the bytes, whose uploader or edge reports them
 * minutes or days later; so many at one time are more than the smallest files that a fast line brings within minutes. Any 64
 * digits are a content, and anybody signs that it has it: without bytes, a host's are bounded to so many a day.
 */
const MAXIMUM_WAITING = 1_000;
const WAITING_MS = 86_400_000;

interface Known {
  readonly title: string;
  readonly sizeBytes: number;
  readonly earliestMs: number;
  readonly kept: number;
}

interface CompletionBook {
  /**
   * Books that a host has a whole content, within the caller's transaction. Of several times the earliest counts, whichever arrives first,
   * so that only one that is earlier than all before it says something new and is kept: the earliest known up to any position stays
   * known, and what is later never counts. What is refused leaves nothing behind, no title either. Refusals: `completion-conflict`,
   * `completions-beyond-limit`.
   */
  book(completion: Completion, reporter: number, nowMs: number): 'accepted' | 'duplicate' | Refusal;
  /** After a transaction that was rolled back. */
  forget(): void;
}

export function createCompletionBook(
  database: Database,
  events: Pick<EventStore, 'hostId' | 'titleId'>,
): CompletionBook {
  const selectKnown = database.prepare<[number, Buffer], Known>(
    `SELECT name AS title, size_bytes AS sizeBytes, min(time_ms) AS earliestMs, count(*) AS kept
     FROM completions JOIN titles ON titles.id = title WHERE host = ? AND content_id = ? GROUP BY host, content_id`,
  );
  const hasBytes = database
    .prepare<[number, Buffer], number>(
      `SELECT EXISTS (SELECT 1 FROM files CROSS JOIN host_files ON host = ? AND file = files.id WHERE content_id = ?)`,
    )
    .pluck();
  const countWaiting = database
    .prepare<[number], number>('SELECT count(*) FROM waiting_completions WHERE host = ?')
    .pluck();
  const removeWaiting = database.prepare<[number, number]>(
    `DELETE FROM waiting_completions WHERE host = ? AND (since_ms <= ? OR EXISTS (SELECT 1 FROM files
       CROSS JOIN host_files ON host_files.host = waiting_completions.host AND file = files.id
       WHERE files.content_id = waiting_completions.content_id))`,
  );
  const insertWaiting = database.prepare(
    'INSERT INTO waiting_completions VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const insert = database.prepare(
    `INSERT INTO completions (host, content_id, time_ms, title, size_bytes, reporter, position)
     VALUES (?, ?, ?, ?, ?, ?, 1 + (SELECT value FROM counters WHERE name = 'completions'))`,
  );
  const count = database.prepare(`UPDATE counters SET value = value + 1 WHERE name = 'completions'`);
  /** Of the last host, at one time: a batch is of one host, and asks once. */
  let room = { hostId: 0, nowMs: 0, left: 0 };
  const roomOf = (hostId: number, nowMs: number): typeof room => {
    if (room.hostId === hostId && room.nowMs === nowMs) return room;
    if (countWaiting.get(hostId)! >= MAXIMUM_WAITING) removeWaiting.run(hostId, nowMs - WAITING_MS);
    room = { hostId, nowMs, left: MAXIMUM_WAITING - countWaiting.get(hostId)! };
    return room;
  };
  /** False where too many wait. */
  const wait = (hostId: number, content: Buffer, nowMs: number): boolean => {
    const waiting = roomOf(hostId, nowMs);
    if (waiting.left <= 0) return false;
    waiting.left -= insertWaiting.run(hostId, content, nowMs).changes;
    return true;
  };
  return {
    forget() {
      room = { hostId: 0, nowMs: 0, left: 0 };
    },
    book({ host, title, contentId, sizeBytes, timeMs }, reporter, nowMs) {
      const hostId = events.hostId(host);
      const content = Buffer.from(contentId, 'hex');
      const known = selectKnown.get(hostId, content);
      if (known !== undefined && (known.title !== title || known.sizeBytes !== sizeBytes)) {
        return {
          code: 'completion-conflict',
          message: `${host} completed content ${contentId} before, with another title or size; the first statement stays`,
        };
      }
      if (known !== undefined && timeMs >= known.earliestMs) return 'duplicate';
      if (known !== undefined && known.kept >= MAXIMUM_COMPLETIONS) {
        const earliest = new Date(known.earliestMs).toISOString();
        return {
          code: 'completions-beyond-limit',
          message: `${host} completed content ${contentId} at ${known.kept} times, each earlier than the one before; ${earliest} stays`,
        };
      }
      if (known === undefined && hasBytes.get(hostId, content) === 0 && !wait(hostId, content, nowMs)) {
        return {
          code: 'completions-beyond-limit',
          message: `${host} completed ${MAXIMUM_WAITING} contents within a day of which no byte to it is booked; bytes come first`,
        };
      }
      insert.run(hostId, content, timeMs, events.titleId(title), sizeBytes, reporter);
      count.run();
      return 'accepted';
    },
  };
}
