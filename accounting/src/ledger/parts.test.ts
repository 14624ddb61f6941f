import { BIN_MS } from '@fairhop/shared/model';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditLedger } from '../audit/index.js';
import { MAXIMUM_COMPLETIONS } from './completion-book.js';
import type { CheckedBatch, Completion, TransferEvent } from './event.js';
import type { Ledger } from './ledger.js';
import {
  completionMessage,
  event,
  eventsMessage,
  openTestLedger,
  pathOf,
  START_MS,
  spOf,
  type TestLedger,
  uuid,
} from './test-support.js';

let test: TestLedger;
let ledger: Ledger;
beforeEach(async () => {
  test = await openTestLedger();
  ({ ledger } = test);
});
afterEach(async () => {
  await test.remove();
});

const [beforeLoss, afterLoss] = [uuid(0xa), uuid(0xb)];

/** Parts as messages of one batch, counted on from `firstSequence`. */
const told = (
  parts: readonly TransferEvent[][],
  { reporter = 'reporter', incarnation = beforeLoss, firstSequence = 0 } = {},
): CheckedBatch => ({
  reporter,
  incarnation,
  messages: parts.map((part, index) => eventsMessage(firstSequence + index, ...part)),
});
let sequence = 0;
/** What becomes of a part: `accepted`, `duplicate` or the code with which it is refused. */
const outcomeOf = (
  part: TransferEvent[],
  options: { reporter?: string; incarnation?: string } = {},
): string => {
  sequence += 1;
  const { accepted, rejected } = ledger.book(told([part], { ...options, firstSequence: sequence }));
  return rejected[0]?.code ?? (accepted === 1 ? 'accepted' : 'duplicate');
};
/** Bytes [fromBytes, toBytes) as receipts prove them. */
const proven = (part: number, fromBytes: number, toBytes: number, binMs = START_MS): TransferEvent[] => [
  event({ part, fromBytes, bytes: toBytes - fromBytes, binMs }),
];
const counted = (part: number, bytes: number, startMs = START_MS): TransferEvent[] => [
  event({ part, bytes, startMs, kind: 'edge-to-client' }),
];
const bytes = (): number => auditLedger(ledger.database).bytes;

describe('parts with receipts', () => {
  it('are booked in any order, each once, whoever tells them and under whatever number', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 12 });
    let transfer = 0;
    fc.assert(
      fc.property(
        lengths.chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray([...all.keys()], { minLength: all.length })),
        ),
        ([all, order]) => {
          transfer += 1;
          const starts = all.map((_, part) => all.slice(0, part).reduce((sum, length) => sum + length, 0));
          const parts = order.map((part) =>
            proven(part, starts[part]!, starts[part]! + all[part]!).map((one) => ({
              ...one,
              transferId: uuid(transfer),
            })),
          );
          const firstSequence = transfer * 100;
          expect(ledger.book(told(parts, { firstSequence })).accepted).toBe(parts.length);
          const other = { incarnation: afterLoss, firstSequence: 0 };
          for (const options of [{ firstSequence }, { firstSequence: firstSequence + 50 }, other]) {
            const again = ledger.book(told(parts, options));
            expect([again.accepted, again.rejected]).toEqual([0, []]);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('never share a byte, whatever is told', async () => {
    const claim = fc.record({
      part: fc.nat({ max: 6 }),
      fromBytes: fc.nat({ max: 30 }),
      length: fc.integer({ min: 1, max: 10 }),
      bin: fc.nat({ max: 2 }),
    });
    let transfer = 0;
    fc.assert(
      fc.property(fc.array(claim, { maxLength: 30 }), (claims) => {
        transfer += 1;
        const covered = new Set<number>();
        for (const { part, fromBytes, length, bin } of claims) {
          const range = proven(part, fromBytes, fromBytes + length, START_MS + bin * BIN_MS);
          if (outcomeOf(range.map((one) => ({ ...one, transferId: uuid(transfer) }))) !== 'accepted')
            continue;
          for (let byte = fromBytes; byte < fromBytes + length; byte += 1) {
            expect(covered.has(byte)).toBe(false);
            covered.add(byte);
          }
        }
      }),
    );
  });

  it('are refused where they do not fit, and what was there stays', () => {
    expect(outcomeOf(proven(0, 0, 100))).toBe('accepted');
    expect(outcomeOf(proven(1, 50, 150))).toBe('part-overlap');
    expect(outcomeOf(proven(1, 120, 150))).toBe('part-chain');
    expect(outcomeOf(proven(0, 0, 90))).toBe('part-conflict');
    // The same bytes at another time would be other rows.
    expect(outcomeOf(proven(0, 0, 100, START_MS + BIN_MS))).toBe('part-conflict');
    expect(outcomeOf(proven(0, 0, 100), { incarnation: afterLoss })).toBe('duplicate');
    expect(outcomeOf(proven(0, 0, 90), { incarnation: afterLoss })).toBe('part-conflict');
    expect(outcomeOf(proven(2, 130, 150))).toBe('accepted');
    expect(outcomeOf(proven(1, 100, 140))).toBe('part-overlap');
    expect(outcomeOf(proven(1, 100, 130))).toBe('accepted');
    expect(bytes()).toBe(150);
  });

  it('over several bins are one whole', () => {
    const first = event({ part: 0, fromBytes: 0, bytes: 60 });
    const second = event({ part: 0, fromBytes: 60, bytes: 40, binMs: START_MS + BIN_MS });
    expect(outcomeOf([second, first])).toBe('event-invalid');
    expect(outcomeOf([first, { ...second, fromBytes: 61 }])).toBe('event-invalid');
    expect(outcomeOf([first, { ...second, part: 1 }])).toBe('event-invalid');
    expect(outcomeOf([first, second])).toBe('accepted');
    expect(outcomeOf([first, second])).toBe('duplicate');
    expect(outcomeOf([first])).toBe('part-conflict');
    expect(outcomeOf(proven(1, 60, 120, START_MS + BIN_MS))).toBe('part-overlap');
    expect(outcomeOf(proven(1, 100, 120, START_MS + BIN_MS))).toBe('accepted');
  });
});

describe('parts whose path changed on the way', () => {
  const [direct, around] = [pathOf([64_501, 64_502], spOf), pathOf([64_501, 64_500, 64_502], spOf)];
  const piece = (fromBytes: number, toBytes: number, path = direct): TransferEvent =>
    event({
      fromBytes,
      bytes: toBytes - fromBytes,
      path,
      startMs: START_MS + fromBytes,
      endMs: START_MS + toBytes,
    });

  it('have a row for each path, also within one bin', () => {
    expect(outcomeOf([piece(0, 60), piece(60, 100, around)])).toBe('accepted');
    expect(ledger.eventsAfter(0, 10).map((row) => [row.part, row.bytes, row.path?.id])).toEqual([
      [0, 60, direct.id],
      [0, 40, around.id],
    ]);
    expect(auditLedger(ledger.database)).toMatchObject({ ok: true, events: 2, bytes: 100 });
    expect(outcomeOf(proven(1, 60, 120))).toBe('part-overlap');
    expect(outcomeOf(proven(1, 100, 120))).toBe('accepted');
  });

  it('are the same part wherever it is cut, told again after more is known; another one is refused', () => {
    const cut = fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 5 });
    let transfer = 0;
    fc.assert(
      fc.property(cut, cut, fc.boolean(), (first, second, isProven) => {
        transfer += 1;
        const pieces = (cuts: readonly number[], bytes = 100): TransferEvent[] => {
          const edges = [0, ...cuts.toSorted((left, right) => left - right), bytes];
          return edges.slice(1).map((to, index) => {
            const { fromBytes, ...rest } = piece(edges[index]!, to, index % 2 === 0 ? direct : around);
            const proof = isProven ? { fromBytes: fromBytes! } : {};
            return { ...rest, ...proof, transferId: uuid(transfer) };
          });
        };
        expect(outcomeOf(pieces(first))).toBe('accepted');
        expect(outcomeOf(pieces(second))).toBe('duplicate');
        expect(outcomeOf(pieces(second), { incarnation: afterLoss })).toBe('duplicate');
        expect(outcomeOf(pieces(second, 101))).toBe('part-conflict');
        expect(outcomeOf(pieces(second).map((row) => ({ ...row, source: 'host:other' })))).toBe(
          'part-conflict',
        );
      }),
    );
    expect(auditLedger(ledger.database).firstBreak).toBeNull();
  });

  it('are refused where rows of a bin run into each other', () => {
    const [first, second] = [piece(0, 60), piece(60, 100, around)];
    expect(outcomeOf([first, { ...second, startMs: START_MS + 59 }])).toBe('event-invalid');
    expect(outcomeOf([second, first])).toBe('event-invalid');
  });
});

describe('parts that their reporter counts', () => {
  it('are told in one way only', () => {
    expect(outcomeOf(counted(0, 10))).toBe('accepted');
    expect(outcomeOf(counted(0, 10))).toBe('duplicate');
    expect(outcomeOf(counted(0, 11))).toBe('part-conflict');
    expect(outcomeOf(counted(0, 10, START_MS + 1))).toBe('part-conflict');
    expect(bytes()).toBe(10);
  });

  it('are others after their reporter lost its memory and counts parts from 0 again', () => {
    expect(outcomeOf(counted(0, 10))).toBe('accepted');
    expect(outcomeOf(counted(1, 20, START_MS + 1_000))).toBe('accepted');
    expect(outcomeOf(counted(0, 5, START_MS + 2_000), { incarnation: afterLoss })).toBe('accepted');
    expect(outcomeOf(counted(1, 5, START_MS + 3_000), { incarnation: afterLoss })).toBe('accepted');
    // What was under way when it was lost, or is told by whoever took over, is the same as before.
    expect(outcomeOf(counted(1, 20, START_MS + 1_000), { incarnation: afterLoss })).toBe('duplicate');
    expect(outcomeOf(counted(0, 10))).toBe('duplicate');
    expect(outcomeOf(counted(0, 6, START_MS + 2_000), { incarnation: afterLoss })).toBe('part-conflict');
    expect(bytes()).toBe(40);
    expect(ledger.eventsAfter(0, 10)).toHaveLength(4);
  });

  it('are booked under a sequence number that came before, since only their own key tells what they are', () => {
    expect(ledger.book(told([counted(0, 10)])).accepted).toBe(1);
    expect(ledger.book(told([counted(1, 20, START_MS + 1_000)])).accepted).toBe(1);
    expect(ledger.book(told([counted(1, 20, START_MS + 1_000)])).duplicates).toBe(1);
    expect(bytes()).toBe(30);
  });
});

describe('completions', () => {
  const complete = (changes: Partial<Completion> = {}) => {
    sequence += 1;
    const message = completionMessage(sequence, changes);
    return ledger.book({ reporter: 'agent', incarnation: beforeLoss, messages: [message] });
  };

  const earlier = (byMs: number) => complete({ timeMs: START_MS - byMs });
  const times = () =>
    ledger.database.prepare('SELECT time_ms, position FROM completions ORDER BY position').raw().all();

  it('count once for each agent and content, at the earliest time', () => {
    expect(complete()).toMatchObject({ accepted: 1 });
    for (const byMs of [0, -5]) expect(earlier(byMs)).toMatchObject({ duplicates: 1, rejected: [] });
    for (const other of [{ title: 'moviestudio/other' }, { sizeBytes: 999 }])
      expect(complete(other).rejected).toMatchObject([{ code: 'completion-conflict' }]);
    expect(complete({ host: 'host:other' })).toMatchObject({ accepted: 1 });
    expect(complete({ contentId: 'cd'.repeat(32) })).toMatchObject({ accepted: 1 });
  });

  it('are kept where they are earlier than all before, as often as reports may pass each other and no more', () => {
    expect(earlier(0)).toMatchObject({ accepted: 1 });
    expect(earlier(20)).toMatchObject({ accepted: 1 });
    expect(earlier(10)).toMatchObject({ duplicates: 1, rejected: [] });
    expect(times()).toEqual([
      [START_MS, 1],
      [START_MS - 20, 2],
    ]);
    for (let byMs = 21; byMs < 100; byMs += 1) earlier(byMs);
    expect(times()).toHaveLength(MAXIMUM_COMPLETIONS);
    expect(earlier(100).rejected).toMatchObject([{ code: 'completions-beyond-limit' }]);
    expect(earlier(0)).toMatchObject({ duplicates: 1, rejected: [] });
    expect(complete({ host: 'host:other' })).toMatchObject({ accepted: 1 });
  });
});
