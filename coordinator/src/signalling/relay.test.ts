import type { CoordinatorMessage } from '@fairhop/shared/contract';
import { describe, expect, it } from 'vitest';
import type { RunningGrant } from '../grant/index.js';
import { keyOf } from '../swarm/fixture.js';
import { createSignalRelay } from './relay.js';

const transferId = '00000000-0000-4000-8000-000000000001';
const grant = { transferId, uploader: keyOf(1), downloader: keyOf(2) } as RunningGrant;

function setUp() {
  const sent: [string, CoordinatorMessage][] = [];
  let isConnected = true;
  const relay = createSignalRelay({
    grant: (id) => (id === transferId ? grant : undefined),
    send: (to, message) => {
      if (isConnected) sent.push([to, message]);
      return isConnected;
    },
  });
  const disconnect = (): void => {
    isConnected = false;
  };
  return { relay, sent, disconnect };
}

describe('signal relay', () => {
  it('passes signals between the two ends, both ways', () => {
    const { relay, sent } = setUp();
    relay.relay(keyOf(2), transferId, '{"sdp":1}');
    relay.relay(keyOf(1), transferId, '{"sdp":2}');
    expect(sent).toEqual([
      [keyOf(1), { type: 'signal', transferId, from: keyOf(2), signal: '{"sdp":1}' }],
      [keyOf(2), { type: 'signal', transferId, from: keyOf(1), signal: '{"sdp":2}' }],
    ]);
  });

  it('passes nothing for others, unknown grants, or to one who left', () => {
    const { relay, sent, disconnect } = setUp();
    expect(() => relay.relay(keyOf(3), transferId, '{}')).toThrow(
      expect.objectContaining({ code: 'signal-refused' }),
    );
    expect(() => relay.relay(keyOf(1), '00000000-0000-4000-8000-000000000002', '{}')).toThrow(
      expect.objectContaining({ code: 'signal-refused' }),
    );
    disconnect();
    expect(() => relay.relay(keyOf(1), transferId, '{}')).toThrow(
      expect.objectContaining({ code: 'signal-unreachable' }),
    );
    expect(sent).toEqual([]);
  });

  it.each([
    ['count', '{}', 64],
    ['size', 'x'.repeat(16_384), 8],
  ])('bounds the signals of one end by %s', (_name, signal, allowed) => {
    const { relay, sent } = setUp();
    for (let count = 0; count < allowed; count += 1) relay.relay(keyOf(1), transferId, signal);
    expect(() => relay.relay(keyOf(1), transferId, signal)).toThrow(
      expect.objectContaining({ code: 'signal-limit' }),
    );
    relay.relay(keyOf(2), transferId, signal);
    expect(sent).toHaveLength(allowed + 1);
  });
});
