import { digestOf, hourlyRollups } from '../ledger/retention.js';
import { type Reading, rowsOf } from '../reading/index.js';

/** Rows of a rollup whose events are kept; those before are what they were when theirs were dropped. */
export const OF_KEPT_EVENTS = `WHERE hour >= (SELECT value FROM counters WHERE name = 'kept-from-hour')`;

interface DroppedHour {
  readonly hour: number;
  readonly events: number;
  readonly bytes: number;
  readonly rollups_digest: string;
}

/** The rollups' rows of each hour whose events were dropped are those of then, and add up to what was dropped. */
export function* checkDropped(): Reading<string | undefined> {
  const hours = yield* rowsOf<DroppedHour>({
    sql: 'SELECT hour, events, bytes, rollups_digest FROM dropped_hours ORDER BY hour',
  });
  for (const { hour, events, bytes, rollups_digest } of hours) {
    const time = new Date(hour * 3_600_000).toISOString();
    const [sums] = yield* rowsOf<{ events: number | null; bytes: number | null }>({
      sql: 'SELECT sum(events) AS events, sum(bytes) AS bytes FROM route_hours WHERE hour = @hour',
      parameters: { hour },
    });
    if (sums!.events !== events || sums!.bytes !== bytes)
      return `dropped-hours: hour ${time}: ${events} events with ${bytes} bytes were dropped, route-hours have ${sums!.events} with ${sums!.bytes}`;
    const rows: unknown[][] = [];
    for (const { table, ofHour, order } of hourlyRollups) {
      const sql = `SELECT * FROM ${table} WHERE ${ofHour} ORDER BY ${order}`;
      for (const row of yield* rowsOf<object>({ sql, parameters: { hour } })) rows.push(Object.values(row));
    }
    if (digestOf(rows) !== rollups_digest)
      return `dropped-hours: hour ${time}: its rows in the rollups are not those of when its events were dropped`;
  }
  return undefined;
}
