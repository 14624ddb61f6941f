import { type altoStateSchema, coordinatorEndpoints } from '@fairhop/shared/contract';
import { FairhopError, MAX_ALTO_DOCUMENT_BYTES } from '@fairhop/shared/model';
import type { AsGraph } from '@fairhop/shared/net';
import { type Authenticator, type HttpApp, route } from '@fairhop/shared/service';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { requireSelfOrOperator } from '../self-or-operator.js';
import type { AltoMaps, AltoState } from './alto-maps.js';
import type { AltoRefresh } from './alto-refresh.js';

export interface AltoRoutesDependencies {
  graph(): AsGraph;
  readonly maps: AltoMaps;
  readonly refresh: Pick<AltoRefresh, 'follow'>;
  readonly auth: Authenticator;
}

export function addAltoRoutes(app: HttpApp, { graph, maps, refresh, auth }: AltoRoutesDependencies): void {
  const isp = { onRequest: auth.requirePrincipal(['operator', 'isp']) };
  const actFor = (request: FastifyRequest, id: string): void => {
    requireSelfOrOperator(request, 'isp', id);
    if (graph().isp(id)) return;
    const message = `ISP ${id} is not in the AS graph; add it there with its ASes and prefixes`;
    throw new FairhopError('isp-unknown', message, { status: 404 });
  };

  route(
    app,
    coordinatorEndpoints.putAlto,
    { ...isp, bodyLimit: MAX_ALTO_DOCUMENT_BYTES },
    ({ params, body, request }) => {
      actFor(request, params.isp);
      const documents = { networkMap: { content: body.networkMap }, costMap: { content: body.costMap } };
      return toState(maps.put({ isp: params.isp }, documents));
    },
  );
  route(app, coordinatorEndpoints.putAltoUrl, isp, async ({ params, body, request }) => {
    actFor(request, params.isp);
    const { url, costMapUrl } = body;
    const source = { isp: params.isp, url, ...(costMapUrl !== undefined && { costMapUrl }) };
    return toState(await refresh.follow(source));
  });
  // Of an ISP that left the AS graph too.
  route(app, coordinatorEndpoints.getAlto, isp, ({ params, request }) => {
    requireSelfOrOperator(request, 'isp', params.isp);
    const state = toState(maps.state(params.isp));
    const { networkMap, costMap } = maps.documents(params.isp)!;
    return { ...state, networkMap: networkMap.content, costMap: costMap.content };
  });
  route(app, coordinatorEndpoints.removeAlto, isp, ({ params, request }) => {
    requireSelfOrOperator(request, 'isp', params.isp);
    maps.remove(params.isp);
    return params;
  });
}

function toState({
  source,
  map,
  confirmedMs,
  isInForce,
  failure,
}: AltoState): z.output<typeof altoStateSchema> {
  return {
    ...source,
    tag: map.tag,
    costMode: map.costMode,
    pids: map.pids.length,
    prefixes: map.prefixCount,
    isInForce,
    confirmedMs,
    ...(failure && { failure }),
  };
}
