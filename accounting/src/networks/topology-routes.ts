import { accountingEndpoints as endpoints } from '@fairhop/shared/contract';
import { FairhopError } from '@fairhop/shared/model';
import { type Authenticator, type Clock, type HttpApp, type Principal, route } from '@fairhop/shared/service';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { MAX_TOPOLOGY_BYTES } from './declaration-limits.js';
import type { Networks } from './networks.js';
import { readTopology } from './read-topology.js';
import { inSlices } from './steps.js';

interface TopologyRoutesDependencies {
  readonly networks: Networks;
  readonly clock: Clock;
  readonly auth: Authenticator;
}

/** A declaration is read in slices, and what was read once is not read again on its way out. */
const unread = z.unknown();
const putTopology = { ...endpoints.putTopology, body: unread, response: unread };
const getTopology = { ...endpoints.getTopology, response: unread };

/** Declarations: each ISP's own by its key, all of them by the operator's token. */
export function addTopologyRoutes(app: HttpApp, { networks, clock, auth }: TopologyRoutesDependencies): void {
  const options = { onRequest: auth.requirePrincipal(['operator', 'isp']) };
  const whole = { ...options, bodyLimit: MAX_TOPOLOGY_BYTES };
  route(app, putTopology, whole, async ({ params: { isp }, query: { validFromMs }, body, request }) => {
    const { kind } = principalFor(isp, request);
    const isConfirmed = kind === 'operator';
    const declaredBy = isConfirmed ? 'operator' : `isp ${isp}`;
    const topology = await inSlices(readTopology(body));
    return networks.topologies.declare({ isp, topology, declaredBy, isConfirmed, validFromMs });
  });
  route(app, getTopology, options, ({ params: { isp }, query: { atMs }, request }) => {
    principalFor(isp, request);
    return networks.topologies.at(isp, atMs ?? clock.nowMs());
  });
  route(app, endpoints.listTopologies, options, ({ params: { isp }, query, request }) => {
    principalFor(isp, request);
    return { topologies: networks.topologies.list(isp, query) };
  });
  route(app, endpoints.withdrawTopology, options, async ({ params: { isp, version }, request }) => {
    principalFor(isp, request);
    return { withdrawn: await networks.topologies.withdraw(isp, version) };
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
