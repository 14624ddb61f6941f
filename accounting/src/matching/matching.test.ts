import type { Belief } from '@fairhop/shared/model';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditLedger } from '../audit/index.js';
import type { CheckedMessage, TransferEvent } from '../ledger/event.js';
import type { Ledger } from '../ledger/ledger.js';
import {
  batch,
  event,
  openTestLedger,
  peerMessage,
  START_MS,
  statementMessage,
  type TestLedger,
  uuid,
} from '../ledger/test-support.js';
import { createTerms } from './terms.js';

const DAY_MS = 86_400_000;
const NOW_MS = START_MS + 600_000;

let test: TestLedger;
let ledger: Ledger;
let sequence: number;
beforeEach(async () => {
  test = await openTestLedger();
  ({ ledger } = test);
  sequence = 0;
});
afterEach(() => test.remove());

const part = (number: number, fromBytes: number, bytes: number, changes: Partial<TransferEvent> = {}) =>
  event({ part: number, fromBytes, bytes, ...changes });
const book = (messages: readonly CheckedMessage[], nowMs = NOW_MS): void => {
  const numbered = messages.map((message) => ({ ...message, sequence: sequence++ }));
  const { rejected } = ledger.book(batch(numbered), nowMs);
  expect(rejected).toEqual([]);
};
const beliefOf = (transferId = uuid(1)) => {
  const { settledBytes, claimedBytes, disputedBytes, droppedBytes } =
    ledger.beliefs.transfer(transferId)!.belief;
  return [settledBytes, claimedBytes, disputedBytes, droppedBytes];
};
const movesOf = (transferId = uuid(1)) =>
  ledger.beliefs
    .transfer(transferId)!
    .moves.map(({ fromBytes, toBytes, from, to, reason }) => [fromBytes, toBytes, from, to, reason]);
const audited = () => expect(auditLedger(ledger.database).firstBreak).toBeNull();

describe('bytes between two agents', () => {
  it('are claimed until the other side signed as much, then settled; the rest waits', () => {
    book([peerMessage(0, part(0, 0, 600), part(0, 600, 400, { binMs: START_MS + 300_000 }))]);
    expect(beliefOf()).toEqual([0, 1_000, 0, 0]);
    book([statementMessage(0, part(0, 0, 0), { sentBytes: 700, receiptBytes: 500 })]);
    expect(beliefOf()).toEqual([700, 300, 0, 0]);
    book([statementMessage(0, part(0, 0, 0), { sentBytes: 1_200, isLast: true })]);
    expect(beliefOf()).toEqual([1_000, 0, 0, 0]);
    expect(movesOf()).toEqual([
      [0, 1_000, null, 'claimed', 'downloader-reported'],
      [0, 700, 'claimed', 'settled', 'both-signed'],
      [700, 1_000, 'claimed', 'settled', 'both-signed'],
    ]);
    expect(ledger.beliefs.transfer(uuid(1))!.belief).toMatchObject({
      uploader: 'uploader',
      downloader: 'downloader',
      downloaderBytes: 1_000,
      uploaderBytes: 1_200,
      receiptBytes: 500,
      isUploaderDone: true,
    });
    audited();
  });

  it('settle at once where the other side spoke before', () => {
    book([statementMessage(0, part(0, 0, 0), { sentBytes: 900 })]);
    book([peerMessage(0, part(0, 0, 1_000))]);
    expect(movesOf()).toEqual([
      [0, 900, null, 'settled', 'both-signed'],
      [900, 1_000, null, 'claimed', 'downloader-reported'],
    ]);
    audited();
  });

  it('are disputed when the uploader’s last word is less, with both claims, and settle by a late word', () => {
    book([
      peerMessage(0, part(0, 0, 1_000)),
      statementMessage(0, part(0, 0, 0), { sentBytes: 400, isLast: true }),
    ]);
    expect(beliefOf()).toEqual([400, 0, 600, 0]);
    expect(ledger.beliefs.disputes(10, NOW_MS)).toMatchObject([
      { downloaderBytes: 1_000, uploaderBytes: 400 },
    ]);
    expect(ledger.beliefs.disputes(10, NOW_MS, 'uploader')).toHaveLength(1);
    expect(ledger.beliefs.disputes(10, NOW_MS, 'stranger')).toEqual([]);
    book([statementMessage(0, part(0, 0, 0), { sentBytes: 1_000, isLast: true })]);
    expect(beliefOf()).toEqual([1_000, 0, 0, 0]);
    expect(ledger.beliefs.disputes(10, NOW_MS)).toEqual([]);
    audited();
  });

  it('are dropped after the hold of their owner’s class, and settled when the counterpart comes late', async () => {
    await test.remove();
    const contracts = {
      classes: { short: { holdMs: 60_000, toleranceBytes: 0 } },
      owners: { quick: 'short' },
    };
    test = await openTestLedger(undefined, createTerms(contracts));
    ({ ledger } = test);
    const quick = { transferId: uuid(2), owner: 'quick', title: 'quick/a' };
    book([peerMessage(0, part(0, 0, 50)), peerMessage(0, part(0, 0, 70, quick))]);
    expect(ledger.beliefs.review(NOW_MS + 59_999, 10)).toBe(0);
    expect(ledger.beliefs.review(NOW_MS + 60_000, 10)).toBe(1);
    expect([beliefOf(), beliefOf(uuid(2))]).toEqual([
      [0, 50, 0, 0],
      [0, 0, 0, 70],
    ]);
    expect(ledger.beliefs.review(NOW_MS + 7 * DAY_MS, 10)).toBe(1);
    expect(beliefOf()).toEqual([0, 0, 0, 50]);
    book([statementMessage(0, part(0, 0, 0), { sentBytes: 50 })], NOW_MS + 9 * DAY_MS);
    expect(beliefOf()).toEqual([50, 0, 0, 0]);
    audited();
  });

  it('are no dispute within the tolerance of the class, and not billable either', async () => {
    await test.remove();
    const contracts = { classes: { default: { holdMs: 60_000, toleranceBytes: 10 } }, owners: {} };
    test = await openTestLedger(undefined, createTerms(contracts));
    ({ ledger } = test);
    book([
      peerMessage(0, part(0, 0, 100)),
      statementMessage(0, part(0, 0, 0), { sentBytes: 90, isLast: true }),
    ]);
    expect(beliefOf()).toEqual([90, 10, 0, 0]);
    expect(ledger.beliefs.disputes(10, NOW_MS + DAY_MS)).toEqual([]);
    book([peerMessage(0, part(1, 100, 1))]);
    expect(beliefOf()).toEqual([90, 0, 11, 0]);
    audited();
  });

  it('that were received and are denied show by the receipt that the uploader holds', () => {
    book([statementMessage(0, part(0, 0, 0), { sentBytes: 900, receiptBytes: 800, isLast: true })]);
    expect(ledger.beliefs.disputes(10, NOW_MS + 1)).toEqual([]);
    expect(ledger.beliefs.disputes(10, NOW_MS + 3_600_000)).toMatchObject([
      { downloaderBytes: 0, receiptBytes: 800, settledBytes: 0 },
    ]);
    book([peerMessage(0, part(0, 0, 800))]);
    expect(ledger.beliefs.disputes(10, NOW_MS + 3_600_000)).toEqual([]);
    audited();
  });
});

describe('an agent that is not believed', () => {
  const forked = (about: TransferEvent, sentBytes: number): CheckedMessage => {
    const message = statementMessage(0, about, { sentBytes });
    if (message.outcome !== 'statement') throw new Error('not a statement');
    const words = message.signed.words.map((word) => ({
      ...word,
      link: { ...word.link, digest: 'ff'.repeat(32) },
      raw: JSON.stringify({ sentBytes, forked: true }),
    }));
    return { ...message, signed: { ...message.signed, words } };
  };

  it('having told two histories, settles nothing more of what is there; what settled stays', () => {
    const other = { transferId: uuid(2) };
    book([
      peerMessage(0, part(0, 0, 100)),
      statementMessage(0, part(0, 0, 0), { sentBytes: 60 }),
      peerMessage(0, part(0, 0, 30, other)),
    ]);
    const refused = ledger.book(batch([{ ...forked(part(0, 0, 0), 60), sequence: sequence++ }]), NOW_MS);
    expect(refused.rejected).toMatchObject([{ code: 'statement-contradicts' }]);
    expect(beliefOf()).toEqual([60, 0, 40, 0]);
    expect(ledger.beliefs.review(NOW_MS, 10)).toBeGreaterThan(0);
    expect(beliefOf(uuid(2))).toEqual([0, 0, 30, 0]);
    book([
      statementMessage(0, part(0, 0, 0), { sentBytes: 100 }),
      statementMessage(0, part(0, 0, 0, other), { sentBytes: 30 }),
    ]);
    expect([beliefOf(), beliefOf(uuid(2))]).toEqual([
      [60, 0, 40, 0],
      [0, 0, 30, 0],
    ]);
    const later = { transferId: uuid(3) };
    book([
      peerMessage(0, part(0, 0, 10, later)),
      statementMessage(0, part(0, 0, 0, later), { sentBytes: 10 }),
    ]);
    expect(beliefOf(uuid(3))).toEqual([10, 0, 0, 0]);
    audited();
  });

  it('being in quarantine, settles nothing until it is released', () => {
    book([peerMessage(0, part(0, 0, 100))]);
    ledger.beliefs.setQuarantined('downloader', true);
    while (ledger.beliefs.review(NOW_MS, 1) > 0);
    book([statementMessage(0, part(0, 0, 0), { sentBytes: 100 })]);
    expect(beliefOf()).toEqual([0, 0, 100, 0]);
    ledger.beliefs.setQuarantined('downloader', false);
    while (ledger.beliefs.review(NOW_MS, 1) > 0);
    expect(beliefOf()).toEqual([100, 0, 0, 0]);
    expect(ledger.database.prepare('SELECT count(*) FROM standings').pluck().get()).toBe(0);
    audited();
  });
});

describe('a review that fails half-way', () => {
  it('counts nothing, and all of it once the next time', () => {
    const each = [1, 2, 3].map((number) => part(0, 0, 1_000, { transferId: uuid(number) }));
    book(each.map((row) => peerMessage(0, row)));
    const unbillable = () =>
      ledger.database.prepare('SELECT belief, bytes FROM unbillable_hours').raw().all();
    ledger.database.exec(
      `CREATE TEMP TRIGGER fault BEFORE UPDATE ON peer_transfers WHEN old.id = 3 BEGIN SELECT raise(ABORT, 'disk'); END`,
    );
    expect(() => ledger.beliefs.review(NOW_MS + 8 * DAY_MS, 10)).toThrow('disk');
    ledger.database.exec('DROP TRIGGER fault');
    expect(unbillable()).toEqual([['claimed', 3_000]]);
    expect(ledger.beliefs.review(NOW_MS + 8 * DAY_MS, 10)).toBe(3);
    expect(unbillable()).toEqual([['dropped', 3_000]]);
    audited();
  });
});

describe('whatever is told, in whatever order and however often', () => {
  const order: readonly (Belief | null)[] = [null, 'claimed', 'disputed', 'dropped', 'settled'];
  const story = fc.record({
    parts: fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 }),
    sent: fc.uniqueArray(fc.nat(1_200), { maxLength: 4 }),
    isDone: fc.boolean(),
  });
  const messagesOf = ({ parts, sent, isDone }: { parts: number[]; sent: number[]; isDone: boolean }) => {
    let fromBytes = 0;
    const about = part(0, 0, 0);
    const told = parts.map((bytes, number) => {
      const message = peerMessage(0, part(number, fromBytes, bytes, { binMs: START_MS + number * 300_000 }));
      fromBytes += bytes;
      return message;
    });
    const sorted = [...sent].sort((left, right) => left - right);
    const stated = sorted.map((sentBytes, index) =>
      statementMessage(0, about, { sentBytes, isLast: isDone && index === sorted.length - 1 }),
    );
    const received = fromBytes;
    const most = Math.min(received, sorted.at(-1) ?? 0);
    const open = received - most;
    const isDisputed = isDone && sorted.length > 0;
    return { messages: [...told, ...stated], end: [most, isDisputed ? 0 : open, isDisputed ? open : 0, 0] };
  };
  const shuffled = story.chain((one) => {
    const { messages, end } = messagesOf(one);
    const indexes = messages.map((_, index) => index);
    return fc
      .tuple(
        fc.shuffledSubarray(indexes, { minLength: indexes.length }),
        fc.array(fc.constantFrom(...indexes), { maxLength: 6 }),
        fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }),
      )
      .map(([once, again, cuts]) => ({
        messages: [...once, ...again].map((index) => messages[index]!),
        cuts,
        end,
      }));
  });

  it('ends in the same state, which only ever moved forward, byte by byte', async () => {
    await fc.assert(
      fc.asyncProperty(shuffled, fc.boolean(), async ({ messages, cuts, end }, isHeldLong) => {
        const fresh = await openTestLedger();
        try {
          let number = 0;
          let waiting: CheckedMessage[] = [];
          for (const [index, message] of messages.entries()) {
            waiting.push({ ...message, sequence: number++ });
            if (cuts[index] === false && index < messages.length - 1) continue;
            expect(fresh.ledger.book(batch(waiting), NOW_MS).rejected).toEqual([]);
            waiting = [];
          }
          if (isHeldLong) fresh.ledger.beliefs.review(NOW_MS + 7 * DAY_MS, 10);
          const told = fresh.ledger.beliefs.transfer(uuid(1))!;
          const { settledBytes, claimedBytes, disputedBytes, droppedBytes } = told.belief;
          const [settled, claimed, disputed] = end as [number, number, number];
          expect([settledBytes, claimedBytes, disputedBytes, droppedBytes]).toEqual(
            isHeldLong ? [settled, 0, 0, claimed + disputed] : end,
          );
          const bytes: (Belief | null)[] = Array.from({ length: 1_500 }, () => null);
          for (const { fromBytes, toBytes, from, to } of told.moves) {
            for (let index = fromBytes; index < toBytes; index += 1) {
              expect(bytes[index]).toBe(from);
              expect(order.indexOf(to)).toBeGreaterThan(order.indexOf(from));
              bytes[index] = to;
            }
          }
          const count = (belief: Belief): number => bytes.filter((one) => one === belief).length;
          expect([count('settled'), count('claimed'), count('disputed'), count('dropped')]).toEqual([
            settledBytes,
            claimedBytes,
            disputedBytes,
            droppedBytes,
          ]);
          expect(auditLedger(fresh.ledger.database).firstBreak).toBeNull();
        } finally {
          await fresh.remove();
        }
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
