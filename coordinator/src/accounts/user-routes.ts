import { coordinatorEndpoints as endpoints } from '@fairhop/shared/contract';
import { type HttpApp, route } from '@fairhop/shared/service';
import type { FastifyRequest } from 'fastify';
import type { AccountRoutesDependencies } from './dependencies.js';
import { checkOrganisation, listedOrganisation, organisationOf } from './organisation.js';

/** Users: each organisation's own by its administrators, all of them by the operator. */
export function addUserRoutes(app: HttpApp, dependencies: AccountRoutesDependencies): void {
  const { users, sessions, requireOrganisation, auth } = dependencies;
  const members = { onRequest: auth.requirePrincipal(['operator', 'owner', 'isp']) };
  const checkUser = (request: FastifyRequest, userId: string): void =>
    checkOrganisation(request, users.get(userId).organisation);

  route(app, endpoints.createUser, members, ({ body, request }) => {
    const organisation = body.organisation ?? organisationOf(request);
    checkOrganisation(request, organisation);
    requireOrganisation(organisation);
    const user = users.create({ ...body, organisation });
    return { ...user, reset: users.startReset(user.id) };
  });
  route(app, endpoints.listUsers, members, ({ query, request }) => ({
    users: users.list(listedOrganisation(request, query)),
  }));
  route(app, endpoints.changeUser, members, ({ params: { userId }, body, request }) => {
    checkUser(request, userId);
    return users.change(userId, body);
  });
  route(app, endpoints.removeUser, members, ({ params: { userId }, request }) => {
    checkUser(request, userId);
    sessions.endOthers(userId);
    users.remove(userId);
    return { userId };
  });
  route(app, endpoints.resetPassword, members, ({ params: { userId }, request }) => {
    checkUser(request, userId);
    return users.startReset(userId);
  });
}
