import { querySchema } from '@fairhop/shared/contract';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { batch, completionMessage, event, eventsMessage } from '../ledger/test-support.js';
import { createQueryEngine } from '../query/index.js';
import { contractOf, openTestSettlement } from './test-support.js';

const MINUTE_MS = 60_000;
const pricePerFile = 50;
const months = ['2026-10', '2026-11', '2026-12', '2027-01'] as const;
/** In London, like all here. */
const beginsMs = [
  Date.UTC(2026, 8, 30, 23),
  Date.UTC(2026, 10, 1),
  Date.UTC(2026, 11, 1),
  Date.UTC(2027, 0, 1),
];
const nowMs = Date.UTC(2027, 1, 2);
const royalties = contractOf([
  {
    charges: [
      { id: 'films', description: 'Films', usage: {}, plan: { type: 'royalty', pricePerFile: '0.5' } },
    ],
  },
]);

/** Invoices what a host has whole once, and tells at these times, some before each month but the last is closed. */
async function settled(timesMs: readonly number[], toldBefore: readonly number[]) {
  const { ledger, invoices, check, remove } = await openTestSettlement(royalties);
  try {
    ledger.book(batch([eventsMessage(0, event({ kind: 'edge-to-client', source: 'host:edge' }))]), nowMs);
    const untold = timesMs.map((timeMs, sequence) => completionMessage(sequence, { timeMs }));
    for (const [index, month] of months.entries()) {
      const isLast = index === months.length - 1;
      for (const message of untold.splice(0, isLast ? untold.length : toldBefore[index]))
        ledger.book(batch([message], 'agent'), nowMs);
      await invoices.closePeriod(month, {}, { by: 'operator', nowMs });
    }
    const all = invoices.list({ limit: 10 }).reverse();
    for (const { id } of all) expect(await invoices.explain(id)).toMatchObject({ agrees: true });
    expect(check()).toBeUndefined();
    const engine = createQueryEngine({ ledger, graph: () => ({}) as never });

    const { rows } = engine.ask(
      querySchema.parse({ measure: 'files', groupBy: ['month'], time: { timeZone: 'Europe/London' } }),
    );
    return {
      files: rows.map(({ key, value }) => [key['month'], value]),
      lines: all.flatMap(({ period, lines }) =>
        lines.map(({ kind, basis, amount }) => [period, kind, basis!.fromMs, amount] as const),
      ),
    };
  } finally {
    await remove();
  }
}

it('counts a file in another month once an earlier completion arrives, by late lines', async () => {
  const [october, november] = [beginsMs[1]! - 2 * MINUTE_MS, beginsMs[1]! + 2 * MINUTE_MS];
  const { files, lines } = await settled([november, october], [0, 1, 1]);
  expect(files).toEqual([['2026-10', 1]]);
  expect(lines).toEqual([
    ['2026-10', 'usage', beginsMs[0], 0],
    ['2026-11', 'usage', beginsMs[1], pricePerFile],
    ['2026-12', 'usage', beginsMs[2], 0],
    ['2026-12', 'late', beginsMs[1], -pricePerFile],
    ['2026-12', 'late', beginsMs[0], pricePerFile],
    ['2027-01', 'usage', beginsMs[3], 0],
  ]);
});

it('counts a file in the month of its earliest completion, whatever arrives when', async () => {
  const anyTime = fc
    .tuple(fc.nat(2), fc.integer({ min: 0, max: 29 * 1_440 }))
    .map(([month, minutes]) => beginsMs[month]! + minutes * MINUTE_MS);
  const before = fc.array(fc.nat(2), { minLength: 3, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyTime, { minLength: 1, maxLength: 5 }),
      before,
      async (timesMs, toldBefore) => {
        const { files, lines } = await settled(timesMs, toldBefore);
        const first = beginsMs.findLastIndex((beginMs) => beginMs <= Math.min(...timesMs));
        expect(files).toEqual([[months[first], 1]]);
        const amounts = beginsMs.map((beginMs) =>
          lines.reduce((sum, [, , fromMs, amount]) => sum + (fromMs === beginMs ? amount : 0), 0),
        );
        expect(amounts).toEqual(beginsMs.map((_, index) => (index === first ? pricePerFile : 0)));
      },
    ),
    { numRuns: 25 },
  );
}, 60_000);
