import type { Organisation } from '@fairhop/shared/model';
import type { Authenticator } from '@fairhop/shared/service';
import type { ApiKeys } from './api-keys.js';
import type { LoginLimits } from './login-limits.js';
import type { Passwords } from './passwords.js';
import type { UserSessions } from './sessions.js';
import type { Users } from './users.js';

export interface AccountRoutesDependencies {
  readonly users: Users;
  readonly sessions: UserSessions;
  readonly apiKeys: ApiKeys;
  readonly passwords: Passwords;
  readonly limits: LoginLimits;
  readonly auth: Authenticator;
  /** Throws `owner-unknown`, `isp-unknown` (404). */
  readonly requireOrganisation: (organisation: Organisation) => void;
}
