import type { Database } from 'better-sqlite3';
import type { GrantRecord } from './grant/index.js';
import { monthOf } from './month.js';
import type { UplinkStore } from './session/dependencies.js';

/** Use of uplinks by scope and UTC month (those before last month are forgotten), and running grants. Each write is one commit. */
export function createUplinkStore(database: Database, nowMs: number): UplinkStore {
  // A clock that was set back finds last month's limits still used up.
  const lastMonth = monthOf(Date.parse(`${monthOf(nowMs)}-01T00:00Z`) - 1);
  database.prepare('DELETE FROM uplink_usage WHERE month < ?').run(lastMonth);
  const select = database.prepare('SELECT bytes FROM uplink_usage WHERE scope = ? AND month = ?').pluck();
  const addUse = database.prepare(
    `INSERT INTO uplink_usage (scope, month, bytes) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes`,
  );
  const putGrant = database.prepare(
    `INSERT INTO running_grants (transfer_id, expires_ms, document) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET document = excluded.document`,
  );
  const endGrant = database.prepare('DELETE FROM running_grants WHERE transfer_id = ?');
  const endExpired = database.prepare('DELETE FROM running_grants WHERE expires_ms <= ?');
  const grants = database.prepare('SELECT document FROM running_grants ORDER BY expires_ms').pluck();
  const write = database.transaction(({ used, running, ended }: Parameters<UplinkStore['write']>[0]) => {
    for (const { scope, month, bytes } of used) addUse.run(scope, month, bytes);
    for (const grant of running) putGrant.run(grant.transferId, grant.expiresMs, JSON.stringify(grant));
    for (const transferId of ended) endGrant.run(transferId);
  });
  return {
    bytes: (scope, month) => (select.get(scope, month) as number | undefined) ?? 0,
    runningGrants(atMs) {
      endExpired.run(atMs);
      return grants.all().map((document) => JSON.parse(document as string) as GrantRecord);
    },
    write: (changes) => {
      write.immediate(changes);
    },
  };
}
