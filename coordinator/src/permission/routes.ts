import { coordinatorEndpoints } from '@fairhop/shared/contract';
import type { AsGraph } from '@fairhop/shared/net';
import { type Authenticator, type HttpApp, invalidRequest, route } from '@fairhop/shared/service';
import type { FastifyRequest } from 'fastify';
import { requireSelfOrOperator } from '../self-or-operator.js';
import type { Permission } from './permission-service.js';
import { requireIsp } from './require-isp.js';

export interface PermissionRoutesDependencies {
  graph(): AsGraph;
  readonly permission: Permission;
  readonly auth: Authenticator;
}

export function addPermissionRoutes(app: HttpApp, dependencies: PermissionRoutesDependencies): void {
  const { graph, permission, auth } = dependencies;
  const isp = { onRequest: auth.requirePrincipal(['operator', 'isp']) };

  const actFor = (request: FastifyRequest, id: string): void => {
    requireSelfOrOperator(request, 'isp', id);
    requireIsp(graph(), id);
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
