import { createHmac } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { FairhopError } from '../model/errors.js';
import { createHttpService, type HttpService, type HttpServiceConfig } from './http-service.js';

const bodyLimitBytes = 100_000;
let running: HttpService[] = [];
let logLines: string[] = [];

afterEach(async () => {
  await Promise.all(running.map((service) => service.stop()));
  running = [];
  logLines = [];
});

function make(overrides: Partial<HttpServiceConfig> = {}): HttpService {
  const log = pino({ level: 'info' }, { write: (line: string) => void logLines.push(line) });
  const service = createHttpService({
    name: 'trial',
    host: '127.0.0.1',
    port: 0,
    log,
    bodyLimitBytes,
    ...overrides,
  });
  service.routes((app) => {
    app.post(
      '/titles/:owner',
      {
        schema: {
          params: z.object({ owner: z.string().max(10) }),
          body: z.strictObject({ files: z.array(z.object({ sizeBytes: z.int().min(0) })) }),
          response: { 200: z.object({ total: z.int() }) },
        },
      },
      async (request) => ({ total: request.body.files.reduce((sum, file) => sum + file.sizeBytes, 0) }),
    );
    app.get('/wrong-answer', { schema: { response: { 200: z.object({ total: z.int() }) } } }, async () => {
      return { total: 'much' } as unknown as { total: number };
    });
    app.get('/fails', async () => {
      throw new Error('the secret detail');
    });
    app.get('/full', async () => {
      const database = new Database(':memory:');
      database.pragma('max_page_count = 2');
      try {
        database.exec('CREATE TABLE events (id INTEGER); CREATE TABLE one_too_many (id INTEGER)');
      } finally {
        database.close();
      }
    });
    app.get('/refuses', async () => {
      throw new FairhopError('title-unknown', 'no title "x"', { status: 404, details: { title: 'x' } });
    });
    app.post(
      '/events',
      { config: { rawBody: true }, schema: { body: z.array(z.unknown()) } },
      async (request) => ({
        count: request.body.length,
        values: request.body,
        mac: createHmac('sha256', 'k').update(request.rawBody!).digest('hex'),
      }),
    );
    app.post('/plain', async (request) => ({ hasRawBody: request.rawBody !== null }));
  });
  running.push(service);
  return service;
}

async function started(overrides: Partial<HttpServiceConfig> = {}): Promise<HttpService> {
  const service = make(overrides);
  await service.start();
  return service;
}

async function problemOf(response: Response): Promise<Record<string, unknown>> {
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const problem = (await response.json()) as Record<string, unknown>;
  expect(problem['status']).toBe(response.status);
  expect(problem['type']).toBe(`https://fairhop.dev/problems/${problem['code']}`);
  return problem;
}

const post = (
  url: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string>,
): Promise<Response> => fetch(url, { method: 'POST', body, headers });
const json = { 'content-type': 'application/json' };
const ndjson = { 'content-type': 'application/x-ndjson' };

describe('requests', () => {
  it('says at its base URL what it is and where to read on', async () => {
    const { url } = await started();
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ service: 'Fairhop trial', docs: '/docs', health: '/healthz' });
  });

  it('are checked, and the answer is what the schema says', async () => {
    const { url } = await started();
    const response = await post(`${url}/titles/o1`, '{"files":[{"sizeBytes":2},{"sizeBytes":3}]}', json);
    expect([response.status, await response.json()]).toEqual([200, { total: 5 }]);
  });

  it('that do not match are told each wrong field by its path', async () => {
    const { url } = await started();
    const response = await post(
      `${url}/titles/o1`,
      '{"files":[{"sizeBytes":2},{"sizeBytes":-3}],"extra":1}',
      json,
    );
    const problem = await problemOf(response);
    expect([response.status, problem['code']]).toEqual([400, 'invalid-request']);
    const paths = (problem['errors'] as { path: string }[]).map(({ path }) => path);
    expect(paths.sort()).toEqual(['body.extra', 'body.files.1.sizeBytes']);
    const wrongParameter = await problemOf(await post(`${url}/titles/far-too-long`, '{"files":[]}', json));
    expect(wrongParameter['errors']).toMatchObject([{ path: 'params.owner' }]);
  });

  it.each([
    ['{"files":', 'is empty or not JSON'],
    ['', 'is empty or not JSON'],
    ['{"__proto__":{"x":1},"files":[]}', 'is empty or not JSON'],
  ])('with the body %j are refused', async (body, message) => {
    const { url } = await started();
    const problem = await problemOf(await post(`${url}/titles/o1`, body, json));
    expect(problem).toMatchObject({ code: 'invalid-request', errors: [{ path: 'body', message }] });
  });

  it('of an unknown path, media type or size get their own codes', async () => {
    const { url } = await started();
    expect(await problemOf(await fetch(`${url}/nowhere?token=abc`))).toMatchObject({
      status: 404,
      code: 'not-found',
    });
    expect(await problemOf(await post(`${url}/plain`, 'x', { 'content-type': 'text/plain' }))).toMatchObject({
      status: 415,
      code: 'media-type-unsupported',
    });
    const large = JSON.stringify('x'.repeat(bodyLimitBytes));
    expect(await problemOf(await post(`${url}/plain`, large, json))).toMatchObject({
      status: 413,
      code: 'body-too-large',
    });
    expect(await problemOf(await fetch(`${url}/%E0%A4%A`))).toMatchObject({
      status: 400,
      code: 'invalid-request',
    });
  });

  it('beyond the rate limit are refused, also those of unknown paths', async () => {
    const { url } = await started({ rateLimit: { max: 2, timeWindowMs: 60_000 } });
    await fetch(`${url}/refuses`);
    await fetch(`${url}/refuses`);
    const refused = await fetch(`${url}/refuses`);
    expect(refused.headers.get('retry-after')).not.toBeNull();
    expect(await problemOf(refused)).toMatchObject({ status: 429, code: 'too-many-requests' });
    const statuses = [];
    for (let index = 0; index < 3; index += 1) statuses.push((await fetch(`${url}/unknown`)).status);
    expect(statuses.at(-1)).toBe(429);
  });

  it('without a right token count too, so that tokens cannot be guessed at will', async () => {
    const { url } = await started({ rateLimit: { max: 2, timeWindowMs: 60_000 }, operatorToken: 'right' });
    const guess = async (token: string): Promise<number> =>
      (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect([await guess('wrong'), await guess('wronger'), await guess('right')]).toEqual([401, 401, 429]);
  });
});

describe('failures', () => {
  it('of the service are logged and not told', async () => {
    const { url } = await started();
    const text = await (await fetch(`${url}/fails`)).text();
    expect(JSON.parse(text)).toMatchObject({ code: 'internal', status: 500 });
    expect(text).not.toContain('secret detail');
    expect(logLines.join('')).toContain('the secret detail');
  });

  it('of an answer to match its schema are internal and logged', async () => {
    const { url } = await started();
    expect(await problemOf(await fetch(`${url}/wrong-answer`))).toMatchObject({
      code: 'internal',
      status: 500,
    });
    expect(logLines.join('')).toContain('/wrong-answer');
  });

  it('for want of disk space are told as such, also when the database runs into it', async () => {
    const { url } = await started();
    expect(await problemOf(await fetch(`${url}/full`))).toMatchObject({ code: 'disk-full', status: 507 });
    expect(logLines.join('')).toContain('SQLITE_FULL');
  });

  it('with a status are told with code, message and details', async () => {
    const { url } = await started();
    expect(await problemOf(await fetch(`${url}/refuses`))).toEqual({
      type: 'https://fairhop.dev/problems/title-unknown',
      title: 'Title unknown',
      status: 404,
      code: 'title-unknown',
      detail: 'no title "x"',
      details: { title: 'x' },
    });
  });
});

describe('bodies', () => {
  const lines = '{"a":1}\n{"a":2}\r\n\n[3]';

  it('of NDJSON become an array, and the raw bytes are those that were signed', async () => {
    const { url } = await started();
    const mac = createHmac('sha256', 'k').update(lines).digest('hex');
    const values = [{ a: 1 }, { a: 2 }, [3]];
    const plain = await post(`${url}/events`, lines, ndjson);
    expect(await plain.json()).toEqual({ count: 3, values, mac });
    const zipped = await post(`${url}/events`, new Uint8Array(gzipSync(lines)), {
      ...ndjson,
      'content-encoding': 'gzip',
    });
    expect(await zipped.json()).toEqual({ count: 3, values, mac });
  });

  it('are kept raw only where a route asks', async () => {
    const { url } = await started();
    expect(await (await post(`${url}/plain`, '{}', json)).json()).toEqual({ hasRawBody: false });
  });

  it('of NDJSON with a bad line name it', async () => {
    const { url } = await started();
    const problem = await problemOf(await post(`${url}/events`, '{"a":1}\n{"a":1},{"a":2}\n', ndjson));
    expect(problem['errors']).toEqual([{ path: 'body.line 2', message: 'is not JSON' }]);
  });

  it('that decompress past the limit are refused', async () => {
    const { url } = await started();
    const gzip = { ...json, 'content-encoding': 'gzip' };
    const fits = gzipSync(JSON.stringify('x'.repeat(bodyLimitBytes - 2)));
    expect((await post(`${url}/plain`, new Uint8Array(fits), gzip)).status).toBe(200);
    const bomb = gzipSync(Buffer.alloc(50_000_000, ' '));
    expect(bomb.length).toBeLessThan(bodyLimitBytes);
    expect(await problemOf(await post(`${url}/plain`, new Uint8Array(bomb), gzip))).toMatchObject({
      status: 413,
      code: 'body-too-large',
    });
  });

  it('that are no gzip, a torn gzip or another encoding are refused', async () => {
    const { url } = await started();
    const gzip = { ...json, 'content-encoding': 'gzip' };
    const torn = new Uint8Array(gzipSync('{"a":"bcdefgh"}').subarray(0, -9));
    for (const body of ['{}', torn]) {
      expect(await problemOf(await post(`${url}/plain`, body, gzip))).toMatchObject({
        code: 'invalid-request',
      });
    }
    const brotli = await post(`${url}/plain`, '{}', { ...json, 'content-encoding': 'br' });
    expect(await problemOf(brotli)).toMatchObject({ status: 415 });
  });
});

describe('operations', () => {
  it('tell life, readiness with its checks, and metrics by route', async () => {
    const service = make();
    let isReady = false;
    service.addReadinessCheck('ledger', async () => {
      if (!isReady) throw new Error('not open');
    });
    await service.start();
    const { url } = service;
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const unready = await fetch(`${url}/readyz`);
    expect([unready.status, await unready.json()]).toEqual([
      503,
      { ready: false, checks: { ledger: 'failed' } },
    ]);
    isReady = true;
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    await post(`${url}/titles/o1`, '{"files":[]}', json);
    await fetch(`${url}/no/such/path`);
    const readMetrics = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();
    // Counted when the answer has left, which its reader does not wait for.
    await expect.poll(readMetrics).toContain('route="unmatched"');
    const metrics = await readMetrics();
    expect(metrics).toContain(
      'fairhop_http_request_duration_seconds_count{service="trial",method="POST",route="/titles/:owner",status="200"} 1',
    );
    expect(metrics).not.toContain('/no/such/path');
    expect(metrics).toContain('process_resident_memory_bytes');
  });

  it('keep metrics for the operator where there is a token', async () => {
    const { url } = await started({ operatorToken: 'right' });
    const stranger = await fetch(`${url}/metrics`);
    expect(stranger.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect(await problemOf(stranger)).toMatchObject({ status: 401, code: 'unauthenticated' });
    expect((await fetch(`${url}/metrics`, { headers: { authorization: 'Bearer right' } })).status).toBe(200);
  });

  it('describe the routes as OpenAPI from their schemas', async () => {
    const { url } = await started();
    expect((await fetch(`${url}/docs`)).status).toBe(200);
    const document = (await (await fetch(`${url}/docs/json`)).json()) as {
      paths: Record<string, { post?: { requestBody?: unknown } }>;
    };
    expect(JSON.stringify(document.paths['/titles/{owner}']?.post?.requestBody)).toContain('sizeBytes');
  });

  it('are apart for two services of one process', async () => {
    const [one, two] = [await started(), await started({ name: 'other' })];
    await fetch(`${one.url}/refuses`);
    const metrics = await (await fetch(`${two.url}/metrics`)).text();
    expect(metrics).not.toContain('route="/refuses"');
  });
});
