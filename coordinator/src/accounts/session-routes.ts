import { coordinatorEndpoints as endpoints } from '@fairhop/shared/contract';
import { FairhopError } from '@fairhop/shared/model';
import { bearerToken, type HttpApp, route } from '@fairhop/shared/service';
import type { FastifyRequest } from 'fastify';
import { checkPassword } from './check-password.js';
import type { AccountRoutesDependencies } from './dependencies.js';

/** Logins, and what users do about their own passwords. */
export function addSessionRoutes(app: HttpApp, dependencies: AccountRoutesDependencies): void {
  const { users, sessions, passwords, limits, auth } = dependencies;
  const members = { onRequest: auth.requirePrincipal(['operator', 'owner', 'isp']) };

  route(app, endpoints.login, {}, async ({ body: { email, password }, request }) => {
    limits.attempt(email, request.ip);
    request.trailActor = `login:${email}`;
    const known = users.byEmail(email);
    request.trailOrganisation = known?.user.organisation ?? null;
    // A user that is unknown takes as long as a wrong password.
    const isRight = await passwords.matches(password, known?.passwordHash ?? null);
    if (known === undefined || !isRight) throw wrongLogin();
    limits.succeeded(email);
    const { user } = known;
    return { ...sessions.begin(user.id), user };
  });
  route(app, endpoints.logout, members, ({ request }) => ({ ended: sessions.end(tokenOf(request)) }));
  route(app, endpoints.changePassword, members, async ({ body: { current, next }, request }) => {
    const { email, id } = users.get(userIdOf(request));
    limits.attempt(email, request.ip);
    if (!(await passwords.matches(current, users.byEmail(email)?.passwordHash ?? null))) throw wrongLogin();
    limits.succeeded(email);
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
  new FairhopError('login-wrong', 'the e-mail or the password is not right', { status: 401 });
