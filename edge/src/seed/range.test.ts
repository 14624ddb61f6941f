import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideRange } from './range.js';

describe('deciding on a Range header', () => {
  it('never leaves the content, whatever comes', () => {
    const header = fc.oneof(
      fc.string(),
      fc.string().map((text) => `bytes=${text}`),
      fc
        .array(fc.tuple(fc.option(fc.nat(200)), fc.option(fc.nat(200))), { maxLength: 5 })
        .map((specs) => `bytes=${specs.map(([first, last]) => `${first ?? ''}-${last ?? ''}`).join(', ')}`),
    );
    fc.assert(
      fc.property(header, fc.integer({ min: 1, max: 150 }), (text, sizeBytes) => {
        const decision = decideRange(text, sizeBytes);
        if (typeof decision === 'string') return;
        expect(decision.fromByte).toBeGreaterThanOrEqual(0);
        expect(decision.fromByte).toBeLessThan(decision.toByte);
        expect(decision.toByte).toBeLessThanOrEqual(sizeBytes);
      }),
    );
  });

  it('gives exactly the bytes of a single range', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(200), fc.integer({ min: 1, max: 150 }), (first, length, sizeBytes) => {
        const decision = decideRange(`bytes=${first}-${first + length}`, sizeBytes);
        if (first >= sizeBytes) expect(decision).toBe('unsatisfiable');
        else expect(decision).toEqual({ fromByte: first, toByte: Math.min(first + length + 1, sizeBytes) });
      }),
    );
  });

  it('joins ranges that touch or overlap, and drops those that are past the end', () => {
    expect(decideRange('bytes=0-4, 5-9,3-6', 100)).toEqual({ fromByte: 0, toByte: 10 });
    expect(decideRange('bytes=0-4,500-', 100)).toEqual({ fromByte: 0, toByte: 5 });
    expect(decideRange('bytes=0-4,50-', 100)).toBe('whole');
    expect(decideRange(`bytes=${Array.from({ length: 65 }, (_, at) => `${at}-${at}`).join()}`, 100)).toBe(
      'whole',
    );
  });
});
