import { coordinatorEndpoints as endpoints } from '@fairhop/shared/contract';
import { FairhopError } from '@fairhop/shared/model';
import { bearerToken, type HttpApp, route } from '@fairhop/shared/service';
import type { FastifyRequest } from 'fastify';
import { checkPassword } from './check-password.js';
import type { AccountRoutesDependencies } from './dependencies.js';

/** Users of one e-mail, in the organisations that added it, whose passwords are tried where none is named; each takes some 30 ms. */
const MAX_TRIED = 4;

/** Logins, and what users do about their own passwords. */
export function addSessionRoutes(app: HttpApp, dependencies: AccountRoutesDependencies): void {
  const { users, sessions, passwords, limits, auth } = dependencies;
  const members = { onRequest: auth.requirePrincipal(['operator', 'owner', 'isp']) };
  route(app, endpoints.login, {}, async ({ body: { email, password, organisation }, request }) => {
    request.trailActor = `login:${email}`;
    const known = users.withEmail(email, organisation);
    request.trailOrganisation = known[0]?.user.organisation ?? null;
    const candidates = known.filter(({ passwordHash }) => passwordHash !== null).slice(0, MAX_TRIED);
    // Each has attempts of its own: who knows the password of one must not guess another's the more often.
    const ids = candidates.length === 0 ? [email] : candidates.map(({ user }) => user.id);
    const tried = limits.attempt(ids, request.ip);
    // A user that is unknown takes as long as a wrong password.
    if (candidates.length === 0) await passwords.matches(password, null);
    for (const { user, passwordHash } of candidates) {
      if (!tried.includes(user.id) || !(await passwords.matches(password, passwordHash))) continue;
      request.trailOrganisation = user.organisation;
      limits.succeeded(user.id);
      return { ...sessions.begin(user.id), user };
    }
    throw wrongLogin();
  });
  route(app, endpoints.logout, members, ({ request }) => ({ ended: sessions.end(tokenOf(request)) }));
  route(app, endpoints.changePassword, members, async ({ body: { current, next }, request }) => {
    const { email, id } = users.get(userIdOf(request));
    limits.attempt([id], request.ip);
    if (!(await passwords.matches(current, users.passwordHashOf(id)))) throw wrongLogin();
    limits.succeeded(id);
    checkPassword(next, email);
    users.setPasswordHash(id, await passwords.hash(next));
    sessions.endOthers(id, tokenOf(request));
    return { email };
  });
  route(app, endpoints.setPassword, {}, async ({ body: { resetToken, password }, request }) => {
    // Before the hashing, which strangers do not get to start; and a token has 256 random bits.
    const { id, email, organisation } = users.ofReset(resetToken);
    request.trailActor = `user:${id}`;
    request.trailOrganisation = organisation;
    checkPassword(password, email);
    users.redeemReset(resetToken, await passwords.hash(password));
    sessions.endOthers(id);
    return { email };
  });
}

const tokenOf = (request: FastifyRequest): string => bearerToken(request.headers.authorization) ?? '';

/** Throws `user-needed` (403). */
function userIdOf({ principal }: FastifyRequest): string {
  const userId = /^user:(.+)$/.exec(principal?.actor ?? '')?.[1];
  if (userId !== undefined) return userId;
  throw new FairhopError('user-needed', 'only a user has a password; log in first', { status: 403 });
}

const wrongLogin = (): FairhopError =>
  new FairhopError(
    'login-wrong',
    'the e-mail or the password is not right, or not of the organisation named',
    { status: 401 },
  );
