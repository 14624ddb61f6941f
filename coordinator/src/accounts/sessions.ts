import { type Organisation, type Role, scopesOfRole } from '@fairhop/shared/model';
import { type Clock, hashApiKey, type Principal, randomToken } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';

export interface UserSessions {
  begin(userId: string): { token: string; idleUntilMs: number; expiresMs: number };
  /** Whose session it is, with the role that the user has now; it counts as a use. */
  principalOf(token: string): Principal | undefined;
  /** True when there was one. */
  end(token: string): boolean;
  /** All of a user, but for the one of this token. */
  endOthers(userId: string, token?: string): void;
}

/** A working day; each use puts it off. */
const IDLE_MS = 12 * 3_600_000;
const LONGEST_MS = 7 * 24 * 3_600_000;
/** A use is noted at most so often: a write for each request would cost more than the request. */
const NOTED_EVERY_MS = 60_000;
/** Machines and browsers of one person; the one unused for the longest ends. */
const MAX_SESSIONS_PER_USER = 50;
/** Told apart from API keys by people. */
const PREFIX = 'fairhop_session_';

interface SessionRow {
  user: string;
  kind: Organisation['kind'];
  organisation: string;
  role: Role;
  createdMs: number;
  usedMs: number;
}

/** Running sessions of users; only hashes of their tokens are stored. */
export function createUserSessions(database: Database, clock: Clock): UserSessions {
  const insert = database.prepare(
    'INSERT INTO user_sessions (hash, user, created_ms, used_ms) VALUES (?, ?, ?, ?)',
  );
  const select = database.prepare<[string], SessionRow>(
    `SELECT user, kind, organisation, role, user_sessions.created_ms AS createdMs, used_ms AS usedMs
     FROM user_sessions JOIN users ON users.id = user WHERE hash = ?`,
  );
  const note = database.prepare('UPDATE user_sessions SET used_ms = ? WHERE hash = ?');
  const deleteOne = database.prepare('DELETE FROM user_sessions WHERE hash = ?');
  const deleteOthers = database.prepare('DELETE FROM user_sessions WHERE user = ? AND hash != ?');
  const deleteOver = database.prepare('DELETE FROM user_sessions WHERE used_ms <= ? OR created_ms <= ?');
  const deleteExcess = database.prepare(
    `DELETE FROM user_sessions WHERE hash IN
     (SELECT hash FROM user_sessions WHERE user = ? ORDER BY used_ms DESC, hash LIMIT -1 OFFSET ?)`,
  );
  const begin = database.transaction((userId: string, hash: string, nowMs: number) => {
    deleteOver.run(nowMs - IDLE_MS, nowMs - LONGEST_MS);
    deleteExcess.run(userId, MAX_SESSIONS_PER_USER - 1);
    insert.run(hash, userId, nowMs, nowMs);
  });
  return {
    begin(userId) {
      const token = PREFIX + randomToken();
      const nowMs = clock.nowMs();
      begin.immediate(userId, hashApiKey(token), nowMs);
      return { token, idleUntilMs: nowMs + IDLE_MS, expiresMs: nowMs + LONGEST_MS };
    },
    principalOf(token) {
      if (!token.startsWith(PREFIX)) return undefined;
      const hash = hashApiKey(token);
      const row = select.get(hash);
      const nowMs = clock.nowMs();
      if (row === undefined || row.usedMs + IDLE_MS <= nowMs || row.createdMs + LONGEST_MS <= nowMs)
        return undefined;
      const isNoted = nowMs - row.usedMs >= NOTED_EVERY_MS;
      if (isNoted) note.run(nowMs, hash);
      const { kind, organisation, role, user } = row;
      const expiresMs = Math.min((isNoted ? nowMs : row.usedMs) + IDLE_MS, row.createdMs + LONGEST_MS);
      return { kind, id: organisation, scopes: scopesOfRole[role], actor: `user:${user}`, expiresMs };
    },
    end: (token) => deleteOne.run(hashApiKey(token)).changes > 0,
    endOthers: (userId, token) => {
      deleteOthers.run(userId, token === undefined ? '' : hashApiKey(token));
    },
  };
}
