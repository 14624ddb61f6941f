import { BLOCK_EVENTS } from '../ledger/schema.js';
import { type Reading, rowsOf } from '../reading/index.js';

/** Sums of all events. */
export interface Totals {
  events: bigint;
  bytes: bigint;
  unattributedEvents: bigint;
  unattributedBytes: bigint;
  /** Events whose bin lies within what `event_blocks` says of their block. */
  placed: bigint;
}

/** Events added up in one step: about half a second. */
const eventsOfStep = 2 * 1024 * 1024;

export function* readTotals(): Reading<Totals> {
  const totals: Totals = { events: 0n, bytes: 0n, unattributedEvents: 0n, unattributedBytes: 0n, placed: 0n };
  const [last] = yield* rowsOf<{ id: number | null }>({ sql: 'SELECT max(id) AS id FROM events' });
  for (let after = 0; after < (last!.id ?? 0); after += eventsOfStep) {
    const [sums] = yield* rowsOf<Totals>({
      sql: `SELECT count(*) AS events, coalesce(sum(bytes), 0) AS bytes,
          count(*) FILTER (WHERE routes.id IS NOT NULL AND path IS NULL) AS unattributedEvents,
          coalesce(sum(bytes) FILTER (WHERE routes.id IS NOT NULL AND path IS NULL), 0) AS unattributedBytes,
          count(*) FILTER (WHERE bin BETWEEN first_bin AND last_bin) AS placed
        FROM events LEFT JOIN routes ON routes.id = route
        LEFT JOIN event_blocks ON block = events.id / ${BLOCK_EVENTS}
        WHERE events.id > @after AND events.id <= @upTo`,
      parameters: { after, upTo: after + eventsOfStep },
      isExact: true,
    });
    for (const name of Object.keys(totals) as (keyof Totals)[]) totals[name] += sums![name];
  }
  return totals;
}

/** What was counted when booking is what is there, or was dropped. */
export function* checkCounters(totals: Totals): Reading<string | undefined> {
  const counters = yield* rowsOf<{ name: 'events' | 'bytes'; value: bigint }>({
    sql: `SELECT name, value FROM counters WHERE name IN ('events', 'bytes') ORDER BY name DESC`,
    isExact: true,
  });
  const [dropped] = yield* rowsOf<Record<'events' | 'bytes', bigint>>({
    sql: 'SELECT coalesce(sum(events), 0) AS events, coalesce(sum(bytes), 0) AS bytes FROM dropped_hours',
    isExact: true,
  });
  for (const { name, value } of counters)
    if (value !== totals[name] + dropped![name])
      return `events: ${value} ${name} were booked, ${totals[name] + dropped![name]} are there`;
  return undefined;
}

/** Queries look for events only in the blocks that `event_blocks` names. */
export function* checkBlocks({ events, placed }: Totals): Reading<string | undefined> {
  if (events === placed) return undefined;
  const [first] = yield* rowsOf<{ id: number }>({
    sql: `SELECT id FROM events LEFT JOIN event_blocks ON block = id / ${BLOCK_EVENTS}
      WHERE (bin BETWEEN first_bin AND last_bin) IS NOT TRUE ORDER BY id LIMIT 1`,
  });
  return `event-blocks: event ${first?.id} lies outside the time of its block ${Math.floor((first?.id ?? 0) / BLOCK_EVENTS)}`;
}
