import { type AgentKey, createBoundedCache, type Quarantine, type TransferId } from '@fairhop/shared/model';
import { clientSite } from '@fairhop/shared/net';
import type { Clock, Logger } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import type { QuarantineBook } from '../quarantine/index.js';
import { type Accusation, verdictOf } from './bad-data-verdict.js';

/** Table of an open coordinator database. */
export const badDataMigration = `
  CREATE TABLE bad_data_reports (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uploader TEXT NOT NULL,
    network TEXT NOT NULL,
    reporter TEXT NOT NULL,
    transfer_id TEXT NOT NULL,
    content_id TEXT NOT NULL,
    piece INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    spent INTEGER NOT NULL DEFAULT 0,
    UNIQUE (uploader, network),
    UNIQUE (uploader, reporter)
  ) STRICT;
  CREATE INDEX bad_data_by_network ON bad_data_reports (network, id);
  CREATE TABLE good_deliveries (
    uploader TEXT NOT NULL,
    network TEXT NOT NULL,
    time_ms INTEGER NOT NULL,
    PRIMARY KEY (uploader, network)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX good_deliveries_by_network ON good_deliveries (network);
`;

interface Delivery {
  readonly uploader: AgentKey;
  /** The downloader's, as the coordinator sees it. */
  readonly address: string;
}

interface BadData extends Delivery {
  readonly reporter: AgentKey;
  readonly transferId: TransferId;
  readonly contentId: string;
  readonly piece: number;
}

/**
 * Which networks got bad data from whom, and which were served well, of the last week, on disk. A network is an address, of IPv6
 * a /48: keys cost nothing. Whoever enough of them accuse is put into quarantine.
 */
export interface BadDataBook {
  /** How many networks reported it. */
  reports(uploader: AgentKey): number;
  report(badData: BadData): void;
  /** A downloader got a piece or more. Written with the next `flush`. */
  delivered(delivery: Delivery): void;
  flush(): void;
}

const DAY_MS = 24 * 3_600_000;
const REMEMBERED_MS = 7 * DAY_MS;
/** Of one uploader, of each kind: more change no verdict that these do not. */
const MAX_NETWORKS = 64;
/** Deliveries that were written today; 200 bytes each. Those that are forgotten are written again. */
const MAX_KNOWN = 100_000;
/** A flash crowd's; further ones are told with the next progress. */
const MAX_WAITING = 20_000;
/** Some ten milliseconds of writing. */
const MAX_WRITTEN_AT_ONCE = 1_000;
/** As a quarantine's evidence may have. */
const MAX_EVIDENCE = 32;

interface Row extends Accusation {
  readonly network: string;
  readonly reporter: AgentKey;
  readonly transferId: string;
  readonly contentId: string;
  readonly piece: number;
  readonly timeMs: number;
}

export function createBadDataBook(
  database: Database,
  {
    clock,
    log,
    quarantine,
  }: { clock: Clock; log: Logger; quarantine: Pick<QuarantineBook, 'put' | 'isHeld'> },
): BadDataBook {
  const countReports = database
    .prepare('SELECT count(*) FROM bad_data_reports WHERE uploader = ? AND time_ms > ?')
    .pluck();
  const addReport = database.prepare(
    `INSERT OR IGNORE INTO bad_data_reports (uploader, network, reporter, transfer_id, content_id, piece, time_ms)
     SELECT @uploader, @network, @reporter, @transferId, @contentId, @piece, @timeMs
     WHERE (SELECT count(*) FROM bad_data_reports WHERE uploader = @uploader) < ${MAX_NETWORKS}`,
  );
  const addDelivery = database.prepare(
    `INSERT INTO good_deliveries (uploader, network, time_ms)
     SELECT @uploader, @network, @timeMs
     WHERE (SELECT count(*) FROM good_deliveries WHERE uploader = @uploader) < ${MAX_NETWORKS}
       OR EXISTS (SELECT 1 FROM good_deliveries WHERE uploader = @uploader AND network = @network)
     ON CONFLICT DO UPDATE SET time_ms = excluded.time_ms`,
  );
  const forget = [
    database.prepare('DELETE FROM bad_data_reports WHERE uploader = ? AND time_ms <= ?'),
    database.prepare('DELETE FROM good_deliveries WHERE uploader = ? AND time_ms <= ?'),
  ];
  const forgetAll = [
    database.prepare('DELETE FROM bad_data_reports WHERE time_ms <= ?'),
    database.prepare('DELETE FROM good_deliveries WHERE time_ms <= ?'),
  ];
  const accusationsOf = database.prepare(
    `SELECT network, reporter, transfer_id AS transferId, content_id AS contentId, piece, time_ms AS timeMs,
       (SELECT count(*) FROM bad_data_reports AS other
         WHERE other.network = report.network AND other.id < report.id AND other.time_ms > @sinceMs) AS accusedBefore,
       (SELECT count(*) FROM bad_data_reports AS other
         WHERE other.network = report.network AND other.time_ms > @sinceMs) AS accused,
       (SELECT count(*) FROM good_deliveries AS good
         WHERE good.network = report.network AND good.time_ms > @sinceMs AND NOT EXISTS
           (SELECT 1 FROM bad_data_reports AS other
             WHERE other.uploader = good.uploader AND other.network = good.network)) AS servedWell
     FROM bad_data_reports AS report WHERE uploader = @uploader AND spent = 0 AND time_ms > @sinceMs ORDER BY id`,
  );
  const servedWellBy = database
    .prepare(
      `SELECT count(*) FROM good_deliveries AS good WHERE uploader = @uploader AND time_ms > @sinceMs AND NOT EXISTS
         (SELECT 1 FROM bad_data_reports AS report
           WHERE report.uploader = good.uploader AND report.network = good.network)`,
    )
    .pluck();
  const accusedBy = database
    .prepare('SELECT uploader FROM bad_data_reports WHERE network = ? AND spent = 0')
    .pluck();
  const spend = database.prepare('UPDATE bad_data_reports SET spent = 1 WHERE uploader = ?');
  const known = createBoundedCache<string, number>(MAX_KNOWN);
  const waiting = new Map<string, { uploader: AgentKey; network: string; timeMs: number }>();
  let prunedMs = Number.NEGATIVE_INFINITY;

  const judge = (uploader: AgentKey): void => {
    // What is in quarantine already is not drawn; what it did counts once it is out.
    if (quarantine.isHeld(uploader)) return;
    const facts = { uploader, sinceMs: clock.nowMs() - REMEMBERED_MS };
    const heard = verdictOf(accusationsOf.all(facts) as Row[], servedWellBy.get(facts) as number);
    if (!heard) return;
    log.warn({ uploader, networks: heard.length }, 'an agent comes into quarantine for bad data');
    quarantine.put(uploader, placementFor(heard, clock.nowMs()));
    // The same networks cannot do so again: whoever comes out was punished for it.
    spend.run(uploader);
  };
  const tryTo = (what: string, act: () => void): void => {
    try {
      act();
    } catch (error) {
      log.error({ err: error }, what);
    }
  };

  const writeReport = database.transaction(
    (row: Record<string, unknown> & { uploader: AgentKey }): boolean => {
      for (const statement of forget) statement.run(row.uploader, clock.nowMs() - REMEMBERED_MS);
      return addReport.run(row).changes > 0;
    },
  );
  const writeDeliveries = database.transaction(
    (deliveries: readonly { uploader: AgentKey; network: string; timeMs: number }[]) => {
      for (const delivery of deliveries) addDelivery.run(delivery);
      const nowMs = clock.nowMs();
      if (nowMs - prunedMs < DAY_MS) return;
      prunedMs = nowMs;
      for (const statement of forgetAll) statement.run(nowMs - REMEMBERED_MS);
    },
  );
  const flush = (): void => {
    if (waiting.size === 0) return;
    const deliveries = [...waiting.values()].slice(0, MAX_WRITTEN_AT_ONCE);
    writeDeliveries.immediate(deliveries);
    for (const { uploader, network } of deliveries) waiting.delete(`${uploader} ${network}`);
    // Whoever was served well by others is heard of those that it accused before.
    const accused = deliveries.flatMap(({ network }) => accusedBy.all(network) as AgentKey[]);
    for (const uploader of new Set(accused)) judge(uploader);
  };

  return {
    reports: (uploader) => countReports.get(uploader, clock.nowMs() - REMEMBERED_MS) as number,
    report({ uploader, address, reporter, transferId, contentId, piece }) {
      tryTo('a report of bad data could not be kept', () => {
        const timeMs = clock.nowMs();
        const row = {
          uploader,
          network: clientSite(address),
          reporter,
          transferId,
          contentId,
          piece,
          timeMs,
        };
        if (!writeReport.immediate(row)) return;
        flush();
        judge(uploader);
      });
    },
    delivered({ uploader, address }) {
      const network = clientSite(address);
      const name = `${uploader} ${network}`;
      const timeMs = clock.nowMs();
      if (timeMs - (known.get(name) ?? Number.NEGATIVE_INFINITY) < DAY_MS || waiting.size >= MAX_WAITING)
        return;
      known.set(name, timeMs);
      waiting.set(name, { uploader, network, timeMs });
    },
    flush: () => tryTo('deliveries could not be kept', flush),
  };
}

function placementFor(heard: readonly Row[], nowMs: number): Omit<Quarantine, 'agent' | 'sinceMs'> {
  const evidence = heard
    .slice(0, MAX_EVIDENCE)
    .map(({ reporter, network, transferId, contentId, piece, timeMs }) =>
      JSON.stringify({ reporter, network, transferId, contentId, piece, timeMs }),
    );
  const message = `downloaders in ${heard.length} independent networks got pieces from it that do not match the content, and fewer were served well by it`;
  return {
    by: 'coordinator',
    untilMs: nowMs + DAY_MS,
    suspicions: [{ check: 'bad-data', score: 80, message, evidence, timeMs: nowMs }],
  };
}
