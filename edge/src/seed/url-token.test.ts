import { randomUUID } from 'node:crypto';
import { createIdentity, signToken } from '@fairhop/shared/crypto';
import { tokenType } from '@fairhop/shared/model';
import { expect, it } from 'vitest';
import { createUrlTokens } from './url-token.js';

it('a token that was good is refused once its key is revoked', async () => {
  const identity = createIdentity();
  const contentId = 'c0'.repeat(32);
  const seconds = Math.floor(Date.now() / 1000);
  let published: string | undefined = identity.key;
  const tokens = createUrlTokens({
    edge: 'edge1',
    keyOf: async (kid) => (kid === published ? published : undefined),
    issuer: () => 'co',
    clock: { nowMs: Date.now },
  });
  const token = await signToken({
    claims: {
      ...{ jti: randomUUID(), iss: 'co', aud: 'edge1', iat: seconds, exp: seconds + 600 },
      ...{ content: contentId, title: 'studio/film', category: 'video', sizeBytes: 1 },
    },
    identity,
    kid: identity.key,
    type: tokenType.edgeUrl,
  });
  expect((await tokens.check(token, contentId)).content).toBe(contentId);
  expect((await tokens.check(token, contentId)).content).toBe(contentId);
  published = createIdentity().key;
  await expect(tokens.check(token, contentId)).rejects.toMatchObject({
    code: 'token-unknown-key',
    status: 403,
  });
});
