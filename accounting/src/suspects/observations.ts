import type { Database } from 'better-sqlite3';
import type { Span } from '../plausibility/index.js';
import type { Difference } from './differences.js';
import type { LedgerRow, LedgerTransfer } from './read-ledger.js';

interface ReceivedRow {
  readonly contentId: string;
  readonly sizeBytes: number;
  readonly bytes: number;
  readonly peerBytes: number;
}

/** What is kept of the ledger by agent, address and content. Works within the caller's transaction. */
export interface Observations {
  cursor(name: string): number | undefined;
  setCursor(name: string, value: number): void;
  addSpan(row: LedgerRow): void;
  /** What the agent has received of the content by now, within the window. */
  addReceived(row: LedgerRow, windowMs: number): ReceivedRow;
  /** True when the agent begins to repeat. */
  noteRepeat(agent: string, asn: number, isRepeating: boolean): boolean;
  repeats(asn: number): {
    within: { agents: number; repeating: number };
    elsewhere: { agents: number; repeating: number };
  };
  /** What an edge, which is trusted, measured towards an agent, and where. */
  noteAccess(agent: string, rateBitsPerSecond: number, address: string): void;
  accessRate(agent: string): number | null;
  noteActivity(agent: string, heard: { signedMs?: number; reportedMs?: number; statedMs?: number }): void;
  putTransfer(transferId: string, transfer: LedgerTransfer, difference: Difference): void;
  /**
   * Transfers of an agent in the time, and those under way when it began, the newest: rows of one between the same two places are one
   * span, so that parts that are cut small hide nothing. They are put together from at most so many rows.
   */
  staysOf(agent: string, fromMs: number, toMs: number, rows: number): Span[];
  /** The largest rows that an agent uploaded in the time. */
  uploadsOf(agent: string, fromMs: number, toMs: number): Span[];
  /** The largest rows of a transfer. */
  rowsOf(transferId: string): Span[];
  /** The newest rows with an end at an address. */
  spansAt(address: string, fromMs: number, toMs: number, limit: number): Span[];
  /** Few of all, which is enough to see that there are many. */
  demand(contentId: string): {
    receivers: Set<string>;
    pairs: { uploader: string; downloader: string; bytes: number }[];
  };
  noteRefused(agent: string, told: string, bookedMs: number): { count: number; told: string[] };
  /** After a release, what an agent received is counted anew. */
  forgetReceived(agent: string): void;
  /** Removes what is old, some of it at a time. */
  prune(nowMs: number, windowMs: number): void;
}

/** Where a transfer under way began is told by its rows of the last hour, as long as a grant lasts. */
const LONGEST_TRANSFER_MS = 3_600_000;
/** More of one agent at one time say nothing new. */
const MAX_SPANS = 500;
/** Parts of a transfer of an hour, as many as accounting takes. */
const MAX_ROWS_OF_TRANSFER = 1_000;
/** About 250 bytes each: the newest days of a busy operator, and years of a small one. */
const MAX_ROWS = 1_000_000;
const PRUNED_AT_ONCE = 1_000;
const TOLD_REFUSALS = 8;

const spanColumns = `transfer_id AS transferId, uploader, downloader, content_id AS contentId, bytes, start_ms AS startMs,
  end_ms AS endMs, uploader_address AS uploaderAddress, downloader_address AS downloaderAddress, uploader_as AS uploaderAs,
  downloader_as AS downloaderAs, grant_rate AS grantRateBitsPerSecond`;

export function createObservations(database: Database): Observations {
  const selectCursor = database.prepare<[string], number>('SELECT value FROM cursors WHERE name = ?').pluck();
  const setCursor = database.prepare(
    'INSERT INTO cursors VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  );
  const insertSpan = database.prepare(
    `INSERT OR IGNORE INTO spans VALUES (@id, @transferId, @uploader, @downloader, @contentId, @bytes, @startMs, @endMs,
       @uploaderAddress, @downloaderAddress, @uploaderAs, @downloaderAs, @grantRateBitsPerSecond)`,
  );
  const upsertReceived = database.prepare<[Record<string, unknown>], ReceivedRow>(
    `INSERT INTO received VALUES (@agent, @contentId, @sizeBytes, @bytes, @peerBytes, @startMs) ON CONFLICT DO UPDATE SET
       size_bytes = excluded.size_bytes,
       bytes = excluded.bytes + CASE WHEN first_ms < @sinceMs THEN 0 ELSE bytes END,
       peer_bytes = excluded.peer_bytes + CASE WHEN first_ms < @sinceMs THEN 0 ELSE peer_bytes END,
       first_ms = CASE WHEN first_ms < @sinceMs THEN excluded.first_ms ELSE first_ms END
     RETURNING content_id AS contentId, size_bytes AS sizeBytes, bytes, peer_bytes AS peerBytes`,
  );
  const upsertPair = database.prepare(
    `INSERT INTO pairs VALUES (@contentId, @uploader, @downloader, @bytes, @startMs) ON CONFLICT DO UPDATE SET
       bytes = excluded.bytes + CASE WHEN first_ms < @sinceMs THEN 0 ELSE bytes END,
       first_ms = CASE WHEN first_ms < @sinceMs THEN excluded.first_ms ELSE first_ms END`,
  );
  const selectRepeating = database
    .prepare<[string], number>('SELECT is_repeating FROM repeats WHERE agent = ?')
    .pluck();
  const upsertRepeat = database.prepare(
    `INSERT INTO repeats VALUES (?, ?, ?) ON CONFLICT DO UPDATE
     SET asn = excluded.asn, is_repeating = max(is_repeating, excluded.is_repeating)`,
  );
  const countRepeats = database.prepare<[], { agents: number; repeating: number }>(
    'SELECT count(*) AS agents, coalesce(sum(is_repeating), 0) AS repeating FROM repeats',
  );
  const countRepeatsIn = database.prepare<[number], { agents: number; repeating: number }>(
    'SELECT count(*) AS agents, coalesce(sum(is_repeating), 0) AS repeating FROM repeats WHERE asn = ?',
  );
  const upsertAccess = database.prepare(
    `INSERT INTO agents (agent, access_rate, edge_address) VALUES (?, ?, ?) ON CONFLICT DO UPDATE
     SET access_rate = max(coalesce(access_rate, 0), excluded.access_rate), edge_address = excluded.edge_address`,
  );
  const selectAccess = database
    .prepare<[string], number | null>('SELECT access_rate FROM agents WHERE agent = ?')
    .pluck();
  const upsertActivity = database.prepare(
    `INSERT INTO agents (agent, signed_ms, reported_ms, stated_ms) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET
       signed_ms = max(signed_ms, excluded.signed_ms), reported_ms = max(reported_ms, excluded.reported_ms),
       stated_ms = max(stated_ms, excluded.stated_ms)`,
  );
  const upsertTransfer = database.prepare(
    `INSERT INTO transfers (transfer_id, uploader, downloader, difference, last_ms, signed_ms, is_drawn)
     VALUES (@transferId, @uploader, @downloader, @difference, @lastMs, @signedMs, NULL) ON CONFLICT DO UPDATE
     SET difference = excluded.difference, last_ms = excluded.last_ms, signed_ms = excluded.signed_ms`,
  );
  const newest = (end: string): string =>
    `SELECT * FROM (SELECT * FROM spans WHERE ${end} = @agent AND start_ms BETWEEN @fromMs AND @toMs
       ORDER BY start_ms DESC LIMIT @rows)`;
  const selectStays = database.prepare<[Record<string, unknown>], Span>(
    `SELECT transfer_id AS transferId, uploader, downloader, content_id AS contentId, sum(bytes) AS bytes, min(start_ms) AS startMs,
       max(end_ms) AS endMs, uploader_address AS uploaderAddress, downloader_address AS downloaderAddress,
       uploader_as AS uploaderAs, downloader_as AS downloaderAs, max(grant_rate) AS grantRateBitsPerSecond
     FROM (${newest('uploader')} UNION ALL ${newest('downloader')})
     GROUP BY transfer_id, uploader_address, downloader_address, uploader_as, downloader_as
     ORDER BY startMs DESC LIMIT ${MAX_SPANS}`,
  );
  const selectUploads = database.prepare<[Record<string, unknown>], Span>(
    `SELECT ${spanColumns} FROM spans WHERE uploader = @agent AND start_ms BETWEEN @fromMs AND @toMs
     ORDER BY bytes DESC LIMIT ${MAX_SPANS}`,
  );
  const selectRowsOf = database.prepare<[string], Span>(
    `SELECT ${spanColumns} FROM spans WHERE transfer_id = ? ORDER BY bytes DESC LIMIT ${MAX_ROWS_OF_TRANSFER}`,
  );
  const selectSpansAt = database.prepare<[Record<string, unknown>], Span>(
    `SELECT * FROM (SELECT ${spanColumns} FROM spans WHERE uploader_address = @address AND start_ms BETWEEN @fromMs AND @toMs
       ORDER BY start_ms DESC LIMIT @limit)
     UNION ALL SELECT * FROM (SELECT ${spanColumns} FROM spans WHERE downloader_address = @address
       AND start_ms BETWEEN @fromMs AND @toMs ORDER BY start_ms DESC LIMIT @limit)`,
  );
  const selectReceivers = database
    .prepare<[string], string>('SELECT agent FROM received WHERE content_id = ? LIMIT 3')
    .pluck();
  const selectPairs = database.prepare<[string], { uploader: string; downloader: string; bytes: number }>(
    'SELECT uploader, downloader, bytes FROM pairs WHERE content_id = ? LIMIT 3',
  );
  const selectRefused = database
    .prepare<[string], string>('SELECT told FROM refused WHERE agent = ?')
    .pluck();
  const upsertRefused = database
    .prepare<[string, number, string], number>(
      `INSERT INTO refused VALUES (?, 1, ?, ?) ON CONFLICT DO UPDATE
       SET count = count + 1, last_ms = excluded.last_ms, told = excluded.told RETURNING count`,
    )
    .pluck();
  const forgetReceived = database.prepare('DELETE FROM received WHERE agent = ?');
  const forgetRefused = database.prepare('DELETE FROM refused WHERE agent = ?');
  const pruneOld = ['received', 'pairs'].map((table) => {
    const key = table === 'received' ? '(agent, content_id)' : '(content_id, uploader, downloader)';
    return database.prepare(
      `DELETE FROM ${table} WHERE ${key} IN
         (SELECT ${key.slice(1, -1)} FROM ${table} WHERE first_ms < ? LIMIT ${PRUNED_AT_ONCE})`,
    );
  });
  const pruneMany = ['spans', 'agents', 'repeats', 'refused', 'transfers', 'suspicions'].map((table) =>
    database.prepare(
      `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table}
         WHERE rowid <= (SELECT max(rowid) FROM ${table}) - ${MAX_ROWS} ORDER BY rowid LIMIT ${PRUNED_AT_ONCE})`,
    ),
  );

  return {
    cursor: (name) => selectCursor.get(name),
    setCursor: (name, value) => setCursor.run(name, value),
    addSpan: (row) => insertSpan.run(row),
    addReceived(row, windowMs) {
      const { contentId, sizeBytes, bytes, startMs, isPeer, uploader, downloader } = row;
      const sums = { contentId, bytes, startMs, sinceMs: startMs - windowMs };
      if (isPeer) upsertPair.run({ ...sums, uploader, downloader });
      const peerBytes = isPeer ? bytes : 0;
      return upsertReceived.get({ ...sums, agent: downloader, sizeBytes, peerBytes })!;
    },
    noteRepeat(agent, asn, isRepeating) {
      const before = selectRepeating.get(agent);
      if (before === 1 || (before === 0 && !isRepeating)) return false;
      upsertRepeat.run(agent, asn, isRepeating ? 1 : 0);
      return isRepeating;
    },
    repeats(asn) {
      const [all, within] = [countRepeats.get()!, countRepeatsIn.get(asn)!];
      const elsewhere = { agents: all.agents - within.agents, repeating: all.repeating - within.repeating };
      return { within, elsewhere };
    },
    noteAccess: (agent, rateBitsPerSecond, address) => upsertAccess.run(agent, rateBitsPerSecond, address),
    accessRate: (agent) => selectAccess.get(agent) ?? null,
    noteActivity: (agent, { signedMs = 0, reportedMs = 0, statedMs = 0 }) =>
      upsertActivity.run(agent, signedMs, reportedMs, statedMs),
    putTransfer: (transferId, { uploader, downloader, lastMs, signedMs }, difference) =>
      upsertTransfer.run({ transferId, uploader, downloader, lastMs, signedMs, difference }),
    staysOf: (agent, fromMs, toMs, rows) =>
      selectStays.all({ agent, fromMs: fromMs - LONGEST_TRANSFER_MS, toMs, rows }),
    uploadsOf: (agent, fromMs, toMs) => selectUploads.all({ agent, fromMs, toMs }),
    rowsOf: (transferId) => selectRowsOf.all(transferId),
    spansAt: (address, fromMs, toMs, limit) => selectSpansAt.all({ address, fromMs, toMs, limit }),
    demand: (contentId) => ({
      receivers: new Set(selectReceivers.all(contentId)),
      pairs: selectPairs.all(contentId),
    }),
    noteRefused(agent, told, bookedMs) {
      const before = JSON.parse(selectRefused.get(agent) ?? '[]') as string[];
      const shown = [...before, told].slice(-TOLD_REFUSALS);
      return { count: upsertRefused.get(agent, bookedMs, JSON.stringify(shown))!, told: shown };
    },
    forgetReceived(agent) {
      forgetReceived.run(agent);
      forgetRefused.run(agent);
    },
    prune(nowMs, windowMs) {
      for (const statement of pruneOld) statement.run(nowMs - windowMs);
      for (const statement of pruneMany) statement.run();
    },
  };
}
