import { createIdentity, signToken } from '@fairhop/shared/crypto';
import { tokenType } from '@fairhop/shared/model';
import { describe, expect, it } from 'vitest';
import { createPermitTokens } from './permit-token.js';

const isp = createIdentity();
const keyOf = (issuer: string, keyId: string) => (issuer === 'sp1' && keyId === 'k1' ? isp.key : undefined);
const claims = {
  jti: 'p1',
  iss: 'sp1',
  aud: 'coordinator',
  sub: createIdentity().key,
  nbf: 1_700_000_000,
  exp: 1_700_003_600,
  terms: { networks: ['127.1.0.0/16'] },
};
const sign = (changes: object = {}, options: Partial<Parameters<typeof signToken>[0]> = {}) =>
  signToken({
    claims: { ...claims, ...changes },
    identity: isp,
    kid: 'k1',
    type: tokenType.permit,
    ...options,
  });

const tokens = createPermitTokens(keyOf);

describe('permit tokens', () => {
  it('gives the claims of a permit whatever its dates, which are judged elsewhere', async () => {
    expect(await tokens.check(await sign())).toEqual({ claims });
  });

  it('refuses a permit that was changed, or signed by another key', async () => {
    const permit = await sign();
    const [head, body, signature] = permit.split('.');
    const altered = Buffer.from(JSON.stringify({ ...claims, exp: claims.exp + 1 })).toString('base64url');
    for (const forged of [
      `${head}.${altered}.${signature}`,
      await sign({}, { identity: createIdentity() }),
    ]) {
      expect(await tokens.check(forged)).toMatchObject({ code: 'permit-forged' });
    }
    expect(body).not.toBe(altered);
  });

  it('knows only keys that the stated issuer registered', async () => {
    for (const permit of [await sign({}, { kid: 'k2' }), await sign({ iss: 'sp2' })])
      expect(await tokens.check(permit)).toMatchObject({ code: 'permit-unknown-key' });
  });

  it('refuses what is no permit', async () => {
    for (const text of [
      '',
      'x',
      'a.b.c',
      await sign({}, { type: tokenType.grant }),
      await sign({ terms: {} }),
    ])
      expect(await tokens.check(text)).toMatchObject({ code: 'permit-malformed' });
  });

  it('count no more once their key is removed or replaced, though they were checked before', async () => {
    const keys = new Map([['k1', isp.key]]);
    const changing = createPermitTokens((_issuer, keyId) => keys.get(keyId));
    const permit = await sign();
    const first = await changing.check(permit);
    expect(first).toEqual({ claims });
    // The very claims, not read anew.
    expect(await changing.check(permit)).toHaveProperty(
      'claims',
      'claims' in first ? first.claims : undefined,
    );
    keys.set('k1', createIdentity().key);
    expect(await changing.check(permit)).toMatchObject({ code: 'permit-forged' });
    keys.clear();
    expect(await changing.check(permit)).toMatchObject({ code: 'permit-unknown-key' });
  });
});
