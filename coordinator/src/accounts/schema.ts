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

/**
 * An e-mail is a user's within its organisation, so that none can take it from another one or learn of it; and who logged in for
 * which is told by the person, which `accepted_ms` keeps: null where it has not named it yet.
 */
export const emailOfOrganisationMigration = `
  CREATE TABLE new_users (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    organisation TEXT NOT NULL,
    role TEXT NOT NULL,
    password_hash TEXT,
    created_ms INTEGER NOT NULL,
    accepted_ms INTEGER,
    UNIQUE (kind, organisation, email)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO new_users SELECT id, email, name, kind, organisation, role, password_hash, created_ms, NULL FROM users;
  CREATE TABLE new_user_sessions (
    hash TEXT PRIMARY KEY,
    user TEXT NOT NULL REFERENCES new_users (id) ON DELETE CASCADE,
    created_ms INTEGER NOT NULL,
    used_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO new_user_sessions SELECT * FROM user_sessions;
  CREATE TABLE new_password_resets (
    user TEXT PRIMARY KEY REFERENCES new_users (id) ON DELETE CASCADE,
    hash TEXT NOT NULL UNIQUE,
    expires_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO new_password_resets SELECT * FROM password_resets;
  DROP TABLE user_sessions;
  DROP TABLE password_resets;
  DROP TABLE users;
  ALTER TABLE new_users RENAME TO users;
  ALTER TABLE new_user_sessions RENAME TO user_sessions;
  ALTER TABLE new_password_resets RENAME TO password_resets;
  CREATE INDEX users_by_email ON users (email, created_ms);
  CREATE INDEX user_sessions_by_user ON user_sessions (user, used_ms);
`;
