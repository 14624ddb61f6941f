import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { periodAt } from './budget-period.js';

const zones = [
  'UTC',
  'Europe/London',
  'America/New_York',
  'Asia/Kolkata',
  'Pacific/Chatham',
  'America/Sao_Paulo',
];

describe('periodAt', () => {
  it('begins and ends at midnight of the zone, also where summer time is', () => {
    const lisbon = { period: 'quarter', timeZone: 'Europe/London' } as const;
    expect(periodAt(lisbon, Date.UTC(2026, 10, 20))).toEqual({
      startMs: Date.parse('2026-10-01T00:00:00+01:00'),
      endMs: Date.parse('2027-01-01T00:00:00Z'),
    });
    const kolkata = { period: 'month', timeZone: 'Asia/Kolkata' } as const;
    expect(periodAt(kolkata, Date.parse('2026-10-31T18:30:00Z'))).toEqual({
      startMs: Date.parse('2026-11-01T00:00:00+05:30'),
      endMs: Date.parse('2026-12-01T00:00:00+05:30'),
    });
    expect(periodAt({ period: 'total', timeZone: 'UTC' }, 5)).toEqual({ startMs: 0, endMs: null });
  });

  it('holds its instant, and is followed by the next without a gap', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom('month' as const, 'quarter' as const),
        fc.integer({ min: Date.UTC(1990, 0), max: Date.UTC(2037, 0) }),
        (timeZone, period, timeMs) => {
          const { startMs, endMs } = periodAt({ period, timeZone }, timeMs);
          expect(startMs).toBeLessThanOrEqual(timeMs);
          expect(endMs).toBeGreaterThan(timeMs);
          expect(periodAt({ period, timeZone }, endMs ?? 0).startMs).toBe(endMs);
          expect(periodAt({ period, timeZone }, startMs - 1).endMs).toBe(startMs);
        },
      ),
    );
  });
});
