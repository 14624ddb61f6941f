import type { AddressInfo } from 'node:net';
import type { AgentMessage, CoordinatorMessage } from '@fairhop/shared/contract';
import { createIdentity, sessionProofBytes, verify } from '@fairhop/shared/crypto';
import { createLog } from '@fairhop/shared/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { createSession, type Holding, type Session } from './session.js';

const contentId = 'ab'.repeat(32);
const coordinatorIdentity = createIdentity();
const nonce = 'n'.repeat(22);

describe('a session', () => {
  const identity = createIdentity();
  let server: WebSocketServer;
  let port: number;
  let session: Session;
  let received: AgentMessage[];
  let sockets: WebSocket[];
  let addresses: (string | undefined)[];
  let holdings: Holding[];
  let onMessage: ((socket: WebSocket, message: AgentMessage) => void) | undefined;

  const tell = (socket: WebSocket, message: CoordinatorMessage): void => socket.send(JSON.stringify(message));
  const open = async (at: number): Promise<void> => {
    server = new WebSocketServer({ host: '127.0.0.1', port: at, path: '/v1/session' });
    await new Promise((resolve) => server.once('listening', resolve));
    port = (server.address() as AddressInfo).port;
    server.on('connection', (socket, request) => {
      sockets.push(socket);
      addresses.push(request.socket.remoteAddress);
      socket.on('message', (data) => {
        const message = JSON.parse(String(data)) as AgentMessage;
        received.push(message);
        if (message.type !== 'hello') {
          onMessage?.(socket, message);
          return;
        }
        const proof = sessionProofBytes({ coordinator: 'co', nonce, key: message.agent });
        if (!verify(message.agent, proof, Buffer.from(message.signature, 'base64url'))) {
          tell(socket, { type: 'error', code: 'proof-refused', message: 'wrong' });
          socket.close();
          return;
        }
        tell(socket, {
          type: 'welcome',
          address: '127.1.0.7',
          asn: 64501,
          isp: 'sp1',
          timeMs: 5_000_000,
          permit: null,
          accountingUrl: null,
          accessToken: 'token',
          accessExpiresMs: 6_000_000,
          publicKeys: [coordinatorIdentity.key],
        });
      });
      tell(socket, {
        type: 'challenge',
        coordinator: 'co',
        publicKey: coordinatorIdentity.key,
        nonce,
        timeMs: 5_000_000,
      });
    });
  };
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.terminate();
    await new Promise((resolve) => server.close(resolve));
  };

  beforeEach(async () => {
    received = [];
    sockets = [];
    addresses = [];
    holdings = [{ type: 'holding', contentId, pieces: 'all', wants: false }];
    onMessage = undefined;
    await open(0);
    session = createSession(
      { coordinatorUrl: `http://127.0.0.1:${port}`, localAddress: '127.1.0.7', identity, software: 'test' },
      {
        log: createLog({ name: 'test', level: 'silent' }),
        random: () => 0.01,
        holdings: () => holdings,
        readiness: () => ({
          ready: false,
          reasons: ['no permit'],
          slots: 1,
          rateBitsPerSecond: 1000,
          bytesLeft: 0,
        }),
      },
    );
    session.start();
  });
  afterEach(async () => {
    await session.stop();
    await close();
  });

  it('proves its key from its own address, then tells what it holds and whether it is ready', async () => {
    await session.ready(15_000);
    await expect.poll(() => received.map(({ type }) => type)).toEqual(['hello', 'holding', 'readiness']);
    expect(addresses).toEqual(['127.1.0.7']);
    expect(session.welcome?.isp).toBe('sp1');
    expect(Math.abs(session.nowMs() - 5_000_000)).toBeLessThan(5000);
    const { key } = coordinatorIdentity;
    expect(session.coordinator).toEqual({ id: 'co', publicKey: key, publicKeys: [key] });
    const next = createIdentity().key;
    tell(sockets[0]!, { type: 'signing-keys', publicKeys: [next, key] });
    await expect.poll(() => session.coordinator?.publicKeys).toEqual([next, key]);
  });

  it('comes back after the coordinator was away, and tells everything anew', async () => {
    await session.ready(15_000);
    const offline = new Promise<void>((resolve) => {
      session.events.onOffline = resolve;
    });
    await close();
    await offline;
    await expect(
      session.findSources({ title: 'a/b', maxPeers: 1, exclude: [], bytesWanted: 1 }),
    ).rejects.toMatchObject({
      code: 'session-offline',
    });
    received = [];
    sockets = [];
    await open(port);
    await session.ready(15_000);
    await expect.poll(() => received.map(({ type }) => type)).toEqual(['hello', 'holding', 'readiness']);
  });

  it('matches answers and errors to their requests', async () => {
    await session.ready(15_000);
    onMessage = (socket, message) => {
      if (message.type !== 'find-sources') return;
      if (message.title === 'a/none') {
        tell(socket, {
          type: 'error',
          code: 'title-unknown',
          message: 'no such title',
          requestId: message.requestId,
        });
        return;
      }
      tell(socket, {
        type: 'sources',
        requestId: message.requestId,
        contentId,
        peers: [],
        edges: [],
        onNetFetchers: [identity.key],
        swarmSize: 3,
      });
    };
    const [found, missing] = await Promise.allSettled([
      session.findSources({ title: 'a/film', maxPeers: 4, exclude: [], bytesWanted: 1 }),
      session.findSources({ title: 'a/none', maxPeers: 4, exclude: [], bytesWanted: 1 }),
    ]);
    expect(found).toMatchObject({ status: 'fulfilled', value: { swarmSize: 3 } });
    expect(missing).toMatchObject({ status: 'rejected', reason: { code: 'title-unknown' } });
  });

  it('passes on permits, signals and withdrawals, and ignores what is malformed', async () => {
    await session.ready(15_000);
    const seen: unknown[] = [];
    session.events.onPermit = (permit, reason) => seen.push([permit, reason]);
    session.events.onWithdrawn = (id) => seen.push(id);
    sockets[0]!.send('not json');
    sockets[0]!.send(JSON.stringify({ type: 'withdrawn', contentId: 'short' }));
    tell(sockets[0]!, { type: 'permit', permit: null, reason: 'withdrawn by sp1' });
    tell(sockets[0]!, { type: 'withdrawn', contentId });
    await expect.poll(() => seen).toEqual([[null, 'withdrawn by sp1'], contentId]);
  });

  it('says who cannot be reached', async () => {
    const { port: nobody } = server.address() as AddressInfo;
    await session.stop();
    await close();
    const other = createSession(
      { coordinatorUrl: `http://127.0.0.1:${nobody}`, identity, software: 'test' },
      {
        log: createLog({ name: 'test', level: 'silent' }),
        holdings: () => [],
        readiness: () => ({ ready: false, reasons: [], slots: 0, rateBitsPerSecond: 1, bytesLeft: 0 }),
      },
    );
    other.start();
    await expect(other.ready(300)).rejects.toMatchObject({ code: 'coordinator-unreachable' });
    await other.stop();
    await open(0);
  });
});
