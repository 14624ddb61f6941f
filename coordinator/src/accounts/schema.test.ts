import { createManualClock, newApiKey } from '@fairhop/shared/service';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { createApiKeys } from './api-keys.js';
import { accountMigration } from './schema.js';

it('keeps keys from before scopes, with all that a key may have', () => {
  const database = new Database(':memory:');
  const { key, hash } = newApiKey();
  database.exec('CREATE TABLE api_keys (hash TEXT PRIMARY KEY, kind TEXT, id TEXT, created_ms INTEGER)');
  database.prepare('INSERT INTO api_keys VALUES (?, ?, ?, ?)').run(hash, 'isp', 'sp1', 7);
  database.exec(accountMigration);
  const keys = createApiKeys(database, createManualClock(8));
  const scopes = ['read', 'write', 'publish', 'settlement'];
  const id = hash.slice(0, 16);
  expect(keys.principalOf(key)).toEqual({ kind: 'isp', id: 'sp1', scopes, actor: `key:${id}` });
  expect(keys.list()).toMatchObject([{ id, organisation: { kind: 'isp', id: 'sp1' }, createdMs: 7 }]);
  database.close();
});
