import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { FastifyInstance, FastifyRequest, RequestPayload } from 'fastify';
import { FairhopError } from '../model/errors.js';
import { invalidRequest } from './http-errors.js';
import { noteLargeBody } from './http-trail.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The body's bytes after decompression, on routes with `config.rawBody`; what a signature was made over. */
    rawBody: Buffer | null;
  }
  interface FastifyContextConfig {
    rawBody?: boolean;
  }
}

/**
 * Bodies that every service reads: `application/json`, and `application/x-ndjson` as an array of its lines' values;
 * each plain or gzip. The body limit counts decompressed bytes.
 */
export function registerBodyParsers(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.decorateRequest('rawBody', null);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    keepRawBody(request, body);
    parseJson(request, body.toString('utf8'), done);
  });
  app.addContentTypeParser('application/x-ndjson', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    keepRawBody(request, body);
    const values: unknown[] = [];
    let failedLine: number | undefined;
    for (const [index, line] of body.toString('utf8').split('\n').entries()) {
      if (line.trim() === '') continue;
      parseJson(request, line, (error, value) => {
        if (error) failedLine = index + 1;
        else values.push(value);
      });
      if (failedLine !== undefined) break;
    }
    if (failedLine === undefined) done(null, values);
    else done(invalidRequest([{ path: `body.line ${failedLine}`, message: 'is not JSON' }]));
  });
  app.addHook('preParsing', async (request, _reply, payload) => decompress(request, payload));
}

function keepRawBody(request: FastifyRequest, body: Buffer): void {
  if (request.routeOptions.config.rawBody) request.rawBody = body;
  noteLargeBody(request, body);
}

function decompress(request: FastifyRequest, payload: RequestPayload): RequestPayload {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (encoding === 'identity') return payload;
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    const message = `content-encoding ${JSON.stringify(encoding)} is not read here; gzip or none is right`;
    throw new FairhopError('media-type-unsupported', message, { status: 415 });
  }
  return boundedGunzip(payload, request.routeOptions.bodyLimit);
}

/** Ends with an error at the first byte past the limit: a bomb is not decompressed further than that. */
function boundedGunzip(payload: RequestPayload, limitBytes: number): RequestPayload {
  const gunzip = createGunzip();
  let encodedBytes = 0;
  payload.on('data', (chunk: Buffer) => {
    encodedBytes += chunk.length;
  });
  // A pipe does not pass on that its source broke off, and the request would wait for good.
  payload.once('close', () => {
    if (!payload.readableEnded) gunzip.destroy(invalidRequest([{ path: 'body', message: 'broke off' }]));
  });
  payload.pipe(gunzip);
  const output: RequestPayload = Readable.from(boundedChunks(gunzip, limitBytes), { objectMode: false });
  // What fastify compares with the content length.
  Object.defineProperty(output, 'receivedEncodedLength', { get: () => encodedBytes });
  output.once('error', () => {
    payload.unpipe(gunzip);
    // What still comes is read and dropped, so that the client gets to read the answer.
    payload.resume();
  });
  return output;
}

async function* boundedChunks(gunzip: AsyncIterable<Buffer>, limitBytes: number): AsyncGenerator<Buffer> {
  let sizeBytes = 0;
  try {
    for await (const chunk of gunzip) {
      sizeBytes += chunk.length;
      if (sizeBytes > limitBytes) {
        const message = `the body is larger than ${limitBytes} bytes once decompressed`;
        throw new FairhopError('body-too-large', message, { status: 413 });
      }
      yield chunk;
    }
  } catch (error) {
    if (error instanceof FairhopError) throw error;
    throw invalidRequest([{ path: 'body', message: 'is not what gzip makes' }]);
  }
}
