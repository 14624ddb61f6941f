import type { Database } from 'better-sqlite3';
import type { Completion } from './event.js';
import type { EventStore } from './event-store.js';
import type { Refusal } from './refusal.js';

/**
 * Of one host and content. A host tells of its completions in their order, so that more than the first is kept only where reports
 * pass each other; a host that signs ever earlier ones within the 93 days that are taken would fill the disk with them.
 */
export const MAXIMUM_COMPLETIONS = 16;

interface Known {
  readonly title: number;
  readonly sizeBytes: number;
  readonly earliestMs: number;
  readonly kept: number;
}

/**
 * Books that a host has a whole content, within the caller's transaction. Of several times the earliest counts, whichever arrives first,
 * so that only one that is earlier than all before it says something new and is kept: the earliest known up to any position stays
 * known, and what is later never counts. Refusals: `completion-conflict`, `completions-beyond-limit`.
 */
export function createCompletionBook(
  database: Database,
  events: Pick<EventStore, 'hostId' | 'titleId'>,
): (completion: Completion, reporter: number) => 'accepted' | 'duplicate' | Refusal {
  const selectKnown = database.prepare<[number, Buffer], Known>(
    `SELECT title, size_bytes AS sizeBytes, min(time_ms) AS earliestMs, count(*) AS kept FROM completions
     WHERE host = ? AND content_id = ? GROUP BY host, content_id`,
  );
  const insert = database.prepare(
    `INSERT INTO completions (host, content_id, time_ms, title, size_bytes, reporter, position)
     VALUES (?, ?, ?, ?, ?, ?, 1 + (SELECT value FROM counters WHERE name = 'completions'))`,
  );
  const count = database.prepare(`UPDATE counters SET value = value + 1 WHERE name = 'completions'`);
  return ({ host, title, contentId, sizeBytes, timeMs }, reporter) => {
    const [hostId, titleId] = [events.hostId(host), events.titleId(title)];
    const content = Buffer.from(contentId, 'hex');
    const known = selectKnown.get(hostId, content);
    if (known !== undefined && (known.title !== titleId || known.sizeBytes !== sizeBytes)) {
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
    insert.run(hostId, content, timeMs, titleId, sizeBytes, reporter);
    count.run();
    return 'accepted';
  };
}
