import { createHash, createSign, generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TestProvider {
  readonly issuer: string;
  readonly clientId: string;
  /** What it says of whoever logs in next. */
  claims: Record<string, unknown>;
  /** Signs with a key that it does not publish. */
  isForged: boolean;
  stop(): Promise<void>;
}

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** An OpenID provider on loopback, at which everybody is logged in already: discovery, authorization code with PKCE, RS256. */
export async function startTestProvider(): Promise<TestProvider> {
  const clientId = 'fairhop';
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const otherKeys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const given = new Map<string, URLSearchParams>();
  const idToken = (asked: URLSearchParams): string => {
    const nowSeconds = Math.floor(Date.now() / 1000);
    const head = { alg: 'RS256', typ: 'JWT', kid: 'one' };
    const claims = {
      ...{ iss: provider.issuer, aud: clientId, sub: 'somebody', nonce: asked.get('nonce') },
      ...{ iat: nowSeconds, exp: nowSeconds + 60, ...provider.claims },
    };
    const signed = `${base64url(head)}.${base64url(claims)}`;
    const { privateKey } = provider.isForged ? otherKeys : keys;
    return `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey, 'base64url')}`;
  };
  const tokens = (form: URLSearchParams): [number, unknown] => {
    const asked = given.get(form.get('code') ?? '');
    given.delete(form.get('code') ?? '');
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    const isRight =
      asked?.get('code_challenge') === challenge &&
      asked.get('redirect_uri') === form.get('redirect_uri') &&
      form.get('client_id') === clientId;
    if (!isRight) return [400, { error: 'invalid_grant' }];
    return [200, { access_token: 'a', token_type: 'Bearer', expires_in: 60, id_token: idToken(asked) }];
  };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', provider.issuer);
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (url.pathname === '/.well-known/openid-configuration') {
      const { issuer } = provider;
      const endpoints = { authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` };
      answer(200, {
        ...{ issuer, ...endpoints, jwks_uri: `${issuer}/keys` },
        ...{ response_types_supported: ['code'], subject_types_supported: ['public'] },
        id_token_signing_alg_values_supported: ['RS256'],
      });
    } else if (url.pathname === '/keys') {
      answer(200, {
        keys: [{ ...keys.publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256', use: 'sig' }],
      });
    } else if (url.pathname === '/authorize') {
      const code = randomUUID();
      given.set(code, url.searchParams);
      const back = new URL(url.searchParams.get('redirect_uri')!);
      back.searchParams.set('code', code);
      back.searchParams.set('state', url.searchParams.get('state')!);
      response.writeHead(302, { location: back.href }).end();
    } else if (url.pathname === '/token') {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      answer(...tokens(new URLSearchParams(Buffer.concat(chunks).toString())));
    } else answer(404, {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const provider: TestProvider = {
    issuer: `http://127.0.0.1:${port}`,
    clientId,
    claims: {},
    isForged: false,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return provider;
}
