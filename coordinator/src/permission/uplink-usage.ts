import type { Database } from 'better-sqlite3';
import type { UplinkUsageStore } from '../session/dependencies.js';

/** Bytes uploaded by scope and UTC month. Whoever adds bounds how often; each call is one commit. */
export function createUplinkUsage(database: Database): UplinkUsageStore {
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
