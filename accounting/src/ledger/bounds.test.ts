import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CheckedBatch, CheckedMessage } from './event.js';
import type { Ledger } from './ledger.js';
import {
  batch,
  completionMessage,
  contentId,
  event,
  eventsMessage,
  openTestLedger,
  START_MS,
  type TestLedger,
  uuid,
} from './test-support.js';

const DAY_MS = 86_400_000;

let test: TestLedger;
let ledger: Ledger;
beforeEach(async () => {
  test = await openTestLedger();
  ({ ledger } = test);
});
afterEach(() => test.remove());

const refused = (sequence: number, code = 'some-fault'): CheckedMessage => ({
  ...{ sequence, outcome: 'rejected', code, message: 'wrong' },
});
/** Every other number: each message is a gap. */
const holes = (count: number, from = 0): CheckedMessage[] =>
  Array.from({ length: count }, (_, index) => refused(2 * (from + index)));
const rowsOf = (table: string): number =>
  ledger.database.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get()!;

describe('one key that leaves holes under ever new incarnations', () => {
  const as = (
    incarnation: string,
    messages: readonly CheckedMessage[],
    reporter = 'reporter',
  ): CheckedBatch => ({
    ...{ reporter, incarnation, messages },
  });

  it('keeps no more ranges than one incarnation may; what fills a gap is taken', () => {
    const first = uuid(1);
    const { rejected } = ledger.book(as(first, holes(5_000)));
    const codes = new Set(rejected.map(({ code }) => code));
    expect(codes).toEqual(new Set(['some-fault', 'too-many-gaps']));
    const kept = rowsOf('received');
    expect(kept).toBeLessThan(5_000);
    ledger.book(as(uuid(2), holes(5_000)));
    ledger.book(as(uuid(3), holes(5_000)));
    expect(rowsOf('received')).toBe(kept + 2);
    const filling = ledger.book(as(first, [refused(1), refused(3)]));
    expect(filling.rejected.map(({ code }) => code)).toEqual(['some-fault', 'some-fault']);
    // The room that it made.
    ledger.book(as(uuid(2), holes(5_000)));
    expect(rowsOf('received')).toBe(kept + 2);
    expect(ledger.book(as(uuid(4), holes(3), 'other')).rejected.map(({ code }) => code)).toEqual(
      new Array(3).fill('some-fault'),
    );
  });

  it('has few new ones a day, and nothing is kept of what is beyond; known ones and other keys go on', () => {
    const one = event();
    const message = (number: number): CheckedMessage =>
      eventsMessage(1, { ...one, transferId: uuid(number) });
    let count = 0;
    expect(() => {
      for (; count < 1_000; count += 1) ledger.book(as(uuid(1_000 + count), [message(count)]));
    }).toThrow(expect.objectContaining({ code: 'too-many-incarnations', status: 429 }));
    expect(count).toBeGreaterThan(4);
    expect(count).toBeLessThan(100);
    expect([rowsOf('events'), rowsOf('reporters')]).toEqual([count, count]);
    const late = as(randomUUID(), [message(5_000)]);
    expect(() => ledger.keepTraces(late)).toThrow('tomorrow');
    expect(rowsOf('reporters')).toBe(count);
    expect(ledger.book(as(uuid(1_000), [refused(9)])).rejected).toHaveLength(1);
    expect(ledger.book(as(randomUUID(), [message(6_000)], 'other'))).toMatchObject({ accepted: 1 });
    expect(ledger.book(late, START_MS + 2 * DAY_MS)).toMatchObject({ accepted: 1 });
  });
});

describe('a listing of gaps', () => {
  it('comes in pages, over reporters and incarnations', () => {
    ledger.book(batch(holes(6), 'one'));
    ledger.book(batch([refused(0), refused(1), refused(2)], 'whole'));
    ledger.book(batch([refused(5), refused(7)], 'two'));
    const pages: string[] = [];
    let after: string | undefined;
    for (;;) {
      const gaps = ledger.gaps({ after, limit: 3 });
      pages.push(
        gaps
          .map(({ reporter, fromSequence, toSequence }) => `${reporter} ${fromSequence}-${toSequence}`)
          .join(),
      );
      after = gaps.at(-1)?.id;
      if (after === undefined) break;
    }
    expect(pages).toEqual(['one 1-1,one 3-3,one 5-5', 'one 7-7,one 9-9,two 1-4', 'two 6-6', '']);
  });
});

describe('refusals of one key', () => {
  it('push out neither those of another nor its own of another kind', () => {
    ledger.book(batch([refused(0, 'receipt-forged')], 'honest'));
    ledger.book(batch([refused(0, 'receipt-forged')], 'liar'));
    for (let round = 0; round < 5; round += 1) {
      const junk = Array.from({ length: 5_000 }, (_, index) => refused(round * 5_000 + index + 1));
      ledger.book(batch(junk, 'liar'));
    }
    const { total, rejections } = ledger.rejections(100_000);
    expect(total).toBe(25_002);
    const forged = rejections.filter(({ code }) => code === 'receipt-forged');
    expect(forged.map(({ reporter }) => reporter)).toEqual(['liar', 'honest']);
    expect(rejections[0]).toMatchObject({ reporter: 'liar', sequence: 25_000 });
    expect(rejections.length).toBeLessThan(100);
  });

  it('of very many keys are bounded', () => {
    for (let key = 0; key < 40; key += 1) {
      const many = Array.from({ length: 640 }, (_, index) => refused(index + 1, `fault-${index % 20}`));
      ledger.book(batch(many, `key-${key}`));
    }
    const kept = rowsOf('rejections');
    expect(kept).toBeLessThan(22_000);
    expect(kept).toBeGreaterThan(10_000);
    expect(ledger.rejections(1)).toMatchObject({ total: 25_600, rejections: [{ reporter: 'key-39' }] });
  });
});

describe('completions without bytes', () => {
  const completed = (sequence: number, host = 'host:downloader'): CheckedMessage =>
    completionMessage(sequence, {
      ...{ host, contentId: contentId(`junk ${sequence}`), title: `studio/title-${sequence}` },
    });
  const many = (from: number, count: number): CheckedMessage[] =>
    Array.from({ length: count }, (_, index) => completed(from + index));
  const row = (sequence: number, number: number): CheckedMessage =>
    eventsMessage(
      sequence,
      event({
        transferId: uuid(number),
        contentId: contentId(`junk ${number}`),
        title: `studio/title-${number}`,
      }),
    );

  it('are bounded for each host and day, titles too', () => {
    const { accepted, rejected } = ledger.book(batch(many(1, 5_000)));
    expect(rejected[0]).toMatchObject({ code: 'completions-beyond-limit' });
    expect(accepted).toBeLessThan(2_000);
    expect([rowsOf('completions'), rowsOf('titles')]).toEqual([accepted, accepted]);
    expect(ledger.book(batch([completed(5_001, 'host:other')])).accepted).toBe(1);
    expect(ledger.book(batch(many(6_000, 5_000)), START_MS + 2 * DAY_MS).accepted).toBe(accepted);
    expect(rowsOf('waiting_completions')).toBe(accepted + 1);
  });

  it('are as many as there are where the bytes came before, or come after', () => {
    const { accepted } = ledger.book(batch(many(1, 5_000)));
    // Bytes of contents that wait, and of one that does not yet.
    ledger.book(batch([row(5_001, 1), row(5_002, 2), row(5_003, 9_000)]));
    expect(ledger.book(batch([completed(9_000)])).accepted).toBe(1);
    expect(ledger.book(batch(many(20_000, 5)), START_MS + 700_000).accepted).toBe(2);
    expect(rowsOf('completions')).toBe(accepted + 3);
  });

  it('that conflict leave no title behind', () => {
    ledger.book(batch([completionMessage(1)]));
    const other = completionMessage(2, { title: 'studio/another' });
    expect(ledger.book(batch([other])).rejected).toMatchObject([{ code: 'completion-conflict' }]);
    expect(rowsOf('titles')).toBe(1);
  });
});

describe('a part that is told again with ever other facts', () => {
  it('is refused, and leaves no address, file or route behind', () => {
    ledger.book(batch([eventsMessage(1, event({ fromBytes: 0 }))]));
    const names = () => ['hosts', 'endpoints', 'titles', 'files', 'owners', 'routes', 'paths'].map(rowsOf);
    const before = names();
    const again = [
      ...[{ destinationAddress: '127.2.0.10' }, { sourceAddress: '127.1.0.6', path: null }],
      ...[{ title: 'moviestudio/other' }, { category: 'music' }, { sizeBytes: 7 }, { owner: 'other' }],
      ...[{ source: 'host:x' }, { destination: 'host:x' }, { contentId: contentId('other') }],
      { kind: 'edge-to-client' as const },
    ].map((changes, index) => eventsMessage(index + 2, event({ fromBytes: 0, ...changes })));
    const { rejected } = ledger.book(batch(again));
    expect(rejected.map(({ code }) => code)).toEqual(again.map(() => 'part-conflict'));
    expect(names()).toEqual(before);
  });
});
