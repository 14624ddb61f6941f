import { createBoundedCache, type TransferId } from '@fairhop/shared/model';
import { routedNetwork } from '@fairhop/shared/net';
import type { Database } from 'better-sqlite3';
import type { TraceRecord } from './event.js';
import { createTraceAllowance, DAILY_TRACES, type TraceAllowance } from './trace-allowance.js';
import { transferIdBytes } from './transfer-id.js';

/** `isTrusted`: by an edge of the operator's own. */
export interface Trace extends TraceRecord {
  readonly isTrusted: boolean;
}

export interface BookedTrace {
  readonly id: number;
  readonly reporter: string;
  readonly bookedMs: number;
  readonly record: TraceRecord;
}

export interface TraceRef {
  readonly id: number;
  readonly startMs: number;
}

interface TraceMessage {
  readonly reporter: { readonly id: number; readonly key: string };
  readonly sequence: number;
  readonly bookedMs: number;
}

export interface TraceStore {
  /** Within the caller's transaction; a message's trace is added once. An agent's beyond what a day keeps is left out. */
  add(trace: { readonly record: TraceRecord; readonly isTrusted: boolean }, message: TraceMessage): void;
  after(afterId: number, limit: number, transferId?: TransferId): BookedTrace[];
  /**
   * Forward traces between the networks of two addresses that may tell of a time, the best first: an edge's before an agent's, then
   * the newest. Addresses are text that is an IP address.
   */
  between(source: string, destination: string, timeMs: number): readonly TraceRef[];
  trace(id: number): Trace | undefined;
  /** After a transaction that was rolled back: memory is not ahead of the disk. */
  forget(): void;
}

/** Of one pair of networks, direction and kind of reporter: two days of what agents may add in one (trace-allowance.ts). */
const TRACES_OF_PAIR = 16;
/**
 * Of edges, and as many of agents: neither pushes the other out, and of agents' two whole days stay. A record takes about 3 KiB, at
 * most 32 (check-evidence.ts): 60 MiB, at most 640, of each kind.
 */
const MAXIMUM_TRACES = 2 * DAILY_TRACES;
/** Removed at a time, for the oldest of a kind are looked for from the beginning. */
const REMOVED_AT_ONCE = 200;
const DAY_MS = 24 * 3_600_000;
/** Routes live for days (Paxson, "End-to-End Routing Behavior in the Internet", 1997); an older trace tells of another day. */
const MAXIMUM_AGE_MS = 24 * 3_600_000;
/** A transfer's trace is made after the transfer began. */
const MAXIMUM_LEAD_MS = 10 * 60_000;
/** Pairs of networks with traffic in the same minutes; an entry takes about 200 bytes. */
const maximumCachedPairs = 50_000;

interface Pair {
  readonly source: string;
  readonly destination: string;
}

interface KeptTrace extends Pair {
  readonly reporter: string;
  /** As hexadecimal digits. */
  readonly transferId: string;
  readonly isForward: number;
  readonly isTrusted: number;
  readonly bookedMs: number;
}

/** What is kept, as numbers; read from disk when it is not known. */
interface Tally {
  readonly ofKind: [agents: number, edges: number];
  readonly day: number;
  readonly allowance: TraceAllowance;
}

export function createTraceStore(database: Database): TraceStore {
  const insert = database.prepare(
    `INSERT INTO traces (reporter, sequence, transfer_id, source_network, destination_network, is_forward, is_trusted,
       start_ms, booked_ms, record) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  const removeOldOfPair = database.prepare(
    `DELETE FROM traces WHERE id IN (SELECT id FROM traces
       WHERE source_network = ? AND destination_network = ? AND is_forward = ? AND is_trusted = ?
       ORDER BY id DESC LIMIT -1 OFFSET ${TRACES_OF_PAIR}) RETURNING id`,
  );
  const removeOld = database.prepare<[number], Pair>(
    `DELETE FROM traces WHERE id IN (SELECT id FROM traces WHERE is_trusted = ? ORDER BY id LIMIT ${REMOVED_AT_ONCE})
     RETURNING source_network AS source, destination_network AS destination`,
  );
  const countKinds = database.prepare<[], { isTrusted: number; count: number }>(
    'SELECT is_trusted AS isTrusted, count(*) AS count FROM traces GROUP BY is_trusted',
  );
  const selectNewest = database.prepare<[], KeptTrace>(
    `SELECT reporters.reporter, lower(hex(transfer_id)) AS transferId, source_network AS source,
       destination_network AS destination, is_forward AS isForward, is_trusted AS isTrusted, booked_ms AS bookedMs
     FROM traces JOIN reporters ON reporters.id = traces.reporter ORDER BY traces.id DESC`,
  );
  const selectPair = database.prepare<[string, string], TraceRef>(
    `SELECT id, start_ms AS startMs FROM traces WHERE source_network = ? AND destination_network = ? AND is_forward = 1
     ORDER BY is_trusted DESC, start_ms DESC, id DESC`,
  );
  const selectTrace = database.prepare<[number], { record: string; is_trusted: number }>(
    'SELECT record, is_trusted FROM traces WHERE id = ?',
  );
  const columns = `SELECT traces.id, reporters.reporter, booked_ms AS bookedMs, record
    FROM traces JOIN reporters ON reporters.id = traces.reporter`;
  type Row = Omit<BookedTrace, 'record'> & { readonly record: string };
  const selectAfter = database.prepare<[number, number], Row>(
    `${columns} WHERE traces.id > ? ORDER BY traces.id LIMIT ?`,
  );
  const selectOfTransfer = database.prepare<[Buffer, number, number], Row>(
    `${columns} WHERE transfer_id = ? AND traces.id > ? ORDER BY traces.id LIMIT ?`,
  );
  let pairs = createBoundedCache<string, readonly TraceRef[]>(maximumCachedPairs);

  let tally: Tally | undefined;

  const tallyOf = (bookedMs: number): Tally => {
    const day = Math.floor(bookedMs / DAY_MS);
    if (tally?.day === day) return tally;
    const ofKind: Tally['ofKind'] = [0, 0];
    for (const { isTrusted, count } of countKinds.all()) ofKind[isTrusted === 1 ? 1 : 0] = count;
    const allowance = createTraceAllowance();
    for (const { source, destination, isForward, ...kept } of selectNewest.iterate()) {
      if (kept.bookedMs < day * DAY_MS) break;
      if (kept.isTrusted === 0) allowance.count({ ...kept, pair: `${source} ${destination} ${isForward}` });
    }
    tally = { day, ofKind, allowance };
    return tally;
  };

  return {
    add({ record, isTrusted }, { reporter, sequence, bookedMs }) {
      // A reverse trace is filed under the direction of the bytes too.
      const isForward = record.direction === 'forward' ? 1 : 0;
      const prober = routedNetwork(record.sourceAddress);
      const probed = routedNetwork(record.destinationAddress);
      const [source, destination] = isForward === 1 ? [prober, probed] : [probed, prober];
      const { allowance, ofKind } = tallyOf(bookedMs);
      const transferId = transferIdBytes(record.transferId);
      const pair = `${source} ${destination} ${isForward}`;
      const origin = { reporter: reporter.key, transferId: transferId.toString('hex'), pair };
      if (!isTrusted && !allowance.hasRoom(origin)) return;
      const kind = isTrusted ? 1 : 0;
      const facts = [source, destination, isForward, kind] as const;
      const { changes } = insert.run(
        ...[reporter.id, sequence, transferId, ...facts, record.startMs, bookedMs],
        JSON.stringify(record),
      );
      if (changes === 0) return;
      if (!isTrusted) allowance.count(origin);
      ofKind[kind] += 1 - removeOldOfPair.all(...facts).length;
      pairs.delete(`${source} ${destination}`);
      if (ofKind[kind] <= MAXIMUM_TRACES) return;
      const removed = removeOld.all(kind);
      ofKind[kind] -= removed.length;
      for (const gone of removed) pairs.delete(`${gone.source} ${gone.destination}`);
    },
    after: (afterId, limit, transferId) =>
      (transferId === undefined
        ? selectAfter.all(afterId, limit)
        : selectOfTransfer.all(transferIdBytes(transferId), afterId, limit)
      ).map((row) => ({ ...row, record: JSON.parse(row.record) as TraceRecord })),
    between(sourceAddress, destinationAddress, timeMs) {
      const [source, destination] = [routedNetwork(sourceAddress), routedNetwork(destinationAddress)];
      const key = `${source} ${destination}`;
      let rows = pairs.get(key);
      if (rows === undefined) {
        rows = selectPair.all(source, destination);
        pairs.set(key, rows);
      }
      return rows.filter(
        ({ startMs }) => startMs >= timeMs - MAXIMUM_AGE_MS && startMs <= timeMs + MAXIMUM_LEAD_MS,
      );
    },
    trace(id) {
      const row = selectTrace.get(id);
      return row && { ...(JSON.parse(row.record) as TraceRecord), isTrusted: row.is_trusted === 1 };
    },
    forget: () => {
      pairs = createBoundedCache(maximumCachedPairs);
      tally = undefined;
    },
  };
}
