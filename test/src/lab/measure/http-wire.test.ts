import { describe, expect, it } from 'vitest';
import { httpWire } from './http-wire.js';

describe('packets of a transfer over HTTP', () => {
  it('are what a capture of an edge at 8 Mbit/s has', () => {
    // 8 MiB in 32 ranges: 5,927 packets and 8,714,880 bytes with the payload, 3,272 and 196,500 against it.
    const { data, answers } = httpWire({ bytes: 8_388_608, requestBytes: 262_144, writeBytes: 50_000 });
    expect(Math.abs(data.bytes - 8_714_880)).toBeLessThan(0.001 * 8_714_880);
    // Its four connections had pauses just about as long as make a difference.
    const steady = httpWire({ bytes: 8_388_608, requestBytes: 262_144 });
    expect(steady.answers.bytes).toBeLessThan(196_500);
    expect(answers.bytes).toBeGreaterThan(196_500);
    expect(answers.bytes - steady.answers.bytes).toBeLessThan(0.009 * 8_714_880);
  });

  it('grow with the bytes, and cost a range its heads', () => {
    const one = httpWire({ bytes: 1_048_576, requestBytes: 1_048_576 });
    const two = httpWire({ bytes: 2_097_152, requestBytes: 1_048_576 });
    const cut = httpWire({ bytes: 1_048_576, requestBytes: 262_144 });
    expect(two.data.bytes).toBe(2 * one.data.bytes);
    expect(cut.data.bytes - one.data.bytes).toBeGreaterThanOrEqual(3 * 560);
    expect(cut.answers.bytes - one.answers.bytes).toBeGreaterThanOrEqual(3 * (820 + 52));
  });
});
