import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  apiKeyMatches,
  createAuthenticator,
  hashApiKey,
  newApiKey,
  type Principal,
  staticTokens,
} from './auth.js';
import { createHttpService, type HttpService } from './http-service.js';

const isp: Principal = { kind: 'isp', id: 'isp:sp1' };
const operator: Principal = { kind: 'operator', id: 'operator' };
const authenticator = createAuthenticator({
  verify: staticTokens([
    { token: 'isp-token', principal: isp },
    { token: 'operator-token', principal: operator },
  ]),
});
let service: HttpService;

beforeAll(async () => {
  const log = pino({ level: 'silent' });
  service = createHttpService({ name: 'trial', host: '127.0.0.1', port: 0, log, bodyLimitBytes: 100 });
  service.routes((app) => {
    app.get(
      '/isp',
      { onRequest: authenticator.requirePrincipal(['isp']) },
      async ({ principal }) => principal,
    );
    app.get(
      '/both',
      { preHandler: authenticator.requirePrincipal(['isp', 'operator']) },
      async ({ principal }) => principal,
    );
    app.post('/early', { onRequest: authenticator.requirePrincipal(['isp']) }, async () => ({}));
  });
  await service.start();
});
afterAll(() => service.stop());

const get = (path: string, authorization?: string): Promise<Response> =>
  fetch(service.url + path, { headers: authorization === undefined ? {} : { authorization } });

describe('requirePrincipal', () => {
  it('lets in who is of the kind, and says who it is', async () => {
    expect(await (await get('/isp', 'Bearer isp-token')).json()).toEqual(isp);
    expect(await (await get('/both', 'bearer operator-token')).json()).toEqual(operator);
  });

  it.each([
    undefined,
    'Bearer',
    'Bearer wrong',
    'Basic isp-token',
    'Bearer isp-token x',
    `Bearer ${'x'.repeat(5000)}`,
  ])('answers %s with 401 and how to authenticate', async (authorization) => {
    const response = await get('/isp', authorization);
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="fairhop"');
    expect(await response.json()).toMatchObject({ status: 401, code: 'unauthenticated' });
  });

  it('answers another kind with 403', async () => {
    const response = await get('/isp', 'Bearer operator-token');
    expect(await response.json()).toMatchObject({
      status: 403,
      code: 'forbidden',
      detail: expect.stringContaining('isp'),
    });
  });

  it('refuses strangers before their body is read', async () => {
    const response = await fetch(`${service.url}/early`, { method: 'POST', body: 'x'.repeat(1000) });
    expect(response.status).toBe(401);
  });
});

describe('API keys', () => {
  it('match their own hash alone', () => {
    const [one, two] = [newApiKey(), newApiKey()];
    expect(one.key).not.toBe(two.key);
    expect(one.hash).toBe(hashApiKey(one.key));
    expect(one.hash).not.toContain(one.key);
    expect([
      apiKeyMatches(one.key, one.hash),
      apiKeyMatches(one.key, two.hash),
      apiKeyMatches(one.key, ''),
    ]).toEqual([true, false, false]);
  });
});
