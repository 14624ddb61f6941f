import { EventEmitter } from 'node:events';
import { FairhopError } from '@fairhop/shared/model';
import { createLog } from '@fairhop/shared/service';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { createConnection } from './connection.js';
import { createSessionMetrics } from './metrics.js';
import { createTokenBucket } from './token-bucket.js';

function fakeSocket() {
  const calls: string[] = [];
  const socket = Object.assign(new EventEmitter(), {
    OPEN: 1,
    readyState: 1,
    bufferedAmount: 0,
    send: (text: string) => calls.push(`send ${JSON.parse(text).type}`),
    close: (code: number) => calls.push(`close ${code}`),
    terminate: () => calls.push('terminate'),
    ping: () => calls.push('ping'),
  });
  return { socket, calls };
}

const log = createLog({ name: 'test', level: 'silent' });
const leave = JSON.stringify({ type: 'leave', contentId: 'a'.repeat(64) });
const openOn = (socket: unknown, handle: Parameters<typeof createConnection>[2] = () => undefined) =>
  createConnection(socket as WebSocket, '127.0.0.1', handle, {
    log,
    metrics: createSessionMetrics(new Registry()),
  });

describe('connection', () => {
  it('ends an agent that does not read', () => {
    const { socket, calls } = fakeSocket();
    const connection = openOn(socket);
    connection.send({ type: 'swarm-changed', contentId: 'a'.repeat(64) });
    socket.bufferedAmount = 4 * 1024 * 1024 + 1;
    connection.send({ type: 'swarm-changed', contentId: 'a'.repeat(64) });
    expect(calls).toEqual(['send swarm-changed', 'terminate']);
  });

  it('ends an agent that was silent since the ping before', () => {
    const { socket, calls } = fakeSocket();
    const connection = openOn(socket);
    connection.checkAlive();
    socket.emit('pong');
    connection.checkAlive();
    expect(calls).toEqual(['ping', 'ping']);
    connection.checkAlive();
    expect(calls).toEqual(['ping', 'ping', 'terminate']);
  });

  it('handles messages one after another, tells typed errors and ends at others', async () => {
    const { socket, calls } = fakeSocket();
    const order: string[] = [];
    let count = 0;
    openOn(socket, async () => {
      count += 1;
      order.push(`begin ${count}`);
      await Promise.resolve();
      order.push(`end ${count}`);
      if (count === 2) throw new FairhopError('some-code', 'told');
      if (count === 3) throw new TypeError('a bug');
    });
    for (let sent = 0; sent < 4; sent += 1) socket.emit('message', Buffer.from(leave), false);
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2', 'begin 3', 'end 3']);
    expect(calls).toEqual(['send error', 'send error', 'close 1008']);
  });
});

describe('a flood of large messages', () => {
  it('is refused before it fills the memory while one message is handled', async () => {
    const { socket, calls } = fakeSocket();
    let finish = (): void => undefined;
    openOn(socket, () => new Promise<void>((resolve) => (finish = resolve)));
    const large = Buffer.from(`${leave}${' '.repeat(63_000)}`);
    for (let sent = 0; sent < 4; sent += 1) socket.emit('message', large, false);
    expect(calls).toEqual([]);
    socket.emit('message', large, false);
    expect(calls).toEqual(['send error', 'close 1008']);
    finish();
  });
});

describe('token bucket', () => {
  it('lets a burst through, and then its rate', () => {
    let nowMs = 0;
    const bucket = createTokenBucket({ perSecond: 2, burst: 3 }, () => nowMs);
    const take = (times: number) => Array.from({ length: times }, () => bucket.take());
    expect(take(4)).toEqual([true, true, true, false]);
    nowMs = 1_000;
    expect(take(3)).toEqual([true, true, false]);
    nowMs = 60_000;
    expect(take(4)).toEqual([true, true, true, false]);
  });
});
