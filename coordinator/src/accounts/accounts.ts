import type { Organisation } from '@fairhop/shared/model';
import type { Authenticator, Clock, HttpApp, Principal } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import { createApiKeys } from './api-keys.js';
import { addKeyRoutes } from './key-routes.js';
import { createLoginLimits } from './login-limits.js';
import { createOidcLogins, type OidcLoginsConfig } from './oidc-logins.js';
import { addOidcRoutes } from './oidc-routes.js';
import { createPasswords } from './passwords.js';
import { addSessionRoutes } from './session-routes.js';
import { createUserSessions } from './sessions.js';
import { addUserRoutes } from './user-routes.js';
import { createUsers, type Users } from './users.js';

export interface Accounts {
  readonly users: Users;
  /** Whose key or session it is. */
  principalOf(token: string): Principal | undefined;
  addRoutes(app: HttpApp, auth: Authenticator): void;
}

export interface AccountsDependencies {
  readonly clock: Clock;
  readonly oidc: OidcLoginsConfig;
  /** Throws `owner-unknown`, `isp-unknown` (404). */
  readonly requireOrganisation: (organisation: Organisation) => void;
}

/** Users, their sessions, and API keys. */
export function createAccounts(
  database: Database,
  { clock, oidc, requireOrganisation }: AccountsDependencies,
): Accounts {
  const users = createUsers(database, clock);
  const sessions = createUserSessions(database, clock);
  const apiKeys = createApiKeys(database, clock);
  const passwords = createPasswords();
  const limits = createLoginLimits(clock);
  const oidcLogins = createOidcLogins(oidc, clock);
  return {
    users,
    principalOf: (token) => sessions.principalOf(token) ?? apiKeys.principalOf(token),
    addRoutes(app, auth) {
      const dependencies = { users, sessions, apiKeys, passwords, limits, auth, requireOrganisation };
      addSessionRoutes(app, dependencies);
      addOidcRoutes(app, { users, sessions, logins: oidcLogins, limits });
      addUserRoutes(app, dependencies);
      addKeyRoutes(app, dependencies);
    },
  };
}
