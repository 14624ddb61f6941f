/** Of secrets only hashes are kept. Keys from before scopes have all that a key may have. */
export const accountMigration = `
  CREATE TABLE users (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    organisation TEXT NOT NULL,
    role TEXT NOT NULL,
    password_hash TEXT,
    created_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX users_by_organisation ON users (kind, organisation, email);
  CREATE TABLE user_sessions (
    hash TEXT PRIMARY KEY,
    user TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_ms INTEGER NOT NULL,
    used_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX user_sessions_by_user ON user_sessions (user, used_ms);
  CREATE TABLE password_resets (
    user TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    hash TEXT NOT NULL UNIQUE,
    expires_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE keys (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    organisation TEXT NOT NULL,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    expires_ms INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX keys_by_organisation ON keys (kind, organisation, created_ms);
  CREATE TABLE key_secrets (
    hash TEXT PRIMARY KEY,
    key TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
    valid_until_ms INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX key_secrets_by_key ON key_secrets (key);
  INSERT INTO keys SELECT substr(hash, 1, 16), kind, id, 'key of ' || id,
    '["read","write","publish","settlement"]', created_ms, 'token', NULL FROM api_keys;
  INSERT INTO key_secrets SELECT hash, substr(hash, 1, 16), NULL FROM api_keys;
  DROP TABLE api_keys;
`;
