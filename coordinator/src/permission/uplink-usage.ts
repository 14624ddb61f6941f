import type { Database } from 'better-sqlite3';
import type { UplinkUsageStore } from '../session/dependencies.js';
import { monthOf } from './month.js';

/** Bytes uploaded by scope and UTC month; those before last month are forgotten. Whoever adds bounds how often; each call is one commit. */
export function createUplinkUsage(database: Database, nowMs: number): UplinkUsageStore {
  // A clock that was set back finds last month's limits still used up.
  const lastMonth = monthOf(Date.parse(`${monthOf(nowMs)}-01T00:00Z`) - 1);
  database.prepare('DELETE FROM uplink_usage WHERE month < ?').run(lastMonth);
  const select = database.prepare('SELECT bytes FROM uplink_usage WHERE scope = ? AND month = ?').pluck();
  const upsert = database.prepare(
    `INSERT INTO uplink_usage (scope, month, bytes) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes`,
  );
  const add = database.transaction((entries: Parameters<UplinkUsageStore['add']>[0]) => {
    for (const { scope, month, bytes } of entries) upsert.run(scope, month, bytes);
  });
  return {
    bytes: (scope, month) => (select.get(scope, month) as number | undefined) ?? 0,
    add: (entries) => {
      add.immediate(entries);
    },
  };
}
