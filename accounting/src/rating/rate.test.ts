import type { RatePlan, Rounding } from '@fairhop/shared/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkRatePlan, rate } from './index.js';

const GB = 10 ** 9;
const rated = (plan: RatePlan, quantity: number, others: Partial<Parameters<typeof rate>[0]> = {}) =>
  rate({ plan, quantity, unit: 'GB', currency: 'EUR', rounding: 'half-even', ...others });

const graduated: RatePlan = {
  type: 'tiers',
  mode: 'graduated',
  tiers: [
    { upToUnits: '10000', price: '0.02' },
    { upToUnits: null, price: '0.01' },
  ],
};
const volume = { ...graduated, mode: 'volume' } as const;
const flat: RatePlan = { type: 'flat', amount: '500', includedUnits: '1000', overagePrice: '0.03' };
const reserved: RatePlan = {
  type: 'reserved',
  reservedUnits: '1000',
  reservedAmount: '20.5',
  usagePrice: '0.01',
};
const percentile: RatePlan = { type: 'percentile95', price: '1.2', direction: 'forward' };
const committed = { ...percentile, committedBitsPerSecond: 100_000_000 };

describe('rate', () => {
  it.each<[string, RatePlan, number, number, string, string]>([
    [
      'a price each',
      { type: 'per-unit', price: '0.0125' },
      1_500 * GB,
      1_875,
      '1500',
      '1,500 GB at 0.0125 EUR',
    ],
    ['nothing used', graduated, 0, 0, '0', '0 GB at 0.02 EUR'],
    [
      'graduated tiers',
      graduated,
      12_345.678 * GB,
      22_346,
      '12345.678',
      '10,000 GB at 0.02 EUR, then 2,345.678 GB at 0.01 EUR',
    ],
    ['a tier to its last unit', graduated, 10_000 * GB, 20_000, '10000', '10,000 GB at 0.02 EUR'],
    [
      'one price by volume',
      volume,
      12_000 * GB,
      12_000,
      '12000',
      '12,000 GB at 0.01 EUR, the price of all above 10,000 GB',
    ],
    ['a volume at a tier’s last unit', volume, 10_000 * GB, 20_000, '10000', '10,000 GB at 0.02 EUR'],
    ['a flat amount', flat, 340 * GB, 50_000, '340', '500 EUR for up to 1,000 GB, of which 340 GB were used'],
    ['overage', flat, 1_234 * GB, 50_702, '1234', '500 EUR for the first 1,000 GB, then 234 GB at 0.03 EUR'],
    ['what is reserved', reserved, 0, 2_050, '0', '20.50 EUR for 1,000 GB reserved, of which 0 GB were used'],
    [
      'more than is reserved',
      reserved,
      3_000 * GB,
      4_050,
      '3000',
      '20.50 EUR for 1,000 GB reserved, then 2,000 GB at 0.01 EUR',
    ],
    ['a percentile', percentile, 812_500_000, 97_500, '812.5', '95th percentile of 812.5 Mbit/s at 1.20 EUR'],
    [
      'a commitment',
      committed,
      90_000_000,
      12_000,
      '90',
      '100 Mbit/s committed at 1.20 EUR; the 95th percentile was 90 Mbit/s',
    ],
    [
      'more than is committed',
      committed,
      110_000_000,
      13_200,
      '110',
      '95th percentile of 110 Mbit/s at 1.20 EUR, above the 100 Mbit/s committed',
    ],
    ['royalties', { type: 'royalty', pricePerFile: '0.5' }, 3, 150, '3', '3 files at 0.50 EUR'],
    ['a royalty', { type: 'royalty', pricePerFile: '0.5' }, 1, 50, '1', '1 file at 0.50 EUR'],
  ])('%s', (_, plan, quantity, amount, units, calculation) => {
    expect(rated(plan, quantity)).toMatchObject({ amount, units, calculation });
  });

  it('counts in the contract’s unit', () => {
    const plan: RatePlan = { type: 'per-unit', price: '1' };
    expect(rated(plan, 2 ** 30, { unit: 'GiB' })).toMatchObject({ amount: 100, units: '1', unitCode: 'GiB' });
    expect(rated(plan, 2 ** 30).units).toBe('1.073741824');
    expect(rated(plan, 1, { unit: 'GiB' }).units).toBe('0.000000001');
    expect(rated(percentile, 1).unitCode).toBe('Mbit/s');
    expect(rated({ type: 'royalty', pricePerFile: '1' }, 1).unitCode).toBe('files');
  });

  it('knows how many digits a currency has', () => {
    const plan: RatePlan = { type: 'per-unit', price: '1.5' };
    expect(rated(plan, GB, { currency: 'JPY' })).toMatchObject({ amount: 2, calculation: '1 GB at 1.5 JPY' });
    expect(rated(plan, GB, { currency: 'KWD' })).toMatchObject({
      amount: 1_500,
      calculation: '1 GB at 1.500 KWD',
    });
  });

  it.each<[Rounding, number]>([
    ['half-up', 3],
    ['half-even', 2],
    ['down', 2],
    ['up', 3],
  ])('rounds %s, once', (rounding, amount) => {
    // Two tiers of 1.25 cents: rounded each for itself they would be 2 or 4.
    const tiers = [
      { upToUnits: '1', price: '0.0125' },
      { upToUnits: null, price: '0.0125' },
    ];
    expect(rated({ type: 'tiers', mode: 'graduated', tiers }, 2 * GB, { rounding }).amount).toBe(amount);
  });

  it('refuses what is no quantity, and an amount beyond what is exact', () => {
    expect(() => rated(flat, -1)).toThrow(/an integer from 0/);
    expect(() => rated(flat, 0.5)).toThrow(/an integer from 0/);
    expect(() => rated({ type: 'royalty', pricePerFile: '999999999999' }, 10 ** 6)).toThrow(/minor units/);
  });
});

describe('properties of rating', () => {
  const rounding = fc.constantFrom<Rounding>('half-up', 'half-even', 'down', 'up');
  const unit = fc.constantFrom('GB', 'GiB');
  const currency = fc.constantFrom('EUR', 'JPY', 'KWD');
  const terms = fc.record({ rounding, unit, currency });
  const bytes = fc.nat({ max: 10 ** 13 });
  const price = fc
    .tuple(fc.nat({ max: 99 }), fc.nat({ max: 999_999 }))
    .map(([whole, fraction]) => `${whole}.${String(fraction).padStart(6, '0')}`);
  const tiers = fc
    .tuple(
      fc.uniqueArray(fc.integer({ min: 1, max: 9_999 }), { maxLength: 5 }),
      fc.array(price, { minLength: 6, maxLength: 6 }),
    )
    .map(([limits, prices]) =>
      [...limits.sort((left, right) => left - right).map(String), null].map((upToUnits, index) => ({
        upToUnits,
        price: prices[index]!,
      })),
    );
  const plan = fc.oneof(
    price.map((each): RatePlan => ({ type: 'per-unit', price: each })),
    tiers.map((all): RatePlan => ({ type: 'tiers', mode: 'graduated', tiers: all })),
    fc.tuple(price, price, fc.nat({ max: 5_000 })).map(
      ([amount, overagePrice, included]): RatePlan => ({
        ...{ type: 'flat', amount, overagePrice, includedUnits: String(included) },
      }),
    ),
    fc.tuple(price, price, fc.nat({ max: 5_000 })).map(
      ([reservedAmount, usagePrice, units]): RatePlan => ({
        ...{ type: 'reserved', reservedAmount, usagePrice, reservedUnits: String(units) },
      }),
    ),
    price.map((each): RatePlan => ({ ...committed, price: each })),
    fc.constant<RatePlan>({ type: 'royalty', pricePerFile: '0.055' }),
  );

  it('graduated tiers ask for each unit what its own tier says', () => {
    fc.assert(
      fc.property(tiers, fc.nat({ max: 12_000 }), rounding, (all, units, how) => {
        let millionths = 0;
        for (let unitIndex = 1; unitIndex <= units; unitIndex += 1) {
          const tier = all.find(({ upToUnits }) => upToUnits === null || unitIndex <= Number(upToUnits));
          millionths += Math.round(Number(tier!.price) * 10 ** 6);
        }
        const sum = rated(
          {
            type: 'per-unit',
            price: `${Math.floor(millionths / 10 ** 6)}.${String(millionths % 10 ** 6).padStart(6, '0')}`,
          },
          GB,
          { rounding: how },
        );
        const plan: RatePlan = { type: 'tiers', mode: 'graduated', tiers: all };
        expect(rated(plan, units * GB, { rounding: how }).amount).toBe(sum.amount);
      }),
      { numRuns: 50 },
    );
  });

  it('more usage never costs less', () => {
    fc.assert(
      fc.property(plan, bytes, bytes, terms, (each, one, other, how) => {
        const [less, more] = [Math.min(one, other), Math.max(one, other)];
        expect(rated(each, less, how).amount).toBeLessThanOrEqual(rated(each, more, how).amount);
      }),
    );
  });

  it('one tier, nothing included and nothing reserved are a price each', () => {
    fc.assert(
      fc.property(price, bytes, terms, (each, quantity, how) => {
        const { amount } = rated({ type: 'per-unit', price: each }, quantity, how);
        const open = [{ upToUnits: null, price: each }];
        const same: RatePlan[] = [
          { type: 'tiers', mode: 'graduated', tiers: open },
          { type: 'tiers', mode: 'volume', tiers: open },
          { type: 'flat', amount: '0', includedUnits: '0', overagePrice: each },
          { type: 'reserved', reservedAmount: '0', reservedUnits: '0', usagePrice: each },
        ];
        for (const plan of same) expect(rated(plan, quantity, how).amount).toBe(amount);
      }),
    );
  });

  it('usage in parts costs what it costs together, to a rounding of each part', () => {
    fc.assert(
      fc.property(price, fc.array(bytes, { minLength: 1, maxLength: 8 }), terms, (each, parts, how) => {
        const plan: RatePlan = { type: 'per-unit', price: each };
        const whole = rated(
          plan,
          parts.reduce((sum, part) => sum + part, 0),
          how,
        ).amount;
        const sum = parts.reduce((total, part) => total + rated(plan, part, how).amount, 0);
        expect(Math.abs(whole - sum)).toBeLessThanOrEqual(parts.length);
      }),
    );
  });

  it('an amount is the exact one to less than a minor unit, whatever the rounding', () => {
    fc.assert(
      fc.property(plan, bytes, unit, (each, quantity, volumeUnit) => {
        const by = (how: Rounding): number =>
          rated(each, quantity, { rounding: how, unit: volumeUnit }).amount;
        expect(by('up') - by('down')).toBeLessThanOrEqual(1);
        for (const how of ['half-up', 'half-even'] as const)
          expect([by('up'), by('down')]).toContain(by(how));
      }),
    );
  });
});

describe('checkRatePlan', () => {
  const check = (limits: (string | null)[]) =>
    checkRatePlan(
      { type: 'tiers', mode: 'graduated', tiers: limits.map((upToUnits) => ({ upToUnits, price: '1' })) },
      'terms.charges.0.plan',
    );

  it('takes tiers that end where the next begins', () => {
    expect(() => check(['0.5', '10', '1000', null])).not.toThrow();
    expect(() => check([null])).not.toThrow();
    expect(() => checkRatePlan(flat, 'plan')).not.toThrow();
  });

  it.each<[string, (string | null)[], string, RegExp]>([
    [
      'units above the last',
      ['10', '20'],
      'terms.charges.0.plan.tiers.1.upToUnits',
      /tier 2 of 2 .*null is right/,
    ],
    ['two open tiers', ['10', null, null], 'terms.charges.0.plan.tiers.1.upToUnits', /tier 2 of 3 is open/],
    ['tiers that fall', ['10', '5', null], 'terms.charges.0.plan.tiers.1.upToUnits', /above 10 is right/],
    ['an empty tier', ['10', '10.0', null], 'terms.charges.0.plan.tiers.1.upToUnits', /above 10 is right/],
    ['a first tier of nothing', ['0', null], 'terms.charges.0.plan.tiers.0.upToUnits', /above 0 is right/],
  ])('tells %s', (_, limits, path, message) => {
    expect(() => check(limits)).toThrow(
      expect.objectContaining({
        code: 'rate-plan-invalid',
        status: 400,
        errors: [{ path, message: expect.stringMatching(message) }],
      }),
    );
  });
});
