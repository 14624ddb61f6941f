import type { apiKeyInfoSchema } from '@fairhop/shared/contract';
import { FairhopError } from '@fairhop/shared/model';
import { type Clock, hashApiKey, newApiKey, type Principal } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import type { z } from 'zod';

type Holder = 'owner' | 'isp';

export interface ApiKeys {
  /** A new key, shown this once. Throws `too-many-api-keys` (409). */
  create(kind: Holder, id: string): { id: string; apiKey: string };
  list(kind: Holder, id: string): z.output<typeof apiKeyInfoSchema>[];
  /** Ends a key at once. Throws `api-key-unknown` (404). */
  remove(kind: Holder, id: string, keyId: string): void;
  principalOf(key: string): Principal | undefined;
}

/** Several programs, each with its own key; more is a script that makes one on every run. */
const MAX_KEYS_PER_PRINCIPAL = 100;

/** Names a key without being of use to guess it: its hash is of 256 random bits. */
const keyIdOf = (hash: string): string => hash.slice(0, 16);

/** Keys of owners and ISPs; only their hashes are stored. */
export function createApiKeys(database: Database, clock: Clock): ApiKeys {
  const insert = database.prepare('INSERT INTO api_keys (hash, kind, id, created_ms) VALUES (?, ?, ?, ?)');
  const count = database.prepare('SELECT count(*) FROM api_keys WHERE kind = ? AND id = ?').pluck();
  const select = database.prepare('SELECT kind, id FROM api_keys WHERE hash = ?');
  const selectAll = database.prepare(
    'SELECT hash, created_ms AS createdMs FROM api_keys WHERE kind = ? AND id = ? ORDER BY created_ms, hash',
  );
  const deleteKey = database.prepare(
    'DELETE FROM api_keys WHERE kind = ? AND id = ? AND substr(hash, 1, 16) = ?',
  );
  return {
    create(kind, id) {
      if ((count.get(kind, id) as number) >= MAX_KEYS_PER_PRINCIPAL) {
        const message = `${kind} ${id} has ${MAX_KEYS_PER_PRINCIPAL} API keys, which is the most; use one of them, or delete one`;
        throw new FairhopError('too-many-api-keys', message, { status: 409 });
      }
      const { key, hash } = newApiKey();
      insert.run(hash, kind, id, clock.nowMs());
      return { id: keyIdOf(hash), apiKey: key };
    },
    list: (kind, id) =>
      (selectAll.all(kind, id) as { hash: string; createdMs: number }[]).map(({ hash, createdMs }) => ({
        id: keyIdOf(hash),
        createdMs,
      })),
    remove(kind, id, keyId) {
      if (deleteKey.run(kind, id, keyId).changes > 0) return;
      const message = `${kind} ${id} has no API key ${keyId}; its list of keys names them`;
      throw new FairhopError('api-key-unknown', message, { status: 404 });
    },
    principalOf: (key) => select.get(hashApiKey(key)) as Principal | undefined,
  };
}
