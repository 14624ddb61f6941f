import { once } from 'node:events';
import { verifyToken } from '@fairhop/shared/crypto';
import { accessClaimsSchema, tokenType } from '@fairhop/shared/model';
import { createManualClock } from '@fairhop/shared/service';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { helloOf, joinAgent, openAgent, startCoordinator, type TestCoordinator } from './fixture.js';

let coordinator: TestCoordinator;
afterEach(() => coordinator.stop());

describe('session proof', () => {
  it('welcomes a proven key with what its address tells, its permit and an access token', async () => {
    coordinator = await startCoordinator();
    const { welcome, identity } = await joinAgent(coordinator, { address: '127.1.0.5' });
    expect(welcome).toMatchObject({
      address: '127.1.0.5',
      asn: 64501,
      isp: 'sp1',
      permit: { id: 'sp1/uplinks', agent: identity.key },
      permitReason: 'agreement of sp1',
    });
    const claims = await verifyToken({
      token: welcome.accessToken,
      type: tokenType.access,
      schema: accessClaimsSchema,
      keyOf: (kid) => (kid === coordinator.identity.key ? kid : undefined),
      issuer: 'test',
      audience: 'accounting',
      nowMs: Date.now(),
    });
    expect(claims).toMatchObject({ role: 'agent', sub: identity.key, asn: 64501 });
    expect(claims.exp * 1000).toBe(welcome.accessExpiresMs);
    expect(coordinator.server.status()).toMatchObject({ sessions: 1, grants: 0, swarms: [] });
  });

  it('welcomes an agent outside every prefix without network and permit', async () => {
    coordinator = await startCoordinator();
    const { welcome } = await joinAgent(coordinator, { address: '127.9.0.1' });
    expect(welcome).toMatchObject({ asn: null, isp: null, permit: null });
  });

  it('refuses a signature over the nonce of another connection', async () => {
    coordinator = await startCoordinator();
    const first = openAgent(coordinator, { address: '127.1.0.5' });
    const { coordinator: id, nonce } = await first.next('challenge');
    const hello = helloOf(first.identity, id, nonce);
    first.send(hello);
    await first.next('welcome');
    const replay = openAgent(coordinator, { address: '127.1.0.6' });
    expect((await replay.next('challenge')).nonce).not.toBe(nonce);
    replay.send(hello);
    expect(await replay.next('error')).toMatchObject({ code: 'session-proof-invalid' });
    expect(await replay.closed).toBe(1008);
  });

  it('refuses a signature for another coordinator, by another key, and in another protocol version', async () => {
    coordinator = await startCoordinator();
    const refusalOf = async (change: (hello: object, nonce: string, key: string) => object) => {
      const agent = openAgent(coordinator, { address: '127.1.0.5' });
      const { nonce } = await agent.next('challenge');
      agent.socket.send(
        JSON.stringify(change(helloOf(agent.identity, 'test', nonce), nonce, agent.identity.key)),
      );
      const { code } = await agent.next('error');
      await agent.closed;
      return code;
    };
    const { identity } = openAgent(coordinator, { address: '127.1.0.5' });
    expect(await refusalOf((_hello, nonce) => helloOf(identity, 'other', nonce))).toBe(
      'session-proof-invalid',
    );
    expect(await refusalOf((hello) => ({ ...hello, agent: identity.key }))).toBe('session-proof-invalid');
    expect(await refusalOf((hello) => ({ ...hello, protocolVersion: 2 }))).toBe('session-protocol-version');
  });

  it('ends a connection that does not begin with hello', async () => {
    coordinator = await startCoordinator();
    const hasty = openAgent(coordinator, { address: '127.1.0.5' });
    await hasty.next('challenge');
    hasty.send({ type: 'leave', contentId: 'a'.repeat(64) });
    expect(await hasty.next('error')).toMatchObject({ code: 'session-hello-expected' });
    await hasty.closed;
    expect(coordinator.server.status().sessions).toBe(0);
  });

  it('ends a connection that says nothing', async () => {
    coordinator = await startCoordinator({ config: { helloTimeoutMs: 100 } });
    const silent = openAgent(coordinator, { address: '127.1.0.5' });
    expect(await silent.next('error')).toMatchObject({ code: 'session-hello-time-out' });
    await silent.closed;
    expect(coordinator.server.status().sessions).toBe(0);
  });

  it.each([
    ['text that is not JSON', 'not json'],
    ['an unknown type', '{"type":"what"}'],
    ['a field too much', '{"type":"leave","contentId":"x","more":1}'],
    ['a negative number', `{"type":"have","contentId":"${'a'.repeat(64)}","pieces":[-1]}`],
    ['binary', Buffer.from([1, 2, 3])],
  ])('ends a session that sends %s, and no other', async (_name, frame) => {
    coordinator = await startCoordinator();
    const other = await joinAgent(coordinator, { address: '127.1.0.6' });
    const agent = await joinAgent(coordinator, { address: '127.1.0.5' });
    agent.socket.send(frame);
    expect(await agent.next('error')).toMatchObject({ code: 'message-malformed' });
    expect(await agent.closed).toBe(1008);
    expect((await other.findSources()).edges).toHaveLength(1);
  });

  it('ends a session with an oversized message', async () => {
    coordinator = await startCoordinator();
    const agent = await joinAgent(coordinator, { address: '127.1.0.5' });
    agent.socket.send('x'.repeat(64 * 1024 + 1));
    expect(await agent.closed).toBe(1009);
  });

  it('ends a session that floods', async () => {
    coordinator = await startCoordinator();
    const agent = await joinAgent(coordinator, { address: '127.1.0.5' });
    for (let count = 0; count < 4_000; count += 1) agent.send({ type: 'leave', contentId: 'a'.repeat(64) });
    expect(await agent.next('error')).toMatchObject({ code: 'session-rate-limited' });
    await agent.closed;
  });

  it('lets a second session of the same key take the place of the first', async () => {
    coordinator = await startCoordinator();
    const first = await joinAgent(coordinator, { address: '127.1.0.5' });
    const second = await joinAgent(coordinator, { address: '127.1.0.6', identity: first.identity });
    expect(await first.next('error')).toMatchObject({ code: 'session-replaced' });
    await first.closed;
    await second.findSources();
    expect(coordinator.server.status().sessions).toBe(1);
  });

  it('refuses pages that are not allowed, other paths, and too many connections', async () => {
    coordinator = await startCoordinator({
      config: { allowedOrigins: ['https://studio.example'], maxConnectionsPerAddress: 1 },
    });
    const stranger = openAgent(coordinator, {
      address: '127.1.0.5',
      headers: { origin: 'https://evil.example' },
    });
    expect(await stranger.closed).toBe(1006);
    expect(stranger.heard).toEqual([]);
    const page = openAgent(coordinator, {
      address: '127.1.0.5',
      headers: { origin: 'https://studio.example' },
    });
    await page.next('challenge');
    const second = openAgent(coordinator, { address: '127.1.0.5' });
    expect(await second.closed).toBe(1006);
    const elsewhere = new WebSocket(`ws://127.0.0.1:${coordinator.port}/v1/other`);
    const [response] = await once(elsewhere, 'unexpected-response').then(([, answer]) => [answer]);
    expect(response.statusCode).toBe(404);
  });

  it('renews the access token before it expires', async () => {
    const clock = createManualClock(1_800_000_000_000);
    coordinator = await startCoordinator({ clock });
    const { welcome, next } = await joinAgent(coordinator, { address: '127.1.0.5' });
    clock.advance(11 * 60_000);
    const renewed = await next('access-token');
    expect(renewed.accessExpiresMs).toBe(welcome.accessExpiresMs + 11 * 60_000);
  });
});
