import type { Logger } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import type { Draw, DrawLog } from './session/dependencies.js';

/** With its candidates a draw is some KiB. */
const MAX_KEPT_DRAWS = 10_000;
/** One commit for what was drawn meanwhile; a crash loses no more. */
const WRITE_INTERVAL_MS = 500;
/** Older ones would push these out of the log at once. */
const MAX_PENDING = MAX_KEPT_DRAWS;

export interface StoredDrawLog extends DrawLog {
  /** Newest first. */
  latest(query: { downloader?: string | undefined; limit: number }): Draw[];
  /** Writes what waits, and ends the timer. */
  stop(): void;
}

/** The latest draws, in a ring that is written in batches. */
export function createDrawLog(database: Database, log: Logger): StoredDrawLog {
  const insert = database.prepare('INSERT INTO draws (downloader, document) VALUES (?, ?)');
  const cut = database.prepare('DELETE FROM draws WHERE id <= (SELECT max(id) FROM draws) - ?');
  const select = database
    .prepare(
      'SELECT document FROM draws WHERE (downloader = @downloader OR @downloader IS NULL) ORDER BY id DESC LIMIT @limit',
    )
    .pluck();
  let pending: Draw[] = [];
  let timer: NodeJS.Timeout | undefined;

  const write = database.transaction((draws: readonly Draw[]) => {
    for (const draw of draws) insert.run(draw.downloader, JSON.stringify(draw));
    cut.run(MAX_KEPT_DRAWS);
  });
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const draws = pending;
    pending = [];
    if (draws.length > 0) write.immediate(draws);
  };
  const flushInBackground = (): void => {
    try {
      flush();
    } catch (error) {
      log.error({ err: error }, 'draws could not be written; they are left out of the log');
    }
  };
  return {
    append(draw) {
      if (pending.length >= MAX_PENDING) pending.shift();
      pending.push(draw);
      timer ??= setTimeout(flushInBackground, WRITE_INTERVAL_MS);
    },
    latest({ downloader, limit }) {
      flush();
      return select
        .all({ downloader: downloader ?? null, limit })
        .map((text) => JSON.parse(text as string) as Draw);
    },
    stop: flush,
  };
}
