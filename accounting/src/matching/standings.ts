import type { Database } from 'better-sqlite3';

/** Agents of which nothing more settles, and the look through their transfers that follows. */
export interface Standings {
  /** Freezes what is not settled of an agent's transfers up to an id. */
  freeze(host: number, upToId: number): void;
  setQuarantined(host: number, isQuarantined: boolean): void;
  /** Ids of open transfers that are to be looked at anew, at most so many; none when all were. */
  takeSwept(limit: number): number[];
}

export function createStandings(database: Database): Standings {
  const freeze = database.prepare(
    `INSERT INTO standings VALUES (?, ?, 0, 0)
     ON CONFLICT DO UPDATE SET frozen_up_to = excluded.frozen_up_to, swept_up_to = 0`,
  );
  const quarantine = database.prepare(
    `INSERT INTO standings VALUES (?, -1, ?, 0)
     ON CONFLICT DO UPDATE SET is_quarantined = excluded.is_quarantined, swept_up_to = 0`,
  );
  const selectNext = database.prepare<[], { host: number; after: number }>(
    'SELECT host, swept_up_to AS after FROM standings WHERE swept_up_to IS NOT NULL LIMIT 1',
  );
  const selectOpen = database
    .prepare<[Record<string, number>], number>(
      `SELECT id FROM (
         SELECT id FROM peer_transfers WHERE uploader = @host AND id > @after AND open_bytes > 0
         UNION SELECT id FROM peer_transfers WHERE downloader = @host AND id > @after AND open_bytes > 0)
       ORDER BY id LIMIT @limit`,
    )
    .pluck();
  const setSwept = database.prepare('UPDATE standings SET swept_up_to = ? WHERE host = ?');
  const removeReleased = database.prepare(
    'DELETE FROM standings WHERE host = ? AND frozen_up_to < 0 AND is_quarantined = 0',
  );
  return {
    freeze: (host, upToId) => freeze.run(host, upToId),
    setQuarantined: (host, isQuarantined) => quarantine.run(host, isQuarantined ? 1 : 0),
    takeSwept(limit) {
      for (let next = selectNext.get(); next !== undefined; next = selectNext.get()) {
        const { host, after } = next;
        const ids = selectOpen.all({ host, after, limit });
        setSwept.run(ids.length < limit ? null : ids.at(-1), host);
        if (ids.length < limit) removeReleased.run(host);
        if (ids.length > 0) return ids;
      }
      return [];
    },
  };
}
