import { createHmac } from 'node:crypto';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createIdentity } from './identity.js';
import { publicKeySet, signToken, type VerifyTokenOptions, verifyToken } from './tokens.js';

const nowMs = Date.UTC(2026, 0, 1);
const nowSeconds = nowMs / 1000;
const type = 'fairhop-grant+jwt';
const identity = createIdentity();
const schema = z.object({
  jti: z.string(),
  iss: z.string(),
  aud: z.string(),
  iat: z.int(),
  exp: z.int(),
  maxBytes: z.int().min(0),
});
const claims = {
  jti: 't1',
  iss: 'coordinator-1',
  aud: 'agent-1',
  iat: nowSeconds,
  exp: nowSeconds + 60,
  maxBytes: 1000,
};

const sign = (change: Partial<Parameters<typeof signToken>[0]> = {}): Promise<string> =>
  signToken({ claims, identity, kid: 'k1', type, ...change });

const check = (token: string, change: Partial<VerifyTokenOptions<typeof schema>> = {}) =>
  verifyToken({
    token,
    type,
    schema,
    keyOf: (kid) => (kid === 'k1' ? identity.key : undefined),
    issuer: 'coordinator-1',
    audience: 'agent-1',
    nowMs,
    ...change,
  });

const refused = (code: string) => expect.objectContaining({ code, status: 401 });
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('tokens', () => {
  it('come back as the claims that were signed', async () => {
    expect(await check(await sign())).toEqual(claims);
  });

  it('are readable with the published key set', async () => {
    const keys = createLocalJWKSet(publicKeySet([{ kid: 'k1', key: identity.key }]));
    const { payload, protectedHeader } = await jwtVerify(await sign(), keys, {
      currentDate: new Date(nowMs),
    });
    expect(payload).toEqual(claims);
    expect(protectedHeader).toEqual({ alg: 'EdDSA', typ: type, kid: 'k1' });
  });

  it('are refused from the moment they expire, with tolerance for the clock', async () => {
    const token = await sign();
    await expect(check(token, { nowMs: nowMs + 59_000 })).resolves.toEqual(claims);
    await expect(check(token, { nowMs: nowMs + 60_000 })).rejects.toThrow(refused('token-expired'));
    await expect(check(token, { nowMs: nowMs + 62_000, clockToleranceMs: 5000 })).resolves.toEqual(claims);
    await expect(check(token, { nowMs: nowMs + 66_000, clockToleranceMs: 5000 })).rejects.toThrow(
      'expired at 2026-01-01T00:01:00.000Z',
    );
  });

  it('are refused before they begin', async () => {
    const token = await sign({ claims: { ...claims, nbf: nowSeconds + 30 } });
    await expect(check(token)).rejects.toThrow(refused('token-not-yet-valid'));
    await expect(check(token, { nowMs: nowMs + 30_000 })).resolves.toEqual(claims);
  });

  it('are refused from another issuer, for another audience, of another type', async () => {
    const token = await sign();
    await expect(check(token, { issuer: 'coordinator-2' })).rejects.toThrow(refused('token-issuer'));
    await expect(check(token, { audience: 'agent-2' })).rejects.toThrow(refused('token-audience'));
    await expect(check(token, { type: 'fairhop-permit+jwt' })).rejects.toThrow(refused('token-malformed'));
  });

  it('are refused when the key is unknown, unusable or not the signer', async () => {
    const token = await sign();
    await expect(check(token, { keyOf: () => undefined })).rejects.toThrow(refused('token-unknown-key'));
    await expect(check(token, { keyOf: () => 'nonsense' })).rejects.toThrow(refused('token-unknown-key'));
    await expect(check(token, { keyOf: () => createIdentity().key })).rejects.toThrow(
      refused('token-forged'),
    );
    await expect(check(await sign({ identity: createIdentity() }))).rejects.toThrow(refused('token-forged'));
  });

  it('are refused with changed claims', async () => {
    const [header, , signature] = (await sign()).split('.');
    const forged = `${header}.${part({ ...claims, maxBytes: 10 ** 12 })}.${signature}`;
    await expect(check(forged)).rejects.toThrow(refused('token-forged'));
  });

  it('never choose their own algorithm', async () => {
    const none = `${part({ alg: 'none', typ: type, kid: 'k1' })}.${part(claims)}.`;
    await expect(check(none)).rejects.toThrow(refused('token-forged'));
    const input = `${part({ alg: 'HS256', typ: type, kid: 'k1' })}.${part(claims)}`;
    const mac = createHmac('sha256', Buffer.from(identity.key, 'base64url'))
      .update(input)
      .digest('base64url');
    await expect(check(`${input}.${mac}`)).rejects.toThrow(refused('token-forged'));
  });

  it('are refused without an expiry, and with claims of the wrong shape', async () => {
    const { exp: _, ...endless } = claims;
    const token = await sign({ claims: endless as typeof claims });
    const open = schema.extend({ exp: z.int().optional() });
    await expect(check(token, { schema: open as unknown as typeof schema })).rejects.toThrow(
      refused('token-claims'),
    );
    const negative = await sign({ claims: { ...claims, maxBytes: -1 } });
    await expect(check(negative)).rejects.toMatchObject({
      code: 'token-claims',
      errors: [{ path: 'maxBytes' }],
    });
  });

  it.each([
    '',
    'x',
    'a.b',
    'a.b.c',
    '..',
    `${part({ alg: 'EdDSA' })}.${part(claims)}.AAAA`,
    `${part({ alg: 'EdDSA', typ: type })}.e30.`,
    'ey'.repeat(20_000),
  ])('are refused when they are none: %#', async (token) => {
    await expect(check(token)).rejects.toThrow(refused('token-malformed'));
  });

  it('are not made longer than they are read', async () => {
    await expect(sign({ claims: { ...claims, padding: 'x'.repeat(16_384) } })).rejects.toMatchObject({
      code: 'token-too-long',
    });
  });

  it('pass on why a key could not be looked up', async () => {
    const lookup = () => Promise.reject(new Error('store is down'));
    await expect(check(await sign(), { keyOf: lookup })).rejects.toThrow('store is down');
  });
});
