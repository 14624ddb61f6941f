import { randomBytes } from 'node:crypto';
import type { User } from '@fairhop/shared/contract';
import { FairhopError, type Organisation, type Role } from '@fairhop/shared/model';
import { type Clock, hashApiKey, randomToken } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';

interface NewUser {
  readonly email: string;
  readonly name: string;
  readonly organisation: Organisation;
  readonly role: Role;
}

interface Reset {
  readonly resetToken: string;
  readonly expiresMs: number;
}

export interface KnownUser {
  readonly user: User;
  readonly passwordHash: string | null;
  readonly isAccepted: boolean;
}

export interface Users {
  /** Throws `email-taken`, `too-many-users` (409). */
  create(user: NewUser): User;
  /** Throws `user-unknown` (404). */
  get(userId: string): User;
  /** Of one organisation, or all. */
  list(organisation?: Organisation): User[];
  /** Throws `user-unknown` (404). */
  change(userId: string, changes: { readonly name: string; readonly role: Role }): User;
  /** Its sessions end. Throws `user-unknown` (404). */
  remove(userId: string): void;
  /** For a login: those of an e-mail, one for each organisation, or of one organisation; the oldest first. */
  withEmail(email: string, organisation?: Organisation): KnownUser[];
  passwordHashOf(userId: string): string | null;
  /** The person logged in for the user's organisation, which it named. */
  accept(userId: string): void;
  setPasswordHash(userId: string, hash: string): void;
  /** One-time token; earlier ones are void. Throws `user-unknown` (404). */
  startReset(userId: string): Reset;
  /** Whose token it is. Throws `reset-invalid` (400). */
  ofReset(resetToken: string): User;
  /** Uses the token up, and sets the password. Throws `reset-invalid` (400). */
  redeemReset(resetToken: string, passwordHash: string): User;
}

/** Every employee of a large ISP that deals with this. */
const MAX_USERS_PER_ORGANISATION = 1_000;
/** Over a weekend. */
const RESET_VALID_MS = 72 * 3_600_000;

interface UserRow {
  id: string;
  email: string;
  name: string;
  kind: Organisation['kind'];
  organisation: string;
  role: Role;
  passwordHash: string | null;
  createdMs: number;
  acceptedMs: number | null;
}

const COLUMNS = `SELECT users.id, email, name, kind, organisation, role, password_hash AS passwordHash, created_ms AS createdMs,
  accepted_ms AS acceptedMs FROM users`;

export function createUsers(database: Database, clock: Clock): Users {
  const insert = database.prepare(
    'INSERT INTO users (id, email, name, kind, organisation, role, created_ms) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (kind, organisation, email) DO NOTHING',
  );
  const count = database.prepare('SELECT count(*) FROM users WHERE kind = ? AND organisation = ?').pluck();
  const select = database.prepare<[string], UserRow>(`${COLUMNS} WHERE id = ?`);
  const selectByEmail = database.prepare<[string], UserRow>(
    `${COLUMNS} WHERE email = ? ORDER BY created_ms, id`,
  );
  const setAccepted = database.prepare('UPDATE users SET accepted_ms = ? WHERE id = ?');
  const selectAll = database.prepare<[], UserRow>(`${COLUMNS} ORDER BY kind, organisation, email`);
  const selectOf = database.prepare<[string, string], UserRow>(
    `${COLUMNS} WHERE kind = ? AND organisation = ? ORDER BY email`,
  );
  const update = database.prepare('UPDATE users SET name = ?, role = ? WHERE id = ?');
  const updatePassword = database.prepare('UPDATE users SET password_hash = ? WHERE id = ?');
  const deleteUser = database.prepare('DELETE FROM users WHERE id = ?');
  const upsertReset = database.prepare(
    'INSERT INTO password_resets (user, hash, expires_ms) VALUES (?, ?, ?) ON CONFLICT (user) DO UPDATE SET hash = excluded.hash, expires_ms = excluded.expires_ms',
  );
  const selectReset = database.prepare<[string, number], UserRow>(
    `${COLUMNS} JOIN password_resets ON password_resets.user = users.id WHERE hash = ? AND expires_ms > ?`,
  );
  const deleteReset = database.prepare('DELETE FROM password_resets WHERE user = ?');

  const get = (userId: string): User => {
    const row = select.get(userId);
    if (row !== undefined) return toUser(row);
    throw new FairhopError('user-unknown', `there is no user ${userId}; the list of users names them`, {
      status: 404,
    });
  };
  const create = database.transaction(({ email, name, organisation, role }: NewUser): User => {
    const { kind, id } = organisation;
    if ((count.get(kind, id) as number) >= MAX_USERS_PER_ORGANISATION) {
      const message = `${kind} ${id} has ${MAX_USERS_PER_ORGANISATION} users, which is the most; remove one`;
      throw new FairhopError('too-many-users', message, { status: 409 });
    }
    const userId = randomBytes(8).toString('hex');
    if (insert.run(userId, email, name, kind, id, role, clock.nowMs()).changes > 0) return get(userId);
    const message = `${kind} ${id} has a user ${email} already; another e-mail is right`;
    throw new FairhopError('email-taken', message, { status: 409 });
  });
  const ofReset = (resetToken: string): User => {
    const row = selectReset.get(hashApiKey(resetToken), clock.nowMs());
    if (row !== undefined) return toUser(row);
    const message = 'the one-time token is unknown, used, or over; ask for a new one';
    throw new FairhopError('reset-invalid', message, { status: 400 });
  };
  const redeem = database.transaction((resetToken: string, passwordHash: string): User => {
    const { id } = ofReset(resetToken);
    deleteReset.run(id);
    updatePassword.run(passwordHash, id);
    return get(id);
  });
  return {
    create: (user) => create.immediate(user),
    get,
    list: (organisation) =>
      (organisation === undefined ? selectAll.all() : selectOf.all(organisation.kind, organisation.id)).map(
        toUser,
      ),
    change(userId, { name, role }) {
      get(userId);
      update.run(name, role, userId);
      return get(userId);
    },
    remove(userId) {
      get(userId);
      deleteUser.run(userId);
    },
    withEmail: (email, organisation) =>
      selectByEmail
        .all(email)
        .filter((row) => organisation === undefined || isOf(row, organisation))
        .map((row) => ({
          ...{ user: toUser(row), passwordHash: row.passwordHash },
          isAccepted: row.acceptedMs !== null,
        })),
    passwordHashOf: (userId) => select.get(userId)?.passwordHash ?? null,
    accept(userId) {
      setAccepted.run(clock.nowMs(), userId);
    },
    setPasswordHash(userId, hash) {
      updatePassword.run(hash, userId);
      deleteReset.run(userId);
    },
    startReset(userId) {
      get(userId);
      const resetToken = randomToken();
      const expiresMs = clock.nowMs() + RESET_VALID_MS;
      upsertReset.run(userId, hashApiKey(resetToken), expiresMs);
      return { resetToken, expiresMs };
    },
    ofReset,
    redeemReset: (resetToken, passwordHash) => redeem.immediate(resetToken, passwordHash),
  };
}

const isOf = ({ kind, organisation }: UserRow, wanted: Organisation): boolean =>
  kind === wanted.kind && organisation === wanted.id;

const toUser = ({ kind, organisation, passwordHash, acceptedMs: _, ...row }: UserRow): User => ({
  ...row,
  organisation: { kind, id: organisation },
  hasPassword: passwordHash !== null,
});
