import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  RouteOptions,
  RouteShorthandOptions,
} from 'fastify';
import type { z } from 'zod';
import type { Endpoint } from '../contract/endpoint.js';

type Parsed<Schema> = Schema extends z.ZodNever
  ? undefined
  : Schema extends z.ZodType
    ? z.output<Schema>
    : undefined;

/** What a handler gets: the parts that the endpoint declares, already checked by their schemas. */
export interface RouteInput<Params, Query, Body> {
  readonly params: Parsed<Params>;
  readonly query: Parsed<Query>;
  readonly body: Parsed<Body>;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Serves one endpoint of a contract: the same definition that its typed client calls. */
export const route = <
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Response extends z.ZodType,
>(
  app: FastifyInstance,
  endpoint: Endpoint<Params, Query, Body, Response>,
  options: Pick<RouteShorthandOptions, 'onRequest' | 'preHandler' | 'config' | 'bodyLimit'>,
  handler: (input: RouteInput<Params, Query, Body>) => Promise<z.output<Response>> | z.output<Response>,
): void => {
  const served: RouteOptions = {
    method: endpoint.method,
    url: endpoint.path,
    ...options,
    config: {
      ...options.config,
      ...(endpoint.scope !== undefined && { scope: endpoint.scope }),
      ...(endpoint.trail !== undefined && { trail: endpoint.trail }),
    },
    schema: {
      summary: endpoint.summary,
      ...(endpoint.params === undefined ? {} : { params: endpoint.params }),
      ...(endpoint.query === undefined ? {} : { querystring: endpoint.query }),
      ...(endpoint.body === undefined ? {} : { body: endpoint.body }),
      response: { 200: endpoint.response },
    },
    handler: (request, reply) =>
      handler({
        params: request.params as Parsed<Params>,
        query: request.query as Parsed<Query>,
        body: request.body as Parsed<Body>,
        request,
        reply,
      }),
  };
  app.route(served);
};
