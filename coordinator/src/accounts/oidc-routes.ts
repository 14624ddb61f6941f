import { coordinatorEndpoints as endpoints } from '@fairhop/shared/contract';
import { FairhopError } from '@fairhop/shared/model';
import { type HttpApp, route } from '@fairhop/shared/service';
import type { LoginLimits } from './login-limits.js';
import type { OidcLogins } from './oidc-logins.js';
import type { UserSessions } from './sessions.js';
import type { Users } from './users.js';

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
  route(app, endpoints.finishOidcLogin, {}, ({ body: { code, verifier }, request }) => {
    const email = logins.finish(code, verifier);
    request.trailActor = `login:${email}`;
    const known = users.byEmail(email);
    request.trailOrganisation = known?.user.organisation ?? null;
    if (known !== undefined) return { ...sessions.begin(known.user.id), user: known.user };
    const message = `there is no user ${email} here; an administrator of its organisation adds it`;
    throw new FairhopError('user-unknown', message, { status: 403 });
  });
}
