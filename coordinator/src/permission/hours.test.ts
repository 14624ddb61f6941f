import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hoursState } from './hours.js';

const at = (text: string): number => Date.parse(text);
const london = (from: string, to: string) => ({ from, to, timeZone: 'Europe/London' });

describe('hoursState', () => {
  it('takes the wall clock of the zone', () => {
    // Summer time: 18:00 in London is 17:00 UTC.
    expect(hoursState(london('18:00', '23:00'), at('2026-07-01T16:59:59.999Z'))).toEqual({
      open: false,
      changesMs: at('2026-07-01T17:00Z'),
    });
    expect(hoursState(london('18:00', '23:00'), at('2026-07-01T17:00Z'))).toEqual({
      open: true,
      changesMs: at('2026-07-01T22:00Z'),
    });
  });

  it('wraps past midnight, and ends a day at 24:00', () => {
    expect(hoursState(london('22:00', '06:00'), at('2026-01-10T05:59Z'))).toEqual({
      open: true,
      changesMs: at('2026-01-10T06:00Z'),
    });
    expect(hoursState(london('22:00', '06:00'), at('2026-01-10T06:00Z'))).toEqual({
      open: false,
      changesMs: at('2026-01-10T22:00Z'),
    });
    expect(hoursState(london('18:00', '24:00'), at('2026-01-10T23:59Z'))).toEqual({
      open: true,
      changesMs: at('2026-01-11T00:00Z'),
    });
    expect(hoursState(london('18:00', '24:00'), at('2026-01-11T00:00Z')).open).toBe(false);
  });

  it('is open all day when it begins as it ends', () => {
    for (const hours of [london('08:00', '08:00'), london('00:00', '24:00')])
      expect(hoursState(hours, at('2026-01-10T05:59Z'))).toEqual({ open: true, changesMs: undefined });
  });

  it('follows clocks that are put forward and back', () => {
    // 29 March 2026, 01:00 UTC: 01:00 becomes 02:00, so that 01:30 is skipped.
    expect(hoursState(london('01:30', '05:00'), at('2026-03-29T00:30Z')).changesMs).toBe(
      at('2026-03-29T01:00Z'),
    );
    expect(hoursState(london('22:00', '06:00'), at('2026-03-28T23:00Z')).changesMs).toBe(
      at('2026-03-29T05:00Z'),
    );
    // 25 October 2026, 01:00 UTC: 02:00 becomes 01:00, so that 01:00 to 02:00 comes twice.
    expect(hoursState(london('22:00', '06:00'), at('2026-10-24T22:00Z')).changesMs).toBe(
      at('2026-10-25T06:00Z'),
    );
    expect(hoursState(london('00:00', '01:30'), at('2026-10-25T00:15Z')).changesMs).toBe(
      at('2026-10-25T00:30Z'),
    );
  });

  it('holds what it says until it changes, in every zone', () => {
    const time = fc.tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom(0, 7, 30, 59));
    const text = ([hour, minute]: [number, number]) =>
      `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
    const zone = fc.constantFrom(
      'Europe/London',
      'Asia/Kathmandu',
      'Australia/Lord_Howe',
      'America/New_York',
      'UTC',
    );
    const nowMs = fc.integer({ min: at('2026-01-01T00:00Z'), max: at('2027-12-31T00:00Z') });
    const wallClock = (timeZone: string, timeMs: number) =>
      new Intl.DateTimeFormat('en-GB', { timeZone, timeStyle: 'short' }).format(timeMs);
    fc.assert(
      fc.property(
        time,
        time,
        zone,
        nowMs,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (one, other, timeZone, now, part) => {
          const hours = { from: text(one), to: text(other), timeZone };
          fc.pre(hours.from !== hours.to);
          const isOpen = (timeMs: number) => {
            const wall = wallClock(timeZone, timeMs);
            if (hours.from < hours.to) return hours.from <= wall && wall < hours.to;
            return wall >= hours.from || wall < hours.to;
          };
          const { open, changesMs } = hoursState(hours, now);
          expect(open).toBe(isOpen(now));
          expect(changesMs).toBeGreaterThan(now);
          expect(isOpen(changesMs!)).toBe(!open);
          expect(isOpen(changesMs! - 1)).toBe(open);
          expect(isOpen(Math.floor(now + part * (changesMs! - 1 - now)))).toBe(open);
        },
      ),
      { numRuns: 300 },
    );
  });
});
