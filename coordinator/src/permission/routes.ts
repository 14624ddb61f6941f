import { coordinatorEndpoints } from '@fairhop/shared/contract';
import { FairhopError } from '@fairhop/shared/model';
import type { AsGraph, Isp } from '@fairhop/shared/net';
import { type Authenticator, type HttpApp, invalidRequest, route } from '@fairhop/shared/service';
import type { FastifyRequest } from 'fastify';
import type { ApiKeys } from '../catalog/index.js';
import { requireSelfOrOperator } from '../self-or-operator.js';
import type { Permission } from './permission-service.js';

export interface PermissionRoutesDependencies {
  graph(): AsGraph;
  readonly permission: Permission;
  readonly apiKeys: ApiKeys;
  readonly auth: Authenticator;
}

export function addPermissionRoutes(app: HttpApp, dependencies: PermissionRoutesDependencies): void {
  const { graph, permission, apiKeys, auth } = dependencies;
  const operator = { onRequest: auth.requirePrincipal(['operator']) };
  const isp = { onRequest: auth.requirePrincipal(['operator', 'isp']) };

  const requireIsp = (id: string): Isp => {
    const known = graph().isp(id);
    if (known) return known;
    const message = `ISP ${id} is not in the AS graph; add it there with its ASes and prefixes`;
    throw new FairhopError('isp-unknown', message, { status: 404 });
  };
  const actFor = (request: FastifyRequest, id: string): void => {
    requireSelfOrOperator(request, 'isp', id);
    requireIsp(id);
  };

  route(app, coordinatorEndpoints.listIsps, {}, () => ({
    isps: graph().isps.map(({ id, name }) => ({
      id,
      name,
      asns: [...graph().asesOfIsp(id)],
      agreements: permission.agreementsOf(id).filter(({ withdrawnMs }) => withdrawnMs === undefined).length,
      permitKeys: permission.permitKeysOf(id).length,
    })),
  }));
  route(app, coordinatorEndpoints.createIspApiKey, operator, ({ params }) => {
    requireIsp(params.isp);
    return apiKeys.create('isp', params.isp);
  });
  route(app, coordinatorEndpoints.listIspApiKeys, operator, ({ params }) => {
    requireIsp(params.isp);
    return { apiKeys: apiKeys.list('isp', params.isp) };
  });
  // Of an ISP that left the AS graph too.
  route(app, coordinatorEndpoints.deleteIspApiKey, operator, ({ params }) => {
    apiKeys.remove('isp', params.isp, params.keyId);
    return { keyId: params.keyId };
  });
  route(app, coordinatorEndpoints.listAgreements, isp, ({ params, request }) => {
    actFor(request, params.isp);
    return { agreements: [...permission.agreementsOf(params.isp)] };
  });
  route(app, coordinatorEndpoints.putAgreement, isp, ({ params, body, request }) => {
    actFor(request, params.isp);
    if (body.validUntilMs <= body.validFromMs) {
      throw invalidRequest([{ path: 'body.validUntilMs', message: 'must be after validFromMs' }]);
    }
    return permission.putAgreement({ ...body, id: params.id, isp: params.isp });
  });
  route(app, coordinatorEndpoints.withdrawAgreement, isp, ({ params, request }) => {
    actFor(request, params.isp);
    return permission.withdrawAgreement(params.isp, params.id);
  });
  route(app, coordinatorEndpoints.putPermitKey, isp, ({ params, body, request }) => {
    actFor(request, params.isp);
    const key = { isp: params.isp, keyId: params.keyId, publicKey: body.publicKey };
    const stored = body.permitUrl === undefined ? key : { ...key, permitUrl: body.permitUrl };
    permission.putPermitKey(stored);
    return stored;
  });
  route(app, coordinatorEndpoints.removePermitKey, isp, ({ params, request }) => {
    actFor(request, params.isp);
    permission.removePermitKey(params.isp, params.keyId);
    return params;
  });
}
