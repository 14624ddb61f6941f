import { createIdentity, signToken } from '@fairhop/shared/crypto';
import { tokenType } from '@fairhop/shared/model';
import { describe, expect, it } from 'vitest';
import { checkPermitToken } from './permit-token.js';

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

describe('checkPermitToken', () => {
  it('gives the claims of a permit whatever its dates, which are judged elsewhere', async () => {
    expect(await checkPermitToken(await sign(), keyOf)).toEqual({ claims });
  });

  it('refuses a permit that was changed, or signed by another key', async () => {
    const permit = await sign();
    const [head, body, signature] = permit.split('.');
    const altered = Buffer.from(JSON.stringify({ ...claims, exp: claims.exp + 1 })).toString('base64url');
    for (const forged of [
      `${head}.${altered}.${signature}`,
      await sign({}, { identity: createIdentity() }),
    ]) {
      expect(await checkPermitToken(forged, keyOf)).toMatchObject({ code: 'permit-forged' });
    }
    expect(body).not.toBe(altered);
  });

  it('knows only keys that the stated issuer registered', async () => {
    for (const permit of [await sign({}, { kid: 'k2' }), await sign({ iss: 'sp2' })])
      expect(await checkPermitToken(permit, keyOf)).toMatchObject({ code: 'permit-unknown-key' });
  });

  it('refuses what is no permit', async () => {
    for (const text of [
      '',
      'x',
      'a.b.c',
      await sign({}, { type: tokenType.grant }),
      await sign({ terms: {} }),
    ])
      expect(await checkPermitToken(text, keyOf)).toMatchObject({ code: 'permit-malformed' });
  });
});
