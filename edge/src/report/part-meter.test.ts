import { BIN_MS, binOf, type EdgeTransferRecord, edgeTransferRecordSchema } from '@fairhop/shared/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPartMeter, type PartMeter, type TransferFacts } from './part-meter.js';

const factsOf = (transfer: number, address: number): TransferFacts => ({
  kind: 'edge-to-client',
  transferId: `00000000-0000-4000-8000-00000000000${transfer}`,
  source: 'host:edge',
  sourceAddress: '127.0.0.1',
  destination: 'host:client',
  destinationAddress: `127.0.0.${address}`,
  content: 'a'.repeat(64),
  title: 'studio/film',
  category: 'video',
  sizeBytes: 1_000_000,
});
const createMeter = (maxPartMs = 60_000): PartMeter => {
  const next = new Map<string, number>();
  return createPartMeter({
    maxPartMs,
    nextPart: (id) => {
      const part = next.get(id) ?? 0;
      next.set(id, part + 1);
      return part;
    },
  });
};
const binStart = 1_700_000_100_000 - (1_700_000_100_000 % BIN_MS);

describe('parts of transfers', () => {
  it('hold every byte once, within one bin, no longer than they may be, each with its own number', () => {
    const step = fc.record({
      transfer: fc.integer({ min: 1, max: 2 }),
      address: fc.integer({ min: 1, max: 2 }),
      bytes: fc.integer({ min: 0, max: 100_000 }),
      afterMs: fc.integer({ min: 0, max: 40_000 }),
      looks: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 5_000, max: 60_000 }),
        (steps, maxPartMs) => {
          const meter = createMeter(maxPartMs);
          const records: EdgeTransferRecord[] = [];
          let nowMs = binStart + BIN_MS - 100_000;
          let sum = 0;
          for (const { transfer, address, bytes, afterMs, looks } of steps) {
            const sinceMs = nowMs;
            nowMs += afterMs;
            meter.count(factsOf(transfer, address), bytes, sinceMs, nowMs);
            sum += bytes;
            if (looks) records.push(...meter.takeClosed(nowMs));
          }
          records.push(...meter.takeClosed(nowMs, true));
          expect(records.reduce((total, { bytes }) => total + bytes, 0)).toBe(sum);
          for (const record of records) {
            expect(edgeTransferRecordSchema.safeParse(record).success).toBe(true);
            expect(binOf(record.endMs)).toBe(binOf(record.startMs));
            expect(record.endMs).toBeGreaterThanOrEqual(record.startMs);
          }
          const keys = records.map(({ transferId, part }) => `${transferId} ${part}`);
          expect(new Set(keys).size).toBe(keys.length);
        },
      ),
    );
  });

  it('end when idle, and grow in place until then', () => {
    const meter = createMeter();
    meter.count(factsOf(1, 1), 100, binStart, binStart + 10);
    expect(meter.takeGrown()).toMatchObject([{ part: 0, bytes: 100 }]);
    expect(meter.takeGrown()).toEqual([]);
    meter.count(factsOf(1, 1), 50, binStart + 10, binStart + 900);
    expect(meter.takeGrown()).toMatchObject([
      { part: 0, bytes: 150, startMs: binStart, endMs: binStart + 900 },
    ]);
    expect(meter.takeClosed(binStart + 2_000)).toEqual([]);
    expect(meter.takeClosed(binStart + 2_900)).toMatchObject([{ part: 0, bytes: 150 }]);
    expect(meter.takeClosed(binStart + 9_000, true)).toEqual([]);
  });

  it('tell the highest rate over a second', () => {
    const meter = createMeter();
    meter.count(factsOf(1, 1), 1_000, binStart, binStart + 100);
    meter.count(factsOf(1, 1), 2_000, binStart + 100, binStart + 1_100);
    meter.count(factsOf(1, 1), 2_000, binStart + 1_100, binStart + 1_200);
    meter.count(factsOf(1, 1), 500, binStart + 1_200, binStart + 2_300);
    expect(meter.takeClosed(binStart + 3_000, true)[0]!.maxRateBitsPerSecond).toBe(32_000);
  });

  it('do not end before they start when the clock is set back', () => {
    const meter = createMeter();
    meter.count(factsOf(1, 1), 1, binStart + 5_000, binStart + 6_000);
    meter.count(factsOf(1, 1), 1, binStart + 4_000, binStart + 1_000);
    const [record] = meter.takeClosed(binStart + 1_000, true);
    expect(record).toMatchObject({ bytes: 2, startMs: binStart + 5_000, endMs: binStart + 6_000 });
  });
});
