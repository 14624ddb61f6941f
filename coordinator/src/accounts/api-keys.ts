import type { ScopedKey } from '@fairhop/shared/contract';
import { FairhopError, type KeyScope, type Organisation } from '@fairhop/shared/model';
import { type Clock, hashApiKey, newApiKey, type Principal } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';

interface NewKey {
  readonly organisation: Organisation;
  readonly name: string;
  readonly scopes: readonly KeyScope[];
  /** Null: until it is revoked. */
  readonly expiresMs: number | null;
  /** Who makes it, as `Principal.actor` says. */
  readonly createdBy: string;
}

type KeyWithSecret = ScopedKey & { readonly apiKey: string };

export interface ApiKeys {
  /** A new key, whose secret is shown this once. Throws `too-many-api-keys` (409), `api-key-expired` (400). */
  create(key: NewKey): KeyWithSecret;
  /** Of one organisation, or all. */
  list(organisation?: Organisation): ScopedKey[];
  /** Throws `api-key-unknown` (404). */
  get(keyId: string): ScopedKey;
  /** A new secret; the one before stays good for so long, any older one ends. Throws `api-key-unknown` (404). */
  rotate(keyId: string, keepOldMs: number): KeyWithSecret;
  /** Ends a key at once. Throws `api-key-unknown` (404). */
  revoke(keyId: string): void;
  principalOf(secret: string): Principal | undefined;
}

/** Several programs, each with its own key; more is a script that makes one on every run. */
const MAX_KEYS_PER_ORGANISATION = 100;

/** Names a key without being of use to guess it: the hash is of 256 random bits. */
const keyIdOf = (hash: string): string => hash.slice(0, 16);

interface KeyRow {
  id: string;
  kind: Organisation['kind'];
  organisation: string;
  name: string;
  scopes: string;
  createdMs: number;
  createdBy: string;
  expiresMs: number | null;
  oldSecretUntilMs: number | null;
}

interface SecretRow extends Pick<KeyRow, 'id' | 'kind' | 'organisation' | 'scopes' | 'expiresMs'> {
  /** Of a secret that another took the place of. */
  validUntilMs: number | null;
}

const COLUMNS = `SELECT id, kind, organisation, name, scopes, created_ms AS createdMs, created_by AS createdBy, expires_ms AS expiresMs,
  (SELECT max(valid_until_ms) FROM key_secrets WHERE key = keys.id AND valid_until_ms > ?) AS oldSecretUntilMs FROM keys`;

/** Keys of organisations; only hashes of their secrets are stored. */
export function createApiKeys(database: Database, clock: Clock): ApiKeys {
  const insertKey = database.prepare(
    'INSERT INTO keys (id, kind, organisation, name, scopes, created_ms, created_by, expires_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const insertSecret = database.prepare('INSERT INTO key_secrets (hash, key) VALUES (?, ?)');
  const endSecrets = database.prepare(
    'UPDATE key_secrets SET valid_until_ms = ? WHERE key = ? AND valid_until_ms IS NULL',
  );
  const deleteOldSecrets = database.prepare(
    'DELETE FROM key_secrets WHERE key = ? AND valid_until_ms IS NOT NULL',
  );
  const count = database.prepare('SELECT count(*) FROM keys WHERE kind = ? AND organisation = ?').pluck();
  const select = database.prepare<[number, string], KeyRow>(`${COLUMNS} WHERE id = ?`);
  const selectAll = database.prepare<[number], KeyRow>(`${COLUMNS} ORDER BY created_ms, id`);
  const selectOf = database.prepare<[number, string, string], KeyRow>(
    `${COLUMNS} WHERE kind = ? AND organisation = ? ORDER BY created_ms, id`,
  );
  const selectBySecret = database.prepare<[string, number, number], SecretRow>(
    `SELECT keys.id, kind, organisation, scopes, valid_until_ms AS validUntilMs, expires_ms AS expiresMs FROM key_secrets JOIN keys ON keys.id = key
     WHERE hash = ? AND (valid_until_ms IS NULL OR valid_until_ms > ?) AND (expires_ms IS NULL OR expires_ms > ?)`,
  );
  const deleteKey = database.prepare('DELETE FROM keys WHERE id = ?');

  const get = (keyId: string): ScopedKey => {
    const row = select.get(clock.nowMs(), keyId);
    if (row !== undefined) return toKey(row);
    throw new FairhopError('api-key-unknown', `there is no API key ${keyId}; the list of keys names them`, {
      status: 404,
    });
  };
  const create = database.transaction((given: NewKey): KeyWithSecret => {
    const { organisation, name, scopes, expiresMs, createdBy } = given;
    const { kind, id } = organisation;
    if ((count.get(kind, id) as number) >= MAX_KEYS_PER_ORGANISATION) {
      const message = `${kind} ${id} has ${MAX_KEYS_PER_ORGANISATION} API keys, which is the most; use one of them, or revoke one`;
      throw new FairhopError('too-many-api-keys', message, { status: 409 });
    }
    const nowMs = clock.nowMs();
    if (expiresMs !== null && expiresMs <= nowMs) {
      const message = `an API key that ends at ${new Date(expiresMs).toISOString()} is over already; a time to come is right`;
      throw new FairhopError('api-key-expired', message, { status: 400 });
    }
    const { key: apiKey, hash } = newApiKey();
    const keyId = keyIdOf(hash);
    const unique = [...new Set(scopes)];
    insertKey.run(keyId, kind, id, name, JSON.stringify(unique), nowMs, createdBy, expiresMs);
    insertSecret.run(hash, keyId);
    return { ...get(keyId), apiKey };
  });
  const rotate = database.transaction((keyId: string, keepOldMs: number): KeyWithSecret => {
    get(keyId);
    const { key: apiKey, hash } = newApiKey();
    deleteOldSecrets.run(keyId);
    endSecrets.run(clock.nowMs() + keepOldMs, keyId);
    insertSecret.run(hash, keyId);
    return { ...get(keyId), apiKey };
  });
  return {
    create: (key) => create.immediate(key),
    list: (organisation) =>
      (organisation === undefined
        ? selectAll.all(clock.nowMs())
        : selectOf.all(clock.nowMs(), organisation.kind, organisation.id)
      ).map(toKey),
    get,
    rotate: (keyId, keepOldMs) => rotate.immediate(keyId, keepOldMs),
    revoke(keyId) {
      get(keyId);
      deleteKey.run(keyId);
    },
    principalOf(secret) {
      const nowMs = clock.nowMs();
      const row = selectBySecret.get(hashApiKey(secret), nowMs, nowMs);
      if (row === undefined) return undefined;
      const scopes = JSON.parse(row.scopes) as KeyScope[];
      const ends = [row.validUntilMs ?? [], row.expiresMs ?? []].flat();
      return {
        ...{ kind: row.kind, id: row.organisation, scopes, actor: `key:${row.id}` },
        ...(ends.length > 0 && { expiresMs: Math.min(...ends) }),
      };
    },
  };
}

const toKey = ({ kind, organisation, scopes, ...row }: KeyRow): ScopedKey => ({
  ...row,
  organisation: { kind, id: organisation },
  scopes: JSON.parse(scopes) as KeyScope[],
});
