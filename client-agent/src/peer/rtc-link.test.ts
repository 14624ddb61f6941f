import { afterAll, describe, expect, it } from 'vitest';
import { linkPair, until } from './link-pair.js';
import { cleanupRtc, createRtcLink, HIGH_WATER_BYTES } from './rtc-link.js';

afterAll(cleanupRtc);

describe('a link', () => {
  it('carries messages both ways between two addresses, in order', async () => {
    const { left, right, close } = await linkPair();
    expect([left.remoteAddress(), right.remoteAddress()]).toEqual(['127.2.0.9', '127.1.0.5']);
    const received: number[][] = [];
    right.onMessage = (message) => received.push([...message]);
    left.onMessage = (message) => received.push([...message]);
    left.send(Uint8Array.of(1));
    left.send(Uint8Array.of(2, 3));
    await until(() => received.length === 2);
    right.send(Uint8Array.of(4));
    await until(() => received.length === 3);
    expect(received).toEqual([[1], [2, 3], [4]]);
    await close();
  });

  it('sees the same two fingerprints from both ends', async () => {
    const { left, right, close } = await linkPair();
    expect(left.localFingerprint().toLowerCase()).toBe(right.remoteFingerprint().toLowerCase());
    expect(right.localFingerprint().toLowerCase()).toBe(left.remoteFingerprint().toLowerCase());
    expect(left.localFingerprint()).not.toBe(right.localFingerprint());
    await close();
  });

  it('holds what comes before somebody listens', async () => {
    const { left, right, close } = await linkPair();
    for (let value = 0; value < 10; value++) left.send(Uint8Array.of(value));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const received: number[] = [];
    right.onMessage = (message) => received.push(message[0]!);
    await until(() => received.length === 10);
    expect(received).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await close();
  });

  it('closes a channel that floods one who does not listen', async () => {
    const { left, right } = await linkPair();
    for (let value = 0; value < 100; value++) left.send(Uint8Array.of(value));
    expect(await right.closed).toMatch(/flooded/);
    expect(await left.closed).toMatch(/closed/);
  });

  it('tells that it is full, and when it is not any more', async () => {
    const { left, right, close } = await linkPair();
    let receivedBytes = 0;
    right.onMessage = (message) => {
      receivedBytes += message.length;
    };
    const drained = new Promise<void>((resolve) => {
      left.onDrain = resolve;
    });
    let sentBytes = 65_535;
    while (left.send(new Uint8Array(65_535)) && sentBytes < 100 * HIGH_WATER_BYTES) sentBytes += 65_535;
    expect(left.bufferedBytes).toBeLessThan(HIGH_WATER_BYTES + 65_536);
    await drained;
    await until(() => receivedBytes === sentBytes);
    await close();
  });

  it('delivers what was sent before it closed', async () => {
    const { left, right } = await linkPair();
    const received: Uint8Array[] = [];
    right.onMessage = (message) => received.push(message.slice());
    for (let value = 0; value < 20; value++) left.send(new Uint8Array(10_000));
    left.close('done');
    expect(await left.closed).toBe('done');
    await right.closed;
    expect(received.length).toBe(20);
  });

  it('gives up when nobody answers, and when it is aborted', async () => {
    const config = { initiator: true, bindAddress: '127.1.0.5', iceServers: [], onSignal: () => undefined };
    const alone = createRtcLink({ ...config, signal: new AbortController().signal, timeoutMs: 200 });
    await expect(alone.opened).rejects.toMatchObject({ code: 'link-timeout' });
    const abort = new AbortController();
    const aborted = createRtcLink({ ...config, signal: abort.signal, timeoutMs: 5_000 });
    abort.abort();
    await expect(aborted.opened).rejects.toMatchObject({ code: 'aborted' });
    expect(await aborted.closed).toBe('aborted');
  });

  it.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['a renegotiation', '{"type":"renegotiate","renegotiate":true}'],
    ['a description without sense', '{"type":"offer","sdp":"v=0"}'],
    ['a candidate without sense', '{"type":"candidate","candidate":{"candidate":7}}'],
    ['too long', `{"type":"offer","sdp":"${'a'.repeat(20_000)}"}`],
  ])('ends with an error on a signal that is %s', async (_name, signal) => {
    const link = createRtcLink({
      initiator: false,
      bindAddress: '127.1.0.5',
      iceServers: [],
      onSignal: () => undefined,
      signal: new AbortController().signal,
      timeoutMs: 1_000,
    });
    link.receiveSignal(signal);
    await expect(link.opened).rejects.toMatchObject({
      code: expect.stringMatching(/^(signal-invalid|link-)/),
    });
    await link.closed;
  });

  it('refuses relays', () => {
    const make = () =>
      createRtcLink({
        initiator: true,
        iceServers: ['turn:user:secret@relay.example:3478'],
        onSignal: () => undefined,
        signal: new AbortController().signal,
        timeoutMs: 1_000,
      });
    expect(make).toThrow(expect.objectContaining({ code: 'ice-server-invalid' }));
  });
});
