import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { currencySchema, divideRounded, formatDecimal, minorDigitsOf, parseDecimal } from './money.js';

describe('currencies', () => {
  it.each([
    ['EUR', 2],
    ['JPY', 0],
    ['KWD', 3],
    ['IQD', 3],
    ['HUF', 2],
  ])('%s has %d digits by ISO 4217, whatever the runtime thinks', (code, digits) => {
    expect(currencySchema.parse(code)).toBe(code);
    expect(minorDigitsOf(code)).toBe(digits);
  });

  it.each(['eur', 'DEM', 'XAU', 'XXX', ''])('refuses %j', (code) => {
    expect(currencySchema.safeParse(code).success).toBe(false);
  });
});

describe('decimals', () => {
  it('come back as they were, without trailing zeros', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), (nanos) => {
        const text = formatDecimal(nanos);
        expect(text).toMatch(/^-?\d+(\.\d*[1-9])?$/);
        expect(parseDecimal(text.replace('-', ''))).toBe(nanos < 0n ? -nanos : nanos);
      }),
    );
  });
});

describe('rounding', () => {
  const amount = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
  const divisor = fc.bigInt({ min: 1n, max: 10n ** 12n });

  it('is off by less than one, or by a half at most to the nearest, and turns signs round', () => {
    fc.assert(
      fc.property(
        amount,
        divisor,
        fc.constantFrom('half-up', 'half-even', 'down', 'up'),
        (dividend, by, how) => {
          const rounded = divideRounded(dividend, by, how);
          const off = rounded * by - dividend;
          const distance = off < 0n ? -off : off;
          if (how.startsWith('half')) expect(2n * distance <= by).toBe(true);
          else expect(distance < by).toBe(true);
          expect(divideRounded(-dividend, by, how)).toBe(-rounded);
        },
      ),
    );
  });

  it.each([
    [5n, 1n, 0n],
    [15n, 2n, 2n],
    [25n, 3n, 2n],
    [-25n, -3n, -2n],
  ])('of %d tenths: half-up to %d, half-even to %d', (tenths, up, even) => {
    expect(divideRounded(tenths, 10n, 'half-up')).toBe(up);
    expect(divideRounded(tenths, 10n, 'half-even')).toBe(even);
  });
});
