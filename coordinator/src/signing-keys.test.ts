import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyToken } from '@fairhop/shared/crypto';
import { accessClaimsSchema, tokenType } from '@fairhop/shared/model';
import { createManualClock } from '@fairhop/shared/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSigningKeys } from './signing-keys.js';
import { createTestEdge, startCoordinator } from './test-kit.js';
import { openTestSession } from './test-session.js';

const DAY_MS = 24 * 3_600_000;

describe('signing keys', () => {
  let directory: string;
  let clock: ReturnType<typeof createManualClock>;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fairhop-keys-'));
    clock = createManualClock(1_800_000_000_000);
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));
  const files = () => ({
    identityFile: join(directory, 'identity.pem'),
    retiredFile: join(directory, 'retired.json'),
  });

  it('sign with the newest, and publish those before it for as long as late reports may bring their grants', async () => {
    const keys = await openSigningKeys(files(), clock);
    const { identity } = keys;
    const first = identity.key;
    await keys.rotate({ revokeOld: false });
    const second = identity.key;
    expect(second).not.toBe(first);
    expect(keys.published()).toEqual([second, first]);
    clock.advance(93 * DAY_MS);
    expect((await openSigningKeys(files(), clock)).published()).toEqual([second, first]);
    clock.advance(DAY_MS);
    expect(keys.published()).toEqual([second]);
    expect((await openSigningKeys(files(), clock)).published()).toEqual([second]);
  });

  it('publish nothing before a key that was stolen', async () => {
    const keys = await openSigningKeys(files(), clock);
    await keys.rotate({ revokeOld: false });
    await keys.rotate({ revokeOld: true });
    expect(keys.published()).toEqual([keys.identity.key]);
    expect((await openSigningKeys(files(), clock)).published()).toEqual([keys.identity.key]);
  });

  it('survive a crash between the list and the key, and rotations at the same time', async () => {
    const keys = await openSigningKeys(files(), clock);
    const first = keys.identity.key;
    // As a rotation leaves it that ended before the key was replaced.
    await writeFile(files().retiredFile, JSON.stringify([{ publicKey: first, retiredMs: clock.nowMs() }]));
    const after = await openSigningKeys(files(), clock);
    expect(after.published()).toEqual([first]);
    await Promise.all([1, 2, 3].map(() => after.rotate({ revokeOld: false })));
    expect(new Set(after.published()).size).toBe(4);
    expect((await openSigningKeys(files(), clock)).published()).toEqual(after.published());
  });

  it('are bounded, and a broken list is not taken for an empty one', async () => {
    const keys = await openSigningKeys(files(), clock);
    for (let times = 0; times < 32; times += 1) await keys.rotate({ revokeOld: false });
    const { key } = keys.identity;
    await expect(keys.rotate({ revokeOld: false })).rejects.toMatchObject({ code: 'too-many-signing-keys' });
    expect((await openSigningKeys(files(), clock)).identity.key).toBe(key);
    await writeFile(files().retiredFile, (await readFile(files().retiredFile, 'utf8')).slice(0, 40));
    await expect(openSigningKeys(files(), clock)).rejects.toMatchObject({ code: 'retired-keys-invalid' });
  });
});

describe('a rotation while everything runs', () => {
  it('drops no session, tells every agent before anything is signed with the new key, and keeps edges and tokens good', async () => {
    const fixture = await startCoordinator();
    try {
      const agent = await openTestSession(fixture, { address: '127.1.0.5' });
      const welcome = await agent.next('welcome');
      const edge = createTestEdge(fixture);
      const { accessToken } = await edge.register();
      const before = (await fixture.client.info({})).publicKey;
      expect(welcome.publicKeys).toEqual([before]);

      const { publicKey, retired } = await fixture.client.rotateSigningKey({ body: {} });
      expect(retired.map((key) => key.publicKey)).toEqual([before]);
      expect((await agent.next('signing-keys')).publicKeys).toEqual([publicKey, before]);
      const { keys } = await fixture.client.jwks({});
      expect(keys.map(({ kid }) => kid)).toEqual([publicKey, before]);

      // Of the key before: still who it was.
      expect(await fixture.clientOf({ token: accessToken }).whoAmI({})).toMatchObject({
        kind: 'edge',
        id: 'edge1',
      });
      const renewed = (await edge.beat()).accessToken;
      const claims = (token: string, key: string) =>
        verifyToken({
          token,
          type: tokenType.access,
          schema: accessClaimsSchema,
          keyOf: (kid) => (kid === key ? key : undefined),
          nowMs: Date.now(),
        });
      await claims(accessToken, before);
      await claims(renewed, publicKey);

      const restarted = await fixture.restart();
      const again = await openTestSession(restarted, { address: '127.1.0.6' });
      expect((await again.next('welcome')).publicKeys).toEqual([publicKey, before]);
      await restarted.client.rotateSigningKey({ body: { revokeOld: true } });
      await expect(restarted.clientOf({ token: accessToken }).whoAmI({})).rejects.toMatchObject({
        code: 'unauthenticated',
      });
      await again.close();
      await restarted.stop();
    } finally {
      await fixture.stop().catch(() => undefined);
    }
  });
});
