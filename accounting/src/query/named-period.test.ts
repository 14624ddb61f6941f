import { describe, expect, it } from 'vitest';
import { namedPeriod } from './named-period.js';
import { createZone } from './zone.js';

const day = (text: string): number => Date.parse(`${text}T00:00:00Z`);
const utc = createZone('UTC');

describe('a period by its name', () => {
  // A Friday.
  const nowMs = Date.UTC(2026, 10, 20, 18, 5);

  it.each([
    ['2026', '2026-01-01', '2027-01-01'],
    ['2026-Q4', '2026-10-01', '2027-01-01'],
    ['2026-12', '2026-12-01', '2027-01-01'],
    ['2028-02-29', '2028-02-29', '2028-03-01'],
    ['today', '2026-11-20', '2026-11-21'],
    ['yesterday', '2026-11-19', '2026-11-20'],
    ['this-week', '2026-11-16', '2026-11-23'],
    ['last-week', '2026-11-09', '2026-11-16'],
    ['this-month', '2026-11-01', '2026-12-01'],
    ['last-month', '2026-10-01', '2026-11-01'],
    ['this-quarter', '2026-10-01', '2027-01-01'],
    ['last-quarter', '2026-07-01', '2026-10-01'],
    ['this-year', '2026-01-01', '2027-01-01'],
    ['last-year', '2025-01-01', '2026-01-01'],
  ])('%s', (period, from, to) => {
    expect(namedPeriod(period, utc, nowMs)).toEqual({ fromMs: day(from), toMs: day(to) });
  });

  it('runs over the turn of the year', () => {
    const newYear = Date.UTC(2027, 0, 1, 3);
    expect(namedPeriod('yesterday', utc, newYear)).toEqual({
      fromMs: day('2026-12-31'),
      toMs: day('2027-01-01'),
    });
    expect(namedPeriod('last-quarter', utc, newYear)?.fromMs).toBe(day('2026-10-01'));
    expect(namedPeriod('this-week', utc, newYear)?.fromMs).toBe(day('2026-12-28'));
  });

  it('is that of the zone, also where a day has 23 or 25 hours', () => {
    const london = createZone('Europe/London');
    const { fromMs, toMs } = namedPeriod('2026-10-25', london, nowMs)!;
    expect((toMs - fromMs) / 3_600_000).toBe(25);
    expect(new Date(fromMs).toISOString()).toBe('2026-10-24T23:00:00.000Z');
    const lateInAuckland = createZone('Pacific/Auckland');
    // Saturday morning there.
    expect(namedPeriod('today', lateInAuckland, nowMs)?.fromMs).toBe(Date.UTC(2026, 10, 20, 11));
  });

  it('is none for a day that no month has', () => {
    expect(namedPeriod('2026-02-30', utc, nowMs)).toBeUndefined();
  });

  it('is none before 1970, where times begin', () => {
    for (const period of ['1969', '1969-12-31', '0050', '0099-01'])
      expect(namedPeriod(period, utc, nowMs)).toBeUndefined();
    expect(namedPeriod('1970', utc, nowMs)?.fromMs).toBe(0);
    expect(namedPeriod('1970', createZone('Pacific/Auckland'), nowMs)).toBeUndefined();
  });
});
