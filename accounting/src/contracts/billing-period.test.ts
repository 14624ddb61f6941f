import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { billingPeriodAt, billingPeriodNamed } from './index.js';

const HOUR_MS = 3_600_000;
const at = (text: string): number => Date.parse(text);
const month = (timeZone: string) => ({ period: 'month', timeZone }) as const;
const quarter = (timeZone: string) => ({ period: 'quarter', timeZone }) as const;

describe('billing periods', () => {
  it.each([
    // Clocks go forward on 29 March 2026 and back on 25 October: a day of 23 hours, and one of 25.
    ['Europe/London', '2026-03', '2026-03-01T00:00Z', '2026-03-31T23:00Z', 31 * 24 - 1],
    ['Europe/London', '2026-10', '2026-09-30T23:00Z', '2026-11-01T00:00Z', 31 * 24 + 1],
    ['America/New_York', '2026-03', '2026-03-01T05:00Z', '2026-04-01T04:00Z', 31 * 24 - 1],
    ['America/New_York', '2026-11', '2026-11-01T04:00Z', '2026-12-01T05:00Z', 30 * 24 + 1],
    ['Asia/Kolkata', '2026-11', '2026-10-31T18:30Z', '2026-11-30T18:30Z', 30 * 24],
    // 30 December 2011 never was there.
    ['Pacific/Apia', '2011-12', '2011-12-01T10:00Z', '2011-12-31T10:00Z', 30 * 24],
    ['Europe/London', '2026-Q1', '2026-01-01T00:00Z', '2026-03-31T23:00Z', 90 * 24 - 1],
    ['America/New_York', '2026-Q4', '2026-10-01T04:00Z', '2027-01-01T05:00Z', 92 * 24 + 1],
  ])('in %s %s is as long as its clocks make it', (timeZone, period, from, to, hours) => {
    const named = billingPeriodNamed(period, timeZone);
    expect(named).toEqual({ period, fromMs: at(from), toMs: at(to) });
    expect((named.toMs - named.fromMs) / HOUR_MS).toBe(hours);
  });

  it('begin and end by the zone’s clock, with a change of clocks inside of a day', () => {
    const london = month('Europe/London');
    expect(billingPeriodAt(london, at('2026-03-31T22:59:59Z')).period).toBe('2026-03');
    expect(billingPeriodAt(london, at('2026-03-31T23:00Z')).period).toBe('2026-04');
    expect(billingPeriodAt(month('Asia/Kolkata'), at('2026-12-31T18:30Z')).period).toBe('2027-01');
    expect(billingPeriodAt(quarter('Asia/Kolkata'), at('2026-12-31T18:29Z')).period).toBe('2026-Q4');
  });

  it('follow one on another in every zone, and are found by their names', () => {
    const zones = [
      'Europe/London',
      'America/New_York',
      'Asia/Kolkata',
      'Pacific/Apia',
      'Pacific/Kiritimati',
      'UTC',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom('month' as const, 'quarter' as const),
        fc.integer({ min: at('2005-01-01T00:00Z'), max: at('2040-01-01T00:00Z') }),
        (timeZone, period, timeMs) => {
          const terms = { timeZone, period };
          const held = billingPeriodAt(terms, timeMs);
          expect(held.fromMs).toBeLessThanOrEqual(timeMs);
          expect(held.toMs).toBeGreaterThan(timeMs);
          expect(billingPeriodNamed(held.period, timeZone)).toEqual(held);
          expect(billingPeriodAt(terms, held.toMs - 1)).toEqual(held);
          expect(billingPeriodAt(terms, held.toMs).fromMs).toBe(held.toMs);
        },
      ),
    );
  });

  it.each(['2026', '2026-13', '2026-Q5', 'last-month'])('of the name %s are none', (name) => {
    expect(() => billingPeriodNamed(name, 'UTC')).toThrow(/2026-11 or a quarter/);
  });

  // `Date` takes 0099 for 1999.
  it.each(['1969-12', '1022-Q2', '0099-01'])('are not there before 1970, such as %s', (name) => {
    expect(() => billingPeriodNamed(name, 'UTC')).toThrow(/before 1970/);
  });
});
