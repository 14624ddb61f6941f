import { querySchema } from '@fairhop/shared/contract';
import { BIN_MS } from '@fairhop/shared/model';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { CheckedMessage } from '../ledger/event.js';
import { event, openTestLedger, peerMessage, statementMessage } from '../ledger/test-support.js';
import { createQueryEngine } from '../query/index.js';
import { measureOf } from '../rating/index.js';
import { readHere } from '../reading/index.js';
import { readPositions } from './positions.js';
import { anyCharged, anyReports, bookReports } from './random-ledger.test-support.js';
import { createUsageReader } from './usage.js';

// Clocks of London and New York change within, and the ledger's eras too.
const bins = { fromMs: Date.UTC(2026, 9, 24), count: 3_000 };
const anyTime = fc
  .record({
    fromBin: fc.oneof(fc.integer({ min: -20, max: 1_500 }), fc.constant(-20)),
    length: fc.oneof(fc.integer({ min: 1, max: 3_000 }), fc.constant(3_100)),
    timeZone: fc.constantFrom('UTC', 'Europe/London', 'America/New_York', 'Asia/Kolkata'),
  })
  .map(({ fromBin, length, timeZone }) => {
    const fromMs = bins.fromMs + fromBin * BIN_MS;
    return { fromMs, toMs: fromMs + length * BIN_MS, timeZone };
  });

const known = { isp: () => true, autonomousSystem: () => true, isComponent: () => true };

it('is the same from rollups, from queries, and later again from single events', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyReports(bins),
      fc.array(fc.tuple(anyCharged, anyTime), { minLength: 1, maxLength: 6 }),
      async (reports, asked) => {
        const { ledger, remove } = await openTestLedger();
        try {
          const reader = createUsageReader(ledger.database);
          const engine = createQueryEngine({ ledger, graph: () => known });
          const counted = asked.map(([charged, time]) => ({ ...charged, ...time }));
          const read = reports.map((messages, number) => {
            bookReports(ledger, messages, bins.fromMs + number);
            return readHere(ledger.database, function* () {
              const positions = yield* readPositions();
              const usages = [];
              for (const one of counted) usages.push(yield* reader.read(one, positions));
              return { positions, usages };
            });
          });
          for (const { positions, usages } of read) {
            const derived = readHere(ledger.database, function* () {
              const again = [];
              for (const one of counted) again.push(yield* reader.derive(one, positions));
              return again;
            });
            expect(usages).toEqual(derived);
          }
          for (const [index, { usage, plan, fromMs, toMs, timeZone }] of counted.entries()) {
            const { hours, ...filter } = usage;
            const measure = measureOf(plan);
            if ([usage.owner, usage.title].some((name) => name?.startsWith('nobody'))) continue;
            const direction = plan.type === 'percentile95' ? plan.direction : 'forward';
            const isDirected = [usage.leaves, usage.enters, usage.source, usage.destination].some(Boolean);
            if (direction !== 'forward' && !isDirected) continue;
            try {
              const query = querySchema.parse({
                measure,
                ...filter,
                ...{ belief: 'billable', ...(measure !== 'files' && { direction }) },
                time: { fromMs, toMs, timeZone, ...(hours && { hours }) },
              });
              const { value } = engine.ask(query);
              const { quantity } = read.at(-1)!.usages[index]!;
              expect(quantity).toBe(value);
            } catch (error) {
              expect((error as { code?: string }).code).toMatch(/-unknown$/);
            }
          }
        } finally {
          await remove();
        }
      },
    ),
    { numRuns: 60 },
  );
}, 120_000);

it('counts no file and no byte that only one end of a transfer claims', async () => {
  const { ledger, remove } = await openTestLedger();
  const reader = createUsageReader(ledger.database);
  const sizeBytes = 300_000;
  const part = event({
    kind: 'client-to-client',
    owner: 'alpha',
    title: 'alpha/a',
    fromBytes: 0,
    bytes: sizeBytes,
    sizeBytes,
  });
  const { contentId, title, destination: host, binMs: timeMs } = part;
  const completion = { host, contentId, title, sizeBytes, timeMs };
  const plans = [
    { type: 'per-unit', price: '1' },
    { type: 'royalty', pricePerFile: '0.5' },
  ] as const;
  const count = (how: 'read' | 'derive') =>
    readHere(ledger.database, function* () {
      const positions = yield* readPositions();
      const quantities: number[] = [];
      for (const plan of plans) {
        const counted = { usage: { owner: 'alpha' }, plan, ...wholeDayOf(timeMs) };
        quantities.push((yield* reader[how](counted, positions)).quantity);
      }
      return quantities;
    });
  const engine = createQueryEngine({ ledger, graph: () => known });
  const filesOf = (belief: object) => engine.ask(querySchema.parse({ measure: 'files', ...belief })).value;
  const counts = () => {
    const read = count('read');
    expect(count('derive')).toEqual(read);
    expect(filesOf({ belief: 'billable' })).toBe(read[1]);
    return read;
  };
  const book = (message: CheckedMessage, number: number) => bookReports(ledger, [message], timeMs + number);
  book(peerMessage(0, part), 1);
  book({ sequence: 0, outcome: 'completion', completion }, 2);
  expect(counts()).toEqual([0, 0]);
  // A host has what only it claims, and nobody pays for it.
  expect(filesOf({})).toBe(1);
  expect(() => filesOf({ belief: 'settled' })).toThrow(/billable is right/);
  book(statementMessage(0, part, { sentBytes: sizeBytes - 1, isLast: false }), 3);
  expect(counts()).toEqual([sizeBytes - 1, 0]);
  book(statementMessage(1, part, { sentBytes: sizeBytes, isLast: true }), 4);
  expect(counts()).toEqual([sizeBytes, 1]);
  await remove();
});

const wholeDayOf = (timeMs: number) => ({
  fromMs: Math.floor(timeMs / 86_400_000) * 86_400_000,
  toMs: Math.ceil((timeMs + 1) / 86_400_000) * 86_400_000,
  timeZone: 'UTC',
});
