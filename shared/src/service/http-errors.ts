import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest, FastifySchemaCompiler } from 'fastify';
import type { z } from 'zod';
import { safeParse } from 'zod/v4/core';
import { FairhopError, type FieldError, fieldErrors, problemMediaType, toProblem } from '../model/errors.js';
import { errorCode } from './atomic-file.js';

/** A part of a request that its schema refuses; fastify adds which part. */
class SchemaMismatch extends Error {
  readonly zodError: z.core.$ZodError;
  validationContext?: string;

  constructor(zodError: z.core.$ZodError) {
    super('the request does not match its schema');
    this.zodError = zodError;
  }
}

/** Checks requests by their zod schemas, and keeps the issues whole for the error handler. */
export const validateBySchema: FastifySchemaCompiler<z.core.$ZodType> =
  ({ schema }) =>
  (data) => {
    const result = safeParse(schema, data);
    return result.success ? { value: result.data } : { error: new SchemaMismatch(result.error) };
  };

/** Answers every error as problem+json (RFC 9457); what is our own fault goes to the log and is not told. */
export async function answerError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const known = toFairhopError(error);
  const problem = toProblem(known ?? error);
  if (known === undefined || known.status === undefined || known.status >= 500) {
    const route = request.routeOptions?.url ?? 'unmatched';
    request.log.error({ err: error, method: request.method, route }, 'a request failed');
  }
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="fairhop"');
  // What is left of an oversized body would have to be read before the next request on the connection.
  if (problem.status === 413) reply.header('connection', 'close');
  await reply.status(problem.status).type(problemMediaType).send(JSON.stringify(problem));
}

export function notFound(request: FastifyRequest): FairhopError {
  const path = request.url.replace(/\?.*$/, '');
  return new FairhopError('not-found', `there is no ${request.method} ${path} here; /docs lists what is`, {
    status: 404,
  });
}

/** Answers a connection whose bytes are no request (400), too large a head (431) or too slow (408). */
export function answerBrokenConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, code, detail] =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? ([408, 'request-time-out', 'the request took too long to arrive'] as const)
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? ([431, 'headers-too-large', 'the head of the request is larger than 16 KiB'] as const)
        : ([400, 'invalid-request', 'what came is not HTTP/1.1'] as const);
  const body = JSON.stringify(toProblem(new FairhopError(code, detail, { status })));
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: ${problemMediaType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n`;
  socket.end(head + body, () => socket.destroy());
}

/** An error of listening as one that says what to do. */
export function listenError(error: unknown, name: string, host: string, port: number): unknown {
  const where = `${host} port ${port}`;
  switch (errorCode(error)) {
    case 'EADDRINUSE':
      return new FairhopError(
        'port-in-use',
        `${name} cannot listen on ${where}: another process does; stop that one or give another port (0 takes any free one)`,
        { status: 409, cause: error },
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new FairhopError(
        'address-not-available',
        `${name} cannot listen on ${where}: this machine does not have that address; give one of its own, or add it to an interface (macOS and Windows have only 127.0.0.1 of 127/8)`,
        { cause: error },
      );
    case 'EACCES':
      return new FairhopError(
        'port-not-permitted',
        `${name} cannot listen on ${where}: this user may not; give a port of 1024 or above`,
        { status: 403, cause: error },
      );
    default:
      return error;
  }
}

const codeByStatus: Readonly<Record<number, string>> = {
  408: 'request-time-out',
  413: 'body-too-large',
  414: 'url-too-long',
  415: 'media-type-unsupported',
  429: 'too-many-requests',
  503: 'service-unavailable',
};

function toFairhopError(error: unknown): FairhopError | undefined {
  if (error instanceof FairhopError) return error;
  if (error instanceof SchemaMismatch) {
    const part = error.validationContext === 'querystring' ? 'query' : (error.validationContext ?? 'request');
    return invalidRequest(fieldErrors(error.zodError, [part]));
  }
  // SQLite's name for it, and the system's. The transaction is undone: nothing was acknowledged.
  if (['SQLITE_FULL', 'ENOSPC'].includes(errorCode(error) ?? '')) {
    const message =
      'the service has no space left on its disk; nothing of the request was kept, try again later';
    return new FairhopError('disk-full', message, { status: 507, cause: error });
  }
  if (!(error instanceof Error) || !('statusCode' in error) || typeof error.statusCode !== 'number')
    return undefined;
  const status = error.statusCode;
  // Fastify's own errors (FST_…) describe the request, not the service.
  if (status < 400 || (status > 499 && status !== 503)) return undefined;
  if (/_(EMPTY|INVALID)_JSON_BODY$/.test(errorCode(error) ?? '')) {
    return invalidRequest([{ path: 'body', message: 'is empty or not JSON' }]);
  }
  return new FairhopError(codeByStatus[status] ?? 'invalid-request', error.message, { status, cause: error });
}

/** A request refused for its content, with the path of each wrong field. */
export function invalidRequest(errors: readonly FieldError[]): FairhopError {
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  const message = `${first?.path ?? 'the request'}: ${first?.message ?? 'is not right'}${more}`;
  return new FairhopError('invalid-request', message, { status: 400, errors });
}
