import { coordinatorEndpoints as endpoints } from '@fairhop/shared/contract';
import { FairhopError, keyScopeSchema, type Organisation } from '@fairhop/shared/model';
import { type HttpApp, route } from '@fairhop/shared/service';
import type { FastifyRequest } from 'fastify';
import type { AccountRoutesDependencies } from './dependencies.js';
import { checkOrganisation, listedOrganisation, organisationOf } from './organisation.js';

const HOUR_MS = 3_600_000;

/** API keys: each organisation's own by its administrators, all of them by the operator. */
export function addKeyRoutes(app: HttpApp, dependencies: AccountRoutesDependencies): void {
  const { apiKeys, requireOrganisation, auth } = dependencies;
  const members = { onRequest: auth.requirePrincipal(['operator', 'owner', 'isp']) };
  const checkKey = (request: FastifyRequest, keyId: string): void =>
    checkOrganisation(request, apiKeys.get(keyId).organisation);

  route(app, endpoints.createApiKey, members, ({ body, request }) => {
    const organisation = body.organisation ?? organisationOf(request);
    checkOrganisation(request, organisation);
    requireOrganisation(organisation);
    const { name, scopes, expiresMs = null } = body;
    return apiKeys.create({ organisation, name, scopes, expiresMs, createdBy: actorOf(request) });
  });
  route(app, endpoints.listApiKeys, members, ({ query, request }) => ({
    apiKeys: apiKeys.list(listedOrganisation(request, query)),
  }));
  route(app, endpoints.rotateApiKey, members, ({ params: { keyId }, body, request }) => {
    checkKey(request, keyId);
    return apiKeys.rotate(keyId, body.keepOldHours * HOUR_MS);
  });
  route(app, endpoints.revokeApiKey, members, ({ params: { keyId }, request }) => {
    checkKey(request, keyId);
    apiKeys.revoke(keyId);
    return { keyId };
  });

  addOperatorKeyRoutes(app, dependencies);
}

/** Keys with all that a key may have, which the operator makes for an owner or an ISP. */
function addOperatorKeyRoutes(
  app: HttpApp,
  { apiKeys, requireOrganisation, auth }: AccountRoutesDependencies,
): void {
  const operator = { onRequest: auth.requirePrincipal(['operator']) };
  const create = (organisation: Organisation, request: FastifyRequest) => {
    requireOrganisation(organisation);
    const { id, apiKey } = apiKeys.create({
      organisation,
      name: `key of ${organisation.id}`,
      scopes: keyScopeSchema.options,
      expiresMs: null,
      createdBy: actorOf(request),
    });
    return { id, apiKey };
  };
  const list = (organisation: Organisation) => ({
    apiKeys: apiKeys.list(organisation).map(({ id, createdMs }) => ({ id, createdMs })),
  });
  // Of an organisation that is no longer known too.
  const revoke = ({ kind, id }: Organisation, keyId: string) => {
    const { organisation } = apiKeys.get(keyId);
    if (organisation.kind !== kind || organisation.id !== id) {
      const message = `${kind} ${id} has no API key ${keyId}; its list of keys names them`;
      throw new FairhopError('api-key-unknown', message, { status: 404 });
    }
    apiKeys.revoke(keyId);
    return { keyId };
  };
  const owner = (id: string): Organisation => ({ kind: 'owner', id });
  const isp = (id: string): Organisation => ({ kind: 'isp', id });

  route(app, endpoints.createOwnerApiKey, operator, ({ params, request }) =>
    create(owner(params.owner), request),
  );
  route(app, endpoints.listOwnerApiKeys, operator, ({ params }) => {
    requireOrganisation(owner(params.owner));
    return list(owner(params.owner));
  });
  route(app, endpoints.deleteOwnerApiKey, operator, ({ params }) =>
    revoke(owner(params.owner), params.keyId),
  );
  route(app, endpoints.createIspApiKey, operator, ({ params, request }) => create(isp(params.isp), request));
  route(app, endpoints.listIspApiKeys, operator, ({ params }) => {
    requireOrganisation(isp(params.isp));
    return list(isp(params.isp));
  });
  route(app, endpoints.deleteIspApiKey, operator, ({ params }) => revoke(isp(params.isp), params.keyId));
}

const actorOf = ({ principal }: FastifyRequest): string => principal?.actor ?? 'token';
