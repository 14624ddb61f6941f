import { createIdentity, verifyToken } from '@fairhop/shared/crypto';
import { accessClaimsSchema, tokenType } from '@fairhop/shared/model';
import { createManualClock } from '@fairhop/shared/service';
import { afterEach, describe, expect, it } from 'vitest';
import { type CoordinatorFixture, createTestEdge, startCoordinator } from '../test-kit.js';

let fixture: CoordinatorFixture;
afterEach(() => fixture.stop());

describe('registering an edge', () => {
  it('takes a one-time token and a proof of its key, and gives it access', async () => {
    fixture = await startCoordinator({ accountingUrl: 'http://127.0.0.1:4602' });
    const { joinToken } = await fixture.client.createJoinToken({});
    const edge = createTestEdge(fixture);
    const { accessToken } = await edge.register(joinToken);
    const { publicKey } = await fixture.client.info({});
    const claims = await verifyToken({
      token: accessToken,
      type: tokenType.access,
      schema: accessClaimsSchema,
      keyOf: (kid) => (kid === publicKey ? publicKey : undefined),
      issuer: 'coordinator',
      nowMs: Date.now(),
    });
    expect(claims).toMatchObject({ role: 'edge', sub: edge.identity.key, edge: 'edge1' });
    expect((await fixture.clientOf({}).listEdges({})).edges).toMatchObject([
      { id: 'edge1', key: edge.identity.key, address: '127.0.0.1', asn: 64496, isp: 'cdn' },
    ]);
    await expect(createTestEdge(fixture, { id: 'edge2' }).register(joinToken)).rejects.toMatchObject({
      code: 'join-token-invalid',
      status: 401,
    });
    expect(await edge.beat()).toMatchObject({ accountingUrl: 'http://127.0.0.1:4602', changes: [] });
  });

  it('is refused with another key under the same id, and leaves the first one', async () => {
    fixture = await startCoordinator();
    const first = createTestEdge(fixture);
    await first.register();
    const second = createTestEdge(fixture, {}, createIdentity());
    await expect(second.register()).rejects.toMatchObject({ code: 'edge-exists', status: 409 });
    await expect(second.beat()).rejects.toMatchObject({ code: 'edge-proof-forged', status: 401 });
    await first.beat();
    await first.register();
  });

  it('is refused with a proof that is forged, old, of another URL, or used before', async () => {
    fixture = await startCoordinator();
    const edge = createTestEdge(fixture);
    const { joinToken } = await fixture.client.createJoinToken({});
    await expect(edge.register(joinToken, Date.now() - 120_000)).rejects.toMatchObject({
      code: 'edge-proof-expired',
      status: 401,
    });
    const proof = edge.proof(Date.now());
    const body = { joinToken, id: 'edge1', key: edge.identity.key, ...proof };
    await expect(
      fixture.client.registerEdge({ body: { ...body, url: 'http://127.0.0.1:9' } }),
    ).rejects.toMatchObject({ code: 'edge-proof-forged' });
    // None of these used the token up.
    const registeredMs = Date.now() + 500;
    await edge.register(joinToken, registeredMs);
    await edge.beat(0, registeredMs);
    await expect(edge.beat(0, registeredMs)).rejects.toMatchObject({ code: 'edge-proof-replayed' });
    const timeMs = registeredMs + 500;
    await edge.beat(0, timeMs);
    await expect(edge.beat(0, timeMs)).rejects.toMatchObject({ code: 'edge-proof-replayed', status: 409 });
    await expect(createTestEdge(fixture, { id: 'unknown' }).beat()).rejects.toMatchObject({
      code: 'edge-unknown',
      status: 404,
    });
  });

  it('is refused with a token that is too old', async () => {
    const clock = createManualClock(Date.now());
    fixture = await startCoordinator({}, { clock });
    const { joinToken, expiresMs } = await fixture.client.createJoinToken({});
    clock.advance(expiresMs - clock.nowMs());
    await expect(createTestEdge(fixture).register(joinToken, clock.nowMs())).rejects.toMatchObject({
      code: 'join-token-invalid',
    });
  });
});
