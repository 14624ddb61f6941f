import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { contractMigration } from '../contracts/schema.js';
import { createNetStatementStore } from './net-store.js';
import { invoiceMigration, statementMigration } from './schema.js';

it('statements that were kept before others could come in their place stay, of the contracts of then', () => {
  const database = new Database(':memory:');
  database.exec(contractMigration + invoiceMigration);
  database.exec(`INSERT INTO contracts VALUES ('a', 'isp-isp', 'A', 'isp', 'sp2', 'isp', 'sp1', 31);
    INSERT INTO contract_versions VALUES ('a', 1, 0, 10, '{}'), ('a', 2, 10, 31, '{}'), ('a', 3, 31, NULL, '{}')`);
  const of = { one: 'sp1', other: 'sp2', period: '2026-10', fromMs: 10, toMs: 31 };
  const statement = { ...of, directions: [{ contracts: ['a'] }, { contracts: [] }], isFinal: true };
  database
    .prepare(`INSERT INTO net_statements VALUES (7, 'sp1', 'sp2', '2026-10', 'Asia/Tokyo', 1, 0, ?)`)
    .run(JSON.stringify(statement));
  database.exec(statementMigration);
  const kept = { figures: { ...statement, contractTimeZones: ['Asia/Tokyo'] }, terms: ['a 2'] };
  const store = createNetStatementStore(database);
  expect(store.get(of)).toEqual(kept);
  expect(store.list()).toEqual([{ ...kept, isSuperseded: false }]);
  database.close();
});
