import { describe, expect, it } from 'vitest';
import { createUpgradeGate } from './upgrade-gate.js';

function gateOf(changes: Partial<Parameters<typeof createUpgradeGate>[0]> = {}) {
  const state = { proven: 0, nowMs: 0 };
  const gate = createUpgradeGate(
    {
      allowedOrigins: ['https://player.example'],
      maxConnections: 100,
      maxConnectionsPerAddress: 2,
      maxUnproven: 50,
      ...changes,
    },
    { provenCount: () => state.proven, monotonicMs: () => state.nowMs },
  );
  const tryOpen = (address: string, origin?: string): string | undefined => {
    const refusal = gate.refusal({ address, origin });
    if (refusal === undefined) gate.opened(address);
    return refusal?.code;
  };
  return { state, gate, tryOpen };
}

describe('the gate of sessions', () => {
  it('bounds the connections of one address, and lets others in', () => {
    const { gate, tryOpen } = gateOf();
    expect(['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2'].map((address) => tryOpen(address))).toEqual([
      undefined,
      undefined,
      'too-many-sessions',
      undefined,
    ]);
    gate.closed('192.0.2.1');
    expect(tryOpen('192.0.2.1')).toBeUndefined();
  });

  it('takes a /64 of IPv6 as one place', () => {
    const { tryOpen } = gateOf();
    expect(
      ['2001:db8::1', '2001:db8::2', '2001:db8::3', '2001:db8:0:1::1'].map((address) => tryOpen(address)),
    ).toEqual([undefined, undefined, 'too-many-sessions', undefined]);
  });

  it('bounds how fast one address opens and closes', () => {
    const { state, gate, tryOpen } = gateOf();
    const openAndClose = () => {
      const code = tryOpen('192.0.2.1');
      if (code === undefined) gate.closed('192.0.2.1');
      return code;
    };
    const codes = Array.from({ length: 10_000 }, openAndClose);
    expect(codes.filter((code) => code === undefined)).toHaveLength(1_024);
    expect(codes.at(-1)).toBe('too-many-connections');
    expect(tryOpen('192.0.2.2')).toBeUndefined();
    state.nowMs = 1_000;
    expect(openAndClose()).toBeUndefined();
  });

  it('keeps room for agents while strangers say nothing, and has a total bound', () => {
    const { state, tryOpen } = gateOf();
    const open = (count: number, net: string) =>
      Array.from({ length: count }, (_, index) => tryOpen(`10.${net}.${index % 250}`));
    expect(new Set(open(50, '1.1'))).toEqual(new Set([undefined]));
    expect(tryOpen('10.2.0.1')).toBe('coordinator-busy');
    state.proven = 50;
    expect(new Set(open(50, '3.1'))).toEqual(new Set([undefined]));
    state.proven = 100;
    expect(tryOpen('10.2.0.1')).toBe('coordinator-full');
  });

  it('refuses pages that the operator did not name', () => {
    const { tryOpen } = gateOf();
    expect(tryOpen('192.0.2.1', 'https://evil.example')).toBe('origin-not-allowed');
    expect(tryOpen('192.0.2.1', 'https://player.example')).toBeUndefined();
  });
});
