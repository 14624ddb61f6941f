import { openDatabase } from '@fairhop/shared/service';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPartRanges, partRangesMigrations } from './part-ranges.js';
import type { ByteRange, ProvenPart } from './proven-part.js';

const transferId = '2f1c8a34-5f0e-4c7e-9a39-0f6f3a1f0b11';

const partOf = (part: number, range: ByteRange | null, startMs = 1_000): ProvenPart => ({
  range,
  bytes: range === null ? 1 : range.toBytes - range.fromBytes,
  startMs,
  endMs: startMs + 1_000,
  transferId,
  part,
  kind: 'client-to-client',
  source: 'host:a',
  sourceAddress: '127.1.0.1',
  destination: 'host:b',
  destinationAddress: '127.2.0.1',
  contentId: 'ab'.repeat(32),
  title: 'moviestudio/film.mp4',
  category: 'film',
  sizeBytes: 1_000_000,
  maxRateBitsPerSecond: 1,
});

const openRanges = () => {
  const database = openDatabase(':memory:', partRangesMigrations, { synchronous: 'NORMAL' });
  return { ranges: createPartRanges(database), close: () => database.close() };
};

const codeOf = (operation: () => void): string => {
  try {
    operation();
    return 'accepted';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('part ranges', () => {
  it('accept the parts of a transfer in any order, each once', () => {
    const cuts = fc.array(fc.nat({ max: 50 }), { minLength: 1, maxLength: 12 }).map((lengths) => {
      let fromBytes = 0;
      return lengths.map((length, part) => {
        const range = { fromBytes, toBytes: fromBytes + length };
        fromBytes = range.toBytes;
        return partOf(part, range);
      });
    });
    fc.assert(
      fc.property(
        cuts.chain((parts) => fc.shuffledSubarray(parts, { minLength: parts.length })),
        (parts) => {
          const { ranges, close } = openRanges();
          for (const part of [...parts, ...parts]) ranges.claim(part);
          close();
        },
      ),
    );
  });

  it('never accept two parts that share a byte, whatever is claimed', () => {
    const claim = fc.record({
      part: fc.nat({ max: 6 }),
      fromBytes: fc.nat({ max: 30 }),
      length: fc.nat({ max: 10 }),
    });
    fc.assert(
      fc.property(fc.array(claim, { maxLength: 30 }), (claims) => {
        const { ranges, close } = openRanges();
        const covered = new Map<number, string>();
        for (const { part, fromBytes, length } of claims) {
          const range = { fromBytes, toBytes: fromBytes + length };
          if (codeOf(() => ranges.claim(partOf(part, range))) !== 'accepted') continue;
          const said = `${part} ${fromBytes} ${length}`;
          for (let byte = fromBytes; byte < fromBytes + length; byte += 1) {
            expect(covered.get(byte) ?? said).toBe(said);
            covered.set(byte, said);
          }
        }
        close();
      }),
    );
  });

  it('refuse what does not fit, and keep what was there', () => {
    const { ranges, close } = openRanges();
    ranges.claim(partOf(0, { fromBytes: 0, toBytes: 100 }));
    expect(codeOf(() => ranges.claim(partOf(1, { fromBytes: 50, toBytes: 150 })))).toBe('part-overlap');
    expect(codeOf(() => ranges.claim(partOf(1, { fromBytes: 120, toBytes: 150 })))).toBe('part-chain');
    expect(codeOf(() => ranges.claim(partOf(0, { fromBytes: 0, toBytes: 90 })))).toBe('part-conflict');
    // The same bytes at another time would be other rows.
    expect(codeOf(() => ranges.claim(partOf(0, { fromBytes: 0, toBytes: 100 }, 400_000)))).toBe(
      'part-conflict',
    );
    expect(codeOf(() => ranges.claim(partOf(2, { fromBytes: 130, toBytes: 150 })))).toBe('accepted');
    expect(codeOf(() => ranges.claim(partOf(1, { fromBytes: 100, toBytes: 140 })))).toBe('part-overlap');
    expect(codeOf(() => ranges.claim(partOf(1, { fromBytes: 100, toBytes: 130 })))).toBe('accepted');
    close();
  });

  it('hold parts without receipts to being said in one way only', () => {
    const { ranges, close } = openRanges();
    ranges.claim(partOf(0, null));
    ranges.claim(partOf(0, null));
    expect(codeOf(() => ranges.claim(partOf(0, null, 9_000_000)))).toBe('part-conflict');
    close();
  });
});
