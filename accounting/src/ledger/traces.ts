import { createBoundedCache, type TransferId } from '@fairhop/shared/model';
import { formatAddress, parseAddress } from '@fairhop/shared/net';
import type { Database } from 'better-sqlite3';
import type { TraceRecord } from './event.js';
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

export interface TraceStore {
  /** Within the caller's transaction; a message's trace is added once. */
  add(
    trace: { readonly record: TraceRecord; readonly isTrusted: boolean },
    message: { readonly reporter: number; readonly sequence: number; readonly bookedMs: number },
  ): void;
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

/** Of one pair of networks, direction and kind of reporter: a day of them, one every three hours. */
const TRACES_OF_PAIR = 8;
/** A record takes about 3 KiB, at most 32 (check-evidence.ts): 60 MiB, at most 640. */
const MAXIMUM_TRACES = 20_000;
/** Routes live for days (Paxson, "End-to-End Routing Behavior in the Internet", 1997); an older trace tells of another day. */
const MAXIMUM_AGE_MS = 24 * 3_600_000;
/** A transfer's trace is made after the transfer began. */
const MAXIMUM_LEAD_MS = 10 * 60_000;
/** Pairs of networks with traffic in the same minutes; an entry takes about 200 bytes. */
const maximumCachedPairs = 50_000;

/** What routers tell apart: 24 bits of IPv4, 48 of IPv6. */
function networkOf(address: string): string {
  const parsed = parseAddress(address);
  if (parsed.family === 4) return formatAddress({ family: 4, value: parsed.value - (parsed.value % 256) });
  return formatAddress({ family: 6, value: (parsed.value >> 80n) << 80n });
}

export function createTraceStore(database: Database): TraceStore {
  const insert = database.prepare(
    `INSERT INTO traces (reporter, sequence, transfer_id, source_network, destination_network, is_forward, is_trusted,
       start_ms, booked_ms, record) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  const removeOldOfPair = database.prepare(
    `DELETE FROM traces WHERE id IN (SELECT id FROM traces
       WHERE source_network = ? AND destination_network = ? AND is_forward = ? AND is_trusted = ?
       ORDER BY start_ms DESC, id DESC LIMIT -1 OFFSET ${TRACES_OF_PAIR})`,
  );
  const removeOld = database.prepare('DELETE FROM traces WHERE id <= ?');
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

  return {
    add({ record, isTrusted }, { reporter, sequence, bookedMs }) {
      // A reverse trace is filed under the direction of the bytes too.
      const isForward = record.direction === 'forward';
      const prober = networkOf(record.sourceAddress);
      const probed = networkOf(record.destinationAddress);
      const [source, destination] = isForward ? [prober, probed] : [probed, prober];
      const pair = [source, destination, isForward ? 1 : 0, isTrusted ? 1 : 0] as const;
      const { changes, lastInsertRowid } = insert.run(
        ...[reporter, sequence, transferIdBytes(record.transferId), ...pair, record.startMs, bookedMs],
        JSON.stringify(record),
      );
      if (changes === 0) return;
      removeOldOfPair.run(...pair);
      removeOld.run(Number(lastInsertRowid) - MAXIMUM_TRACES);
      pairs.delete(`${source} ${destination}`);
    },
    after: (afterId, limit, transferId) =>
      (transferId === undefined
        ? selectAfter.all(afterId, limit)
        : selectOfTransfer.all(transferIdBytes(transferId), afterId, limit)
      ).map((row) => ({ ...row, record: JSON.parse(row.record) as TraceRecord })),
    between(sourceAddress, destinationAddress, timeMs) {
      const [source, destination] = [networkOf(sourceAddress), networkOf(destinationAddress)];
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
    },
  };
}
