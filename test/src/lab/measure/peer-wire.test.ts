import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messageWire, type PeerPart, peerWire } from './peer-wire.js';

const part: PeerPart = {
  bytes: 16_777_216,
  seconds: 12.29,
  openSeconds: 12.29,
  requestBytes: 262_144,
  // What an uploader at 11 Mbit/s sends at a time.
  messageBytes: 17_187,
  haves: 0,
  isFirst: true,
};

describe('packets of a transfer between agents', () => {
  it('are what a capture of a transfer over a line of 12 Mbit/s has', () => {
    // 16 MiB in 64 requests: 14,769 packets and 18,165,994 bytes with the payload, 7,562 and 716,692 against it.
    const wire = peerWire(part);
    expect(Math.abs(wire.data.bytes - 18_165_994)).toBeLessThan(0.001 * 18_165_994);
    expect(Math.abs(wire.data.packets - 14_769)).toBeLessThan(0.001 * 14_769);
    expect(Math.abs(wire.answers.bytes - 716_692)).toBeLessThan(0.001 * 18_165_994);
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
          const whole = peerWire({ ...part, bytes, messageBytes });
          const cut = [share, 1 - share].map((of, index) =>
            peerWire({
              ...part,
              messageBytes,
              bytes: bytes * of,
              seconds: part.seconds * of,
              openSeconds: part.openSeconds * of,
              isFirst: index === 0,
            }),
          );
          const total = (pick: (wire: typeof whole) => number) => pick(cut[0]!) + pick(cut[1]!);
          expect(total(({ data }) => data.bytes) / whole.data.bytes).toBeCloseTo(1, 9);
          expect(total(({ answers }) => answers.packets) / whole.answers.packets).toBeCloseTo(1, 9);
        },
      ),
    );
  });
});
