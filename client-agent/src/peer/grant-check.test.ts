import { randomUUID } from 'node:crypto';
import { createIdentity, type Identity, signToken } from '@fairhop/shared/crypto';
import { type GrantClaims, tokenType } from '@fairhop/shared/model';
import { expect, it } from 'vitest';
import { checkGrant } from './grant-check.js';

it('a grant of the key before a rotation is good as long as the coordinator publishes that key', async () => {
  const [before, now, uploader, downloader] = [1, 2, 3, 4].map(() => createIdentity()) as [
    Identity,
    Identity,
    Identity,
    Identity,
  ];
  const seconds = Math.floor(Date.now() / 1000);
  const claims: GrantClaims = {
    jti: randomUUID(),
    iss: 'co',
    aud: uploader.key,
    iat: seconds,
    exp: seconds + 600,
    content: 'c0'.repeat(32),
    title: 'studio/film',
    category: 'video',
    sizeBytes: 1,
    uploader: uploader.key,
    downloader: downloader.key,
    maxBytes: 1,
    rateBitsPerSecond: 1,
    permit: { id: 'p', isp: 'sp1', networks: ['127.1.0.0/16'] },
  };
  const signedBy = (identity: Identity) =>
    signToken({ claims, identity, kid: identity.key, type: tokenType.grant });
  const check = async (signer: Identity, publicKeys: string[]) =>
    checkGrant({
      token: await signedBy(signer),
      coordinator: { id: 'co', publicKey: before.key, publicKeys },
      uploader: uploader.key,
      nowMs: Date.now(),
    });
  const both = [now.key, before.key];
  expect((await check(before, both)).jti).toBe(claims.jti);
  expect((await check(now, both)).jti).toBe(claims.jti);
  await expect(check(before, [now.key])).rejects.toMatchObject({ code: 'token-unknown-key' });
});
