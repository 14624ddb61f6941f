import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { FairhopError, toProblem } from '../model/errors.js';
import { createHttpClient, type HttpClient } from './http-client.js';

let cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(cleanups.map((clean) => clean()));
  cleanups = [];
});

async function serve(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function client(config: Parameters<typeof createHttpClient>[0] = {}): HttpClient {
  const made = createHttpClient(config);
  cleanups.push(() => made.close());
  return made;
}

const answerJson = (
  response: ServerResponse,
  value: unknown,
  status = 200,
  type = 'application/json',
): void => {
  response.writeHead(status, { 'content-type': type }).end(JSON.stringify(value));
};

async function readText(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

const schema = z.object({ size: z.int() });
const get = { method: 'GET', path: '/x?token=hidden', schema } as const;

describe('requestJson', () => {
  it('sends body, token and headers, and gives what the schema says', async () => {
    const baseUrl = await serve(async (request, response) => {
      const { authorization, 'content-type': contentType, 'x-more': more } = request.headers;
      answerJson(response, {
        authorization,
        contentType,
        more,
        url: request.url,
        body: await readText(request),
        size: 1,
      });
    });
    const answer = await client().requestJson({
      baseUrl: `${baseUrl}/prefix/`,
      method: 'POST',
      path: '/x?y=1',
      body: { a: 1 },
      token: 't',
      headers: { 'x-more': 'm' },
      schema: z.record(z.string(), z.unknown()),
    });
    expect(answer).toEqual({
      authorization: 'Bearer t',
      contentType: 'application/json',
      more: 'm',
      url: '/prefix/x?y=1',
      body: '{"a":1}',
      size: 1,
    });
  });

  it('sends signed bytes as they are', async () => {
    const baseUrl = await serve(async (request, response) => {
      answerJson(response, { type: request.headers['content-type'], body: await readText(request) });
    });
    const rawBody = { contentType: 'application/x-ndjson', bytes: Buffer.from('{ "a" : 1 }\n') };
    const call = { baseUrl, method: 'POST', path: '/', rawBody, schema: z.unknown() } as const;
    expect(await client().requestJson(call)).toEqual({ type: 'application/x-ndjson', body: '{ "a" : 1 }\n' });
  });

  it('takes an empty answer as undefined', async () => {
    const baseUrl = await serve((_request, response) => void response.writeHead(204).end());
    expect(await client().requestJson({ ...get, baseUrl, schema: z.undefined() })).toBeUndefined();
  });

  it('throws the problem that the service answered', async () => {
    const told = new FairhopError('title-unknown', 'no title x', { status: 404, details: { title: 'x' } });
    const baseUrl = await serve((_request, response) => {
      answerJson(response, toProblem(told), 404, 'application/problem+json; charset=utf-8');
    });
    await expect(client().requestJson({ ...get, baseUrl })).rejects.toEqual(told);
  });

  it.each([
    ['another shape', 200, 'application/json', '{"size":"much"}', /size: .*expected number/],
    ['no JSON', 200, 'text/html', '<html>', /text\/html, not JSON/],
    ['an error that is no problem', 500, 'text/html', '<html>', /status 500/],
    ['a problem of another shape', 400, 'application/problem+json', '{"title":"x"}', /status 400/],
    ['a redirect', 302, 'application/json', '{"size":1}', /status 302/],
  ])('refuses %s as unexpected, without the query', async (_name, status, type, body, message) => {
    const baseUrl = await serve((_request, response) => {
      response.writeHead(status, { 'content-type': type, location: '/y' }).end(body);
    });
    const error = await client()
      .requestJson({ ...get, baseUrl })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'unexpected-response', message: expect.stringMatching(message) });
    expect(String(error)).toContain(`GET ${baseUrl}/x answered`);
    expect(String(error)).not.toContain('hidden');
  });

  it('names a service that cannot be reached', async () => {
    const baseUrl = await serve(() => undefined);
    await cleanups.pop()!();
    await expect(client().requestJson({ ...get, baseUrl })).rejects.toMatchObject({
      code: 'service-unavailable',
      status: 503,
      message: expect.stringContaining(`${baseUrl}/x cannot be reached (ECONNREFUSED)`),
    });
  });

  it('takes a proxy’s word that the service is not there', async () => {
    const baseUrl = await serve((_request, response) => void response.writeHead(502).end('<html>'));
    await expect(client().requestJson({ ...get, baseUrl })).rejects.toMatchObject({
      code: 'service-unavailable',
      message: expect.stringContaining('status 502'),
    });
  });

  it('gives up on a service that is silent, or does not finish', async () => {
    const baseUrl = await serve((request, response) => {
      if (request.url === '/half') response.writeHead(200, { 'content-length': '100' }).write('{');
    });
    for (const path of ['/silent', '/half']) {
      const call = client().requestJson({ ...get, baseUrl, path, timeoutMs: 50 });
      await expect(call).rejects.toMatchObject({ code: 'time-out', status: 504 });
    }
  });

  it('ends when it is aborted', async () => {
    const controller = new AbortController();
    const baseUrl = await serve(() => controller.abort());
    const call = client().requestJson({ ...get, baseUrl, signal: controller.signal });
    await expect(call).rejects.toMatchObject({ code: 'aborted' });
  });

  it('reads no more than it may', async () => {
    const baseUrl = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = (): void =>
        void (response.write(' '.repeat(10_000)) ? setImmediate(more) : response.once('drain', more));
      more();
    });
    const call = client().requestJson({ ...get, baseUrl, maxResponseBytes: 100_000 });
    await expect(call).rejects.toMatchObject({ code: 'response-too-large' });
  });

  it('leaves from the local address it is given', async () => {
    const baseUrl = await serve((request, response) => answerJson(response, request.socket.remoteAddress));
    const answer = await client({ localAddress: '127.0.0.1' }).requestJson({
      ...get,
      baseUrl,
      schema: z.string(),
    });
    expect(answer).toBe('127.0.0.1');
    const other = client({ localAddress: '127.1.2.3' }).requestJson({ ...get, baseUrl, schema: z.string() });
    // Where 127/8 is not all there, the address cannot be bound, and the call must not leave from another one.
    expect(await other.catch((error: FairhopError) => error.code)).toBe(
      process.platform === 'linux' ? '127.1.2.3' : 'service-unavailable',
    );
  });

  it('is ended by close', async () => {
    const baseUrl = await serve(() => void closing.close());
    const closing = createHttpClient();
    await expect(closing.requestJson({ ...get, baseUrl })).rejects.toMatchObject({
      code: 'service-unavailable',
    });
  });
});
