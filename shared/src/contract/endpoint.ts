import type { z } from 'zod';
import type { Scope } from '../model/index.js';
import type { HttpClient } from './http-client.js';

/**
 * One HTTP operation as data: the service that serves it and the client that calls it share this single definition.
 * Paths use fastify's `:name` parameters.
 */
export interface Endpoint<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Response extends z.ZodType = z.ZodType,
> {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly path: `/${string}`;
  readonly summary: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly response: Response;
  /**
   * What a user or key needs, where the endpoint is not open to all; by default `read` for GET and `write` for all else. `any`: it
   * is about the caller itself.
   */
  readonly scope?: Scope | 'any';
  /** Whether calls are in the audit trail: by default those that write and whose caller is known. */
  readonly trail?: 'always' | 'never';
}

/** Keeps the literal types of an endpoint's schemas. */
export const defineEndpoint = <
  Params extends z.ZodType = z.ZodNever,
  Query extends z.ZodType = z.ZodNever,
  Body extends z.ZodType = z.ZodNever,
  Response extends z.ZodType = z.ZodType,
>(
  endpoint: Endpoint<Params, Query, Body, Response>,
): Endpoint<Params, Query, Body, Response> => endpoint;

type Part<Name extends string, Schema> = Schema extends z.ZodNever
  ? unknown
  : Schema extends z.ZodType
    ? { readonly [key in Name]: z.input<Schema> }
    : unknown;

/** What a caller passes for an endpoint: only the parts that the endpoint has. */
export type EndpointInput<E> =
  E extends Endpoint<infer Params, infer Query, infer Body, z.ZodType>
    ? Part<'params', Params> & Part<'query', Query> & Part<'body', Body>
    : never;
export type EndpointOutput<E> =
  E extends Endpoint<z.ZodType, z.ZodType, z.ZodType, infer Response> ? z.output<Response> : never;

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ClientOptions {
  readonly http: HttpClient;
  readonly baseUrl: string;
  /** Bearer token, or how to get the current one. */
  readonly token?: string | (() => string | undefined);
}

export type Client<Endpoints> = {
  readonly [Name in keyof Endpoints]: (
    input: EndpointInput<Endpoints[Name]>,
    options?: CallOptions,
  ) => Promise<EndpointOutput<Endpoints[Name]>>;
};

interface AnyInput {
  readonly params?: Record<string, unknown>;
  readonly query?: Record<string, unknown>;
  readonly body?: unknown;
}

const fillPath = (path: string, params: Record<string, unknown> | undefined): string =>
  path.replace(/:([A-Za-z]+)/g, (_, name: string) => encodeURIComponent(String(params?.[name] ?? '')));

const queryString = (query: Record<string, unknown> | undefined): string => {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {}))
    if (value !== undefined) search.set(name, String(value));
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
};

/**
 * Typed client of a service: one method per endpoint, responses checked by their schemas.
 * @throws FairhopError with the service's own code, or `service-unavailable` when it cannot be reached.
 */
export const createClient = <
  Endpoints extends Record<string, Endpoint<z.ZodType, z.ZodType, z.ZodType, z.ZodType>>,
>(
  endpoints: Endpoints,
  { http, baseUrl, token }: ClientOptions,
): Client<Endpoints> =>
  Object.fromEntries(
    Object.entries(endpoints).map(([name, endpoint]) => [
      name,
      (input: AnyInput, options: CallOptions = {}) => {
        const bearer = typeof token === 'function' ? token() : token;
        return http.requestJson({
          baseUrl,
          method: endpoint.method,
          path: fillPath(endpoint.path, input.params) + queryString(input.query),
          schema: endpoint.response,
          ...(input.body === undefined ? {} : { body: input.body }),
          ...(bearer === undefined ? {} : { token: bearer }),
          ...options,
        });
      },
    ]),
  ) as unknown as Client<Endpoints>;
