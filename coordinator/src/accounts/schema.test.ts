import { createManualClock, hashApiKey, newApiKey } from '@fairhop/shared/service';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { createApiKeys } from './api-keys.js';
import { accountMigration, emailOfOrganisationMigration } from './schema.js';
import { createUserSessions } from './sessions.js';
import { createUsers } from './users.js';

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

it('keeps users, their sessions and one-time tokens from when an e-mail was of one user', () => {
  const database = new Database(':memory:');
  database.pragma('foreign_keys = ON');
  database.exec('CREATE TABLE api_keys (hash TEXT PRIMARY KEY, kind TEXT, id TEXT, created_ms INTEGER)');
  database.exec(accountMigration);
  const user = ['0123456789abcdef', 'a@sp1.example', 'A', 'isp', 'sp1', 'admin', 'a hash', 7];
  database.prepare('INSERT INTO users VALUES (?, ?, ?, ?, ?, ?, ?, ?)').run(...user);
  const session = 'fairhop_session_of_a';
  database.prepare('INSERT INTO user_sessions VALUES (?, ?, 7, 7)').run(hashApiKey(session), user[0]);
  database.prepare('INSERT INTO password_resets VALUES (?, ?, 9)').run(user[0], hashApiKey('reset'));
  database.transaction(() => database.exec(emailOfOrganisationMigration))();
  const clock = createManualClock(8);
  const [users, sessions] = [createUsers(database, clock), createUserSessions(database, clock)];
  expect(users.ofReset('reset')).toMatchObject({ id: user[0], createdMs: 7, hasPassword: true });
  expect(users.withEmail('a@sp1.example')).toMatchObject([{ passwordHash: 'a hash', isAccepted: false }]);
  expect(sessions.principalOf(session)).toMatchObject({ kind: 'isp', id: 'sp1' });
  users.remove('0123456789abcdef');
  expect(sessions.principalOf(session)).toBeUndefined();
  expect(() => users.ofReset('reset')).toThrow('unknown');
  database.close();
});
