import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createZone } from './zone.js';

const zones = [
  'UTC',
  'Europe/London',
  'America/New_York',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'America/Havana',
  'Africa/Casablanca',
];

const localText = (timeMs: number, timeZone: string): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(timeMs);

describe('zone', () => {
  it('gives spans without holes whose offsets make local time', () => {
    const instant = fc.integer({ min: Date.UTC(1995), max: Date.UTC(2035) });
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        instant,
        fc.nat(500),
        fc.nat(1_000_000),
        (name, fromMs, days, at) => {
          const toMs = fromMs + days * 86_400_000 + 1;
          const spans = createZone(name).spans(fromMs, toMs);
          expect([spans[0]!.fromMs, spans.at(-1)!.toMs]).toEqual([fromMs, toMs]);
          for (const [index, span] of spans.entries()) {
            expect(span.fromMs).toBeLessThan(span.toMs);
            if (index > 0) expect(span.fromMs).toBe(spans[index - 1]!.toMs);
            const probe = span.fromMs + Math.floor(((span.toMs - 1 - span.fromMs) * at) / 1_000_000);
            for (const timeMs of [span.fromMs, probe, span.toMs - 1]) {
              const text = new Date(timeMs + span.offsetMs).toISOString().slice(0, 19).replace('T', ' ');
              expect(text).toBe(localText(timeMs, name));
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([
    ['Europe/London', 2026, 11, 1, '2026-11-01T00:00:00.000Z'],
    ['Europe/London', 2026, 7, 1, '2026-06-30T23:00:00.000Z'],
    ['Asia/Kathmandu', 2026, 13, 1, '2026-12-31T18:15:00.000Z'],
    // Clocks go forward at midnight: the day begins at 01:00.
    ['America/Havana', 2026, 3, 8, '2026-03-08T05:00:00.000Z'],
    // Clocks go back from 01:00 to 00:00: the day begins with the first of both.
    ['America/Havana', 2026, 11, 1, '2026-11-01T04:00:00.000Z'],
  ])('%s has the day %i-%i-%i from %s', (name, year, month, day, start) => {
    expect(new Date(createZone(name).dayStartMs(year, month, day)).toISOString()).toBe(start);
  });
});
