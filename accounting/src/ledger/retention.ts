import { createHash } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import { BINS_PER_HOUR, BLOCK_EVENTS, ERA_HOURS } from './schema.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * Events are kept for so long at least: later than 93 days no report is taken (event-times.ts), so that none can come again
 * for which only the row told that it is booked; and by then every claim was held long enough and every grant has ended.
 */
export const MINIMUM_EVENT_DAYS = 100;

/** Rollups with rows of hours, and which of their rows are of one. */
export const hourlyRollups = [
  { table: 'route_hours', ofHour: 'hour = @hour', order: 'subject' },
  { table: 'owner_hours', ofHour: 'hour = @hour', order: 'subject' },
  { table: 'owner_delivery_hours', ofHour: 'hour = @hour', order: 'subject' },
  {
    table: 'owner_route_hours',
    ofHour: `era = @hour / ${ERA_HOURS} AND hour = @hour`,
    order: 'owner, route',
  },
  { table: 'unbillable_hours', ofHour: 'hour = @hour', order: 'route, owner, belief' },
] as const;

/** SHA-256 over rows in their order, in hex: what an hour's rows were when its events were dropped. */
export function digestOf(rows: Iterable<readonly unknown[]>): string {
  const hash = createHash('sha256');
  for (const row of rows)
    hash.update(
      `${JSON.stringify(row.map((value) => (Buffer.isBuffer(value) ? value.toString('hex') : value)))}\n`,
    );
  return hash.digest('hex');
}

interface DroppedHour {
  /** Where what is kept begins now. */
  readonly keptFromMs: number;
  readonly events: number;
}

export interface Retention {
  /** The first bin of which events are kept; 0 while all are. */
  keptFromBin(): number;
  /**
   * Drops the events of the first hour that is kept, in one transaction: the rollups stay, and what the hour had is written down
   * with digests of its events and of its rows in the rollups. Undefined where nothing may be dropped: the hour does not
   * end before `beforeMs`, is not `MINIMUM_EVENT_DAYS` old, or has bytes between agents that are still claimed or disputed.
   */
  dropHour(beforeMs: number, nowMs: number): DroppedHour | undefined;
}

/** Drops single events that are old, and leaves the sums. */
export function createRetention(database: Database): Retention {
  const selectKept = database
    .prepare<[], number>(`SELECT value FROM counters WHERE name = 'kept-from-hour'`)
    .pluck();
  const selectFirst = database.prepare<[], number | null>('SELECT min(first_bin) FROM event_blocks').pluck();
  const hasOpen = database
    .prepare<[number], number>(
      `SELECT EXISTS (SELECT 1 FROM peer_transfers
       WHERE open_bytes > 0 AND open IN ('claimed', 'disputed') AND first_ms < ?)`,
    )
    .pluck();
  const eventsOfHour = `FROM event_blocks CROSS JOIN events
    ON events.id BETWEEN block * ${BLOCK_EVENTS} AND block * ${BLOCK_EVENTS} + ${BLOCK_EVENTS - 1}
    WHERE first_bin < @toBin AND last_bin >= @fromBin AND bin >= @fromBin AND bin < @toBin`;
  const selectEvents = database
    .prepare<[object], unknown[]>(`SELECT events.* ${eventsOfHour} ORDER BY events.id`)
    .raw();
  const selectSums = database.prepare<[object], { events: number; bytes: number }>(
    `SELECT count(*) AS events, coalesce(sum(bytes), 0) AS bytes ${eventsOfHour}`,
  );
  const openOfRow =
    'events.bytes - CASE WHEN events.bytes = 0 THEN 0 ELSE max(0, min(events.bytes, t.settled_up_to - from_bytes)) END';
  const keepHostFiles = database.prepare(
    `INSERT INTO dropped_host_files SELECT host, file, count(*), sum(bytes),
       sum(CASE WHEN t.id IS NULL THEN 0 ELSE ${openOfRow} END)
     FROM (SELECT events.* ${eventsOfHour}) AS events JOIN endpoints ON endpoints.id = destination
     LEFT JOIN peer_transfers t ON t.transfer_id = events.transfer_id AND events.from_bytes IS NOT NULL
     WHERE true GROUP BY host, file
     ON CONFLICT DO UPDATE SET events = events + excluded.events, bytes = bytes + excluded.bytes,
       open_bytes = open_bytes + excluded.open_bytes`,
  );
  const keepTransfers = database.prepare(
    `UPDATE peer_transfers SET dropped_open_bytes = dropped_open_bytes + gone.open,
       dropped_settled_bytes = dropped_settled_bytes + gone.bytes - gone.open
     FROM (SELECT t.id AS transfer, sum(events.bytes) AS bytes, sum(${openOfRow}) AS open
           FROM (SELECT events.* ${eventsOfHour}) AS events
           JOIN peer_transfers t ON t.transfer_id = events.transfer_id
           WHERE from_bytes IS NOT NULL GROUP BY t.id) AS gone
     WHERE peer_transfers.id = gone.transfer`,
  );
  const deleteEvents = database.prepare(`DELETE FROM events WHERE id IN (SELECT events.id ${eventsOfHour})`);
  const deleteBlocks = database.prepare(
    `DELETE FROM event_blocks WHERE last_bin < @toBin AND NOT EXISTS (SELECT 1 FROM events
       WHERE events.id BETWEEN block * ${BLOCK_EVENTS} AND block * ${BLOCK_EVENTS} + ${BLOCK_EVENTS - 1})`,
  );
  const insertDropped = database.prepare(
    `INSERT INTO dropped_hours (hour, events, bytes, events_digest, rollups_digest, dropped_ms) VALUES (?, ?, ?, ?, ?, ?)`,
  );
  const setKept = database.prepare(`UPDATE counters SET value = ? WHERE name = 'kept-from-hour'`);
  const rollups = hourlyRollups.map(({ table, ofHour, order }) =>
    database.prepare<[object], unknown[]>(`SELECT * FROM ${table} WHERE ${ofHour} ORDER BY ${order}`).raw(),
  );

  const drop = database.transaction((hour: number, nowMs: number): number => {
    const bins = { fromBin: hour * BINS_PER_HOUR, toBin: (hour + 1) * BINS_PER_HOUR };
    const { events, bytes } = selectSums.get(bins)!;
    if (events > 0) {
      const eventsDigest = digestOf(selectEvents.iterate(bins));
      const rollupsDigest = digestOf(rollups.flatMap((select) => select.all({ hour })));
      keepHostFiles.run(bins);
      keepTransfers.run(bins);
      deleteEvents.run(bins);
      insertDropped.run(hour, events, bytes, eventsDigest, rollupsDigest, nowMs);
    }
    deleteBlocks.run(bins);
    setKept.run(hour + 1);
    return events;
  });

  return {
    keptFromBin: () => selectKept.get()! * BINS_PER_HOUR,
    dropHour(beforeMs, nowMs) {
      const first = selectFirst.get();
      if (first === null || first === undefined) return undefined;
      const hour = Math.max(selectKept.get()!, Math.floor(first / BINS_PER_HOUR));
      const endMs = (hour + 1) * HOUR_MS;
      if (endMs > beforeMs || endMs > nowMs - MINIMUM_EVENT_DAYS * DAY_MS) return undefined;
      if (hasOpen.get(endMs) === 1) return undefined;
      return { keptFromMs: endMs, events: drop.immediate(hour, nowMs) };
    },
  };
}
