import { FairhopError } from '@fairhop/shared/model';
import { type Clock, hashApiKey, randomToken } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';

export interface JoinTokens {
  /** Throws `too-many-join-tokens` (409). */
  create(): { joinToken: string; expiresMs: number };
  /** Uses a token up; false when it is unknown, used or expired. */
  use(joinToken: string): boolean;
}

/** Long enough to set an edge up by hand. */
const VALID_MS = 24 * 3_600_000;
/** Unused ones at a time: more is a script that makes one on every run. */
const MAX_UNUSED = 1_000;

/** One-time tokens with which edges register; only their hashes are stored. */
export function createJoinTokens(database: Database, clock: Clock): JoinTokens {
  const insert = database.prepare('INSERT INTO join_tokens (hash, expires_ms) VALUES (?, ?)');
  const deleteExpired = database.prepare('DELETE FROM join_tokens WHERE expires_ms <= ?');
  const count = database.prepare('SELECT count(*) FROM join_tokens').pluck();
  const take = database.prepare('DELETE FROM join_tokens WHERE hash = ? AND expires_ms > ?');
  return {
    create() {
      deleteExpired.run(clock.nowMs());
      if ((count.get() as number) >= MAX_UNUSED) {
        const message = `${MAX_UNUSED} join tokens are unused, which is the most; use one of them`;
        throw new FairhopError('too-many-join-tokens', message, { status: 409 });
      }
      const joinToken = randomToken();
      const expiresMs = clock.nowMs() + VALID_MS;
      insert.run(hashApiKey(joinToken), expiresMs);
      return { joinToken, expiresMs };
    },
    use: (joinToken) => take.run(hashApiKey(joinToken), clock.nowMs()).changes === 1,
  };
}
