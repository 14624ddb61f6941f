import { accountingEndpoints as endpoints } from '@fairhop/shared/contract';
import { FairhopError } from '@fairhop/shared/model';
import { type Authenticator, type Clock, type HttpApp, type Principal, route } from '@fairhop/shared/service';
import type { FastifyRequest } from 'fastify';
import type { Networks } from './networks.js';
import { MAX_TOPOLOGY_BYTES } from './topology-directory.js';

interface TopologyRoutesDependencies {
  readonly networks: Networks;
  readonly clock: Clock;
  readonly auth: Authenticator;
}

/** Declarations: each ISP's own by its key, all of them by the operator's token. */
export function addTopologyRoutes(app: HttpApp, { networks, clock, auth }: TopologyRoutesDependencies): void {
  const options = { onRequest: auth.requirePrincipal(['operator', 'isp']) };
  const whole = { ...options, bodyLimit: MAX_TOPOLOGY_BYTES };
  route(app, endpoints.putTopology, whole, ({ params: { isp }, query: { validFromMs }, body, request }) => {
    const { kind } = principalFor(isp, request);
    const isConfirmed = kind === 'operator';
    const declaredBy = isConfirmed ? 'operator' : `isp ${isp}`;
    return networks.topologies.declare({ isp, topology: body, declaredBy, isConfirmed, validFromMs });
  });
  route(app, endpoints.getTopology, options, ({ params: { isp }, query: { atMs }, request }) => {
    principalFor(isp, request);
    return networks.topologies.at(isp, atMs ?? clock.nowMs());
  });
  route(app, endpoints.listTopologies, options, ({ params: { isp }, request }) => {
    principalFor(isp, request);
    return { topologies: networks.topologies.list(isp) };
  });
}

/** Whoever may act for an ISP. Throws `forbidden` (403). */
function principalFor(isp: string, { principal }: FastifyRequest): Principal {
  if (principal?.kind === 'operator' || (principal?.kind === 'isp' && principal.id === isp)) return principal;
  const who = `${principal?.kind} ${principal?.id}`;
  throw new FairhopError('forbidden', `${who} may not act for isp ${isp}; use the key of ${isp}`, {
    status: 403,
  });
}
