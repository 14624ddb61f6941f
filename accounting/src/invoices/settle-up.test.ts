import { type Charge, type Contract, parseDecimal, type RatePlan } from '@fairhop/shared/model';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rate } from '../rating/index.js';
import { readHere } from '../reading/index.js';
import { periodsOver } from './contract-periods.js';
import { readPositions } from './positions.js';
import { anyCharged, anyReports, bookReports } from './random-ledger.test-support.js';
import { contractOf, openTestSettlement, type TestSettlement } from './test-support.js';
import { createUsageReader } from './usage.js';

const bins = { fromMs: Date.UTC(2026, 9, 26), count: 3_000 };
/** A while after the last event. */
const endMs = Date.UTC(2027, 0, 20);

const price = fc.nat(9_999_999).map(String);
const bytesPlan: fc.Arbitrary<RatePlan> = fc.oneof(
  price.map((each): RatePlan => ({ type: 'per-unit', price: each })),
  fc.tuple(price, price).map(
    ([first, then]): RatePlan => ({
      type: 'tiers',
      mode: 'graduated',
      tiers: [
        { upToUnits: '0.0005', price: first },
        { upToUnits: null, price: then },
      ],
    }),
  ),
  fc
    .tuple(price, price)
    .map(
      ([amount, overagePrice]): RatePlan => ({ type: 'flat', amount, includedUnits: '0.001', overagePrice }),
    ),
);
const anyCharge = fc.tuple(anyCharged, bytesPlan).map(([{ usage, plan }, priced]) => ({
  description: 'Charge',
  usage,
  plan: plan.type === 'per-unit' ? priced : plan,
}));
const anyContract = fc
  .record({
    charges: fc.array(anyCharge, { minLength: 1, maxLength: 3 }),
    later: fc.option(fc.array(anyCharge, { minLength: 1, maxLength: 2 })),
    currency: fc.constantFrom('EUR', 'JPY'),
    minimum: fc.option(price, { nil: undefined }),
    isEnded: fc.boolean(),
  })
  .map(({ charges, later, currency, minimum, isEnded }): Contract => {
    const numbered = (all: readonly Omit<Charge, 'id'>[]): Charge[] =>
      all.map((charge, index) => ({ ...charge, id: `c${index}` }));
    const changeMs = Date.UTC(2026, 10, 1);
    const endedMs = isEnded ? Date.UTC(2026, 10, 20) : null;
    const minimumAmount = minimum === undefined ? {} : { minimumAmount: minimum };
    const first = { charges: numbered(charges), ...minimumAmount };
    if (later === null) return contractOf([{ ...first, toMs: endedMs }]);
    return contractOf([
      { ...first, toMs: changeMs },
      { charges: numbered(later), currency, fromMs: changeMs, toMs: endedMs },
    ]);
  });
/** What happens after a batch: nothing, periods are closed as they are over by then, or some invoice is credited and its period closed anew. */
const anyStep = fc.record({
  does: fc.constantFrom('nothing', 'close', 'close', 'credit', 'close-again'),
  day: fc.integer({ min: 0, max: 60 }),
  which: fc.nat(5),
});

const plannedOf = ({ ledger }: TestSettlement, contract: Contract): number[] =>
  readHere(ledger.database, function* () {
    const reader = createUsageReader(ledger.database);
    const positions = yield* readPositions();
    const amounts: number[] = [];
    for (const { fromMs, toMs, version, isInForce } of periodsOver(contract, endMs)) {
      if (!isInForce) continue;
      let sum = 0;
      for (const { usage, plan } of version.charges) {
        const counted = { usage, plan, fromMs, toMs, timeZone: version.timeZone };
        const { quantity } = yield* reader.read(counted, positions);
        sum += rate({ ...version, plan, quantity }).amount;
      }
      const { minimumAmount = '0', currency } = version;
      const minor = currency === 'JPY' ? 1n : 100n;
      amounts.push(Math.max(sum, Number((parseDecimal(minimumAmount) * minor) / 10n ** 9n)));
    }
    return amounts;
  });

it('all invoices together are the plans of all usage, whatever comes when, and each line is derived again', async () => {
  await fc.assert(
    fc.asyncProperty(anyReports(bins), anyContract, fc.array(anyStep), async (reports, contract, steps) => {
      const settlement = await openTestSettlement(contract);
      const { ledger, invoices } = settlement;
      const by = { by: 'operator', note: 'why' };
      try {
        for (const [index, messages] of reports.entries()) {
          bookReports(ledger, messages, bins.fromMs + index);
          const { does, day, which } = steps[index] ?? { does: 'nothing', day: 0, which: 0 };
          const nowMs = Date.UTC(2026, 10, 1 + day);
          const all = invoices.list({ limit: 100 });
          const invoice = all[which % Math.max(1, all.length)];
          if (does === 'close') await invoices.closeDue(nowMs);
          if (does === 'credit' && invoice?.type === 'invoice' && invoice.status === 'draft') {
            invoices.issue(invoice.id, { ...by, nowMs });
            await invoices.credit(invoice.id, { ...by, nowMs });
          }
          if (does === 'close-again' && invoice !== undefined)
            await invoices.closePeriod(invoice.period, { contract: contract.id }, { ...by, nowMs: endMs });
          expect(settlement.check()).toBeUndefined();
        }
        await invoices.closeDue(endMs);
        const drafted = invoices.list({ limit: 100 });
        const sums = new Map<string, number>();
        for (const { currency, lines } of drafted)
          for (const { amount } of lines) sums.set(currency, (sums.get(currency) ?? 0) + amount);
        const planned = plannedOf(settlement, contract);
        const total = (amounts: Iterable<number>): number => [...amounts].reduce((sum, one) => sum + one, 0);
        expect(total(sums.values())).toBe(total(planned));
        expect(settlement.check()).toBeUndefined();
        for (const { id } of drafted) {
          const { agrees, lines } = await invoices.explain(id);
          expect({ agrees, lines }).toMatchObject({ agrees: true });
        }
        expect(await invoices.closeDue(endMs)).toEqual({ closed: 0, failures: [] });
      } finally {
        await settlement.remove();
      }
    }),
    { numRuns: 60 },
  );
}, 240_000);
