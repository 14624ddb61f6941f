import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eveningZone, monthOf, quarterOf } from './evening-zone.js';

describe('evening zone', () => {
  it('is between 20:00 and 21:00 in it, whatever the time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), (nowMs) => {
        const hour = new Intl.DateTimeFormat('en-GB', {
          timeZone: eveningZone(nowMs),
          hour: '2-digit',
          hourCycle: 'h23',
        }).format(nowMs);
        expect(hour).toBe('20');
      }),
    );
  });

  it('names the quarter of the zone, not of UTC', () => {
    const newYearInLondon = Date.UTC(2026, 11, 31, 23, 30);
    expect(quarterOf(newYearInLondon, 'Etc/GMT')).toBe('2026-Q4');
    expect(quarterOf(newYearInLondon, 'Etc/GMT-1')).toBe('2027-Q1');
  });

  it('has the month that begins and ends at its own midnights', () => {
    expect(monthOf(Date.UTC(2026, 11, 31, 23, 30), 'Etc/GMT-1')).toEqual({
      period: '2027-01',
      fromMs: Date.UTC(2026, 11, 31, 23),
      toMs: Date.UTC(2027, 0, 31, 23),
    });
    expect(monthOf(Date.UTC(2026, 10, 1, 2), 'Etc/GMT+3')).toMatchObject({ period: '2026-10' });
  });
});
