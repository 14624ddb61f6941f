import { coordinatorEndpoints as endpoints, type User } from '@fairhop/shared/contract';
import { FairhopError, type Organisation } from '@fairhop/shared/model';
import { type HttpApp, route } from '@fairhop/shared/service';
import type { LoginLimits } from './login-limits.js';
import type { OidcLogins } from './oidc-logins.js';
import type { UserSessions } from './sessions.js';
import type { KnownUser, Users } from './users.js';

export interface OidcRoutesDependencies {
  readonly users: Users;
  readonly sessions: UserSessions;
  readonly logins: OidcLogins;
  readonly limits: LoginLimits;
}

/** Logins at the operator's identity provider, for users that an administrator added. */
export function addOidcRoutes(
  app: HttpApp,
  { users, sessions, logins, limits }: OidcRoutesDependencies,
): void {
  route(app, endpoints.beginOidcLogin, {}, ({ body, request }) => {
    limits.beginElsewhere(request.ip);
    return logins.begin(body.returnUrl, body.challenge);
  });
  route(app, endpoints.oidcCallback, {}, async ({ query, reply }) => {
    const given = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as [string, string]],
    );
    const returnUrl = await logins.comeBack(query.state, new URLSearchParams(given));
    reply.header('cache-control', 'no-store').redirect(returnUrl, 303);
    // It is sent.
    return reply as never;
  });
  route(app, endpoints.finishOidcLogin, {}, ({ body: { code, verifier, organisation }, request }) => {
    const email = logins.finish(code, verifier);
    request.trailActor = `login:${email}`;
    const user = whoLogsIn(email, users.withEmail(email, organisation), organisation);
    request.trailOrganisation = user.organisation;
    users.accept(user.id);
    return { ...sessions.begin(user.id), user };
  });
}

/**
 * Anybody may add any e-mail to its own organisation. So whose e-mail it is names the organisation, until there is one alone that it
 * named before. Throws `user-unknown` (403), `organisation-needed` (409).
 */
function whoLogsIn(email: string, known: readonly KnownUser[], named: Organisation | undefined): User {
  if (known.length === 0) {
    const where = named === undefined ? 'here' : `of ${textOf(named)}`;
    const message = `there is no user ${email} ${where}; an administrator of its organisation adds it`;
    throw new FairhopError('user-unknown', message, { status: 403 });
  }
  const [only, ...more] = named === undefined ? known.filter(({ isAccepted }) => isAccepted) : known;
  if (only !== undefined && more.length === 0) return only.user;
  const organisations = known.map(({ user }) => textOf(user.organisation)).join(', ');
  const message = `${email} was added by ${organisations}; log in again and name the one that you log in for`;
  throw new FairhopError('organisation-needed', message, { status: 409 });
}

const textOf = ({ kind, id }: Organisation): string => (kind === 'operator' ? kind : `${kind} ${id}`);
