import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { helpFor, type Progress } from './edge-help.js';

const progress = (changes: Partial<Progress>): Progress => ({
  ...{ sizeBytes: 1e9, heldBytes: 1e8, elapsedMs: 60_000, hasPeers: true, onNetPeers: 1 },
  ...{ fetchers: 1, repeatBytes: 0, edgeBytesPerSecond: undefined },
  ...{ bytesPerSecond: 0, lastMinuteBytesPerSecond: 0, peerBytesPerSecond: 0 },
  ...changes,
});
const rate = fc.integer({ min: 0, max: 10_000_000 });

describe('the quality floor', () => {
  it('is what the edge alone would give, at most the configured one', () => {
    fc.assert(
      fc.property(rate, rate, rate, (recent, edge, floor) => {
        const { offNetServesAll } = helpFor(
          progress({
            bytesPerSecond: recent,
            lastMinuteBytesPerSecond: recent,
            edgeBytesPerSecond: edge,
          }),
          { qualityFloorBitsPerSecond: floor * 8 },
        );
        expect(offNetServesAll).toBe(recent < Math.min(edge, floor));
      }),
    );
  });

  it('lets the edge serve all only where all peers together stay below it', () => {
    fc.assert(
      fc.property(rate, rate, rate, (recent, edge, peers) => {
        const { offNetServesAll, edgeServesAll } = helpFor(
          progress({ bytesPerSecond: recent, edgeBytesPerSecond: edge, peerBytesPerSecond: peers }),
          { qualityFloorBitsPerSecond: 20e6 },
        );
        expect(edgeServesAll).toBe(offNetServesAll && peers < Math.min(edge, 2.5e6));
      }),
    );
  });

  it('is 5 Mbit/s while nothing is known of the edge, and never what the user does not allow', () => {
    const isSlow = (bitsPerSecond: number, rateBitsPerSecond?: number): boolean =>
      helpFor(progress({ bytesPerSecond: bitsPerSecond / 8, lastMinuteBytesPerSecond: bitsPerSecond / 8 }), {
        qualityFloorBitsPerSecond: 20e6,
        rateBitsPerSecond,
      }).offNetServesAll;
    expect([4.9e6, 5.1e6].map((bits) => isSlow(bits))).toEqual([true, false]);
    expect([1.7e6, 1.9e6].map((bits) => isSlow(bits, 2e6))).toEqual([true, false]);
  });

  it('is not looked at before a download had its time, and not without peers', () => {
    const config = { qualityFloorBitsPerSecond: 20e6 };
    expect(helpFor(progress({ elapsedMs: 2000 }), config).offNetServesAll).toBe(false);
    expect(helpFor(progress({ hasPeers: false, bytesPerSecond: 1e9 }), config).edgeServesAll).toBe(true);
  });
});
