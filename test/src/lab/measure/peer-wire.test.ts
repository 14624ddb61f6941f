import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { channelWire, messageWire, type PeerPart, payloadWire, sum } from './peer-wire.js';

const part: PeerPart = {
  bytes: 16_777_216,
  seconds: 12.29,
  requestBytes: 262_144,
  // What an uploader at 11 Mbit/s sends at a time.
  messageBytes: 17_187,
};

describe('packets of a transfer between agents', () => {
  it('are what a capture of a transfer over a line of 12 Mbit/s has', () => {
    // 16 MiB in 64 requests: 14,769 packets and 18,165,994 bytes with the payload, 7,562 and 716,692 against it.
    const payload = payloadWire(part);
    const channel = channelWire({ openSeconds: 12.29, openings: 1, haves: 0 });
    const [data, answers] = [sum(payload.data, channel.data), sum(payload.answers, channel.answers)];
    expect(Math.abs(data.bytes - 18_165_994)).toBeLessThan(0.001 * 18_165_994);
    expect(Math.abs(data.packets - 14_769)).toBeLessThan(0.001 * 14_769);
    expect(Math.abs(answers.bytes - 716_692)).toBeLessThan(0.001 * 18_165_994);
  });

  it('are never less than the payload, and at most a tenth more for whole messages of some size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 65_535 }), (lengthBytes) => {
        const { bytes, packets } = messageWire(lengthBytes);
        expect(bytes).toBeGreaterThanOrEqual(lengthBytes + 93 * packets);
        expect(bytes).toBeLessThanOrEqual(lengthBytes + 93 * packets + 3);
        expect(bytes / packets).toBeLessThanOrEqual(1_249);
        if (lengthBytes > 8_000) expect(bytes / lengthBytes).toBeLessThan(1.1);
      }),
    );
  });

  it('add up: two parts of one transfer are as much as the whole', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 262_144, max: 1e9 }),
        fc.double({ min: 0.1, max: 0.9, noNaN: true }),
        fc.integer({ min: 4_096, max: 61_440 }),
        (bytes, share, messageBytes) => {
          const whole = payloadWire({ ...part, bytes, messageBytes });
          const cut = [share, 1 - share].map((of) =>
            payloadWire({ ...part, messageBytes, bytes: bytes * of, seconds: part.seconds * of }),
          );
          expect(sum(...cut.map(({ data }) => data)).bytes / whole.data.bytes).toBeCloseTo(1, 9);
          expect(sum(...cut.map(({ answers }) => answers)).packets / whole.answers.packets).toBeCloseTo(1, 9);
        },
      ),
    );
  });
});
