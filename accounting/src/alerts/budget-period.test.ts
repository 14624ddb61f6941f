import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgedPeriods, periodAt } from './budget-period.js';

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

describe('judgedPeriods', () => {
  const november = Date.parse('2026-11-01T00:00:00Z');
  const december = Date.parse('2026-12-01T00:00:00Z');
  const monthly = { period: 'month' as const, timeZone: 'UTC', sinceMs: 0 };
  const judged = (change: object, nowMs: number) =>
    judgedPeriods({ ...monthly, direction: 'above', basis: 'actual', ...change }, nowMs).map(
      ({ startMs, isOver }) => [startMs, isOver],
    );

  it('are the running one and the one before, unless the budget is younger', () => {
    const both = [
      [november, true],
      [december, false],
    ];
    expect(judged({}, december)).toEqual(both);
    expect(judged({ sinceMs: december - 1 }, december)).toEqual(both);
    expect(judged({ sinceMs: december }, december + 1)).toEqual([[december, false]]);
    expect(judged({ period: 'total' }, december)).toEqual([[0, false]]);
  });

  it('are known to have stayed below an hour after their end', () => {
    const below = { direction: 'below' };
    expect(judged({ ...below, sinceMs: november }, december + 3_599_999)).toEqual([]);
    expect(judged({ ...below, sinceMs: november }, december + 3_600_000)).toEqual([[november, false]]);
    expect(judged({ ...below, basis: 'forecast' }, december)).toEqual([[december, false]]);
    expect(judged({ ...below, basis: 'forecast' }, december + 3_600_000)).toEqual([
      [november, true],
      [december, false],
    ]);
  });
});
