import { FairhopError } from '@fairhop/shared/model';
import { type Clock, hashApiKey, newApiKey, type Principal } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';

export interface ApiKeys {
  /** A new key, shown this once. Throws `too-many-api-keys` (409). */
  create(kind: 'owner' | 'isp', id: string): string;
  principalOf(key: string): Principal | undefined;
}

/** Several programs, each with its own key; more is a script that makes one on every run. */
const MAX_KEYS_PER_PRINCIPAL = 100;

/** Keys of owners and ISPs; only their hashes are stored. */
export function createApiKeys(database: Database, clock: Clock): ApiKeys {
  const insert = database.prepare('INSERT INTO api_keys (hash, kind, id, created_ms) VALUES (?, ?, ?, ?)');
  const count = database.prepare('SELECT count(*) FROM api_keys WHERE kind = ? AND id = ?').pluck();
  const select = database.prepare('SELECT kind, id FROM api_keys WHERE hash = ?');
  return {
    create(kind, id) {
      if ((count.get(kind, id) as number) >= MAX_KEYS_PER_PRINCIPAL) {
        const message = `${kind} ${id} has ${MAX_KEYS_PER_PRINCIPAL} API keys, which is the most; use one of them`;
        throw new FairhopError('too-many-api-keys', message, { status: 409 });
      }
      const { key, hash } = newApiKey();
      insert.run(hash, kind, id, clock.nowMs());
      return key;
    },
    principalOf: (key) => select.get(hashApiKey(key)) as Principal | undefined,
  };
}
