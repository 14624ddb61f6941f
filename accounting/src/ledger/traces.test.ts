import type { PathConflict } from '@fairhop/shared/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CheckedMessage, TraceRecord } from './event.js';
import type { Ledger } from './ledger.js';
import {
  batch,
  event,
  eventsMessage,
  openTestLedger,
  START_MS,
  type TestLedger,
  uuid,
} from './test-support.js';

let test: TestLedger;
let ledger: Ledger;
let sequence: number;
beforeEach(async () => {
  test = await openTestLedger();
  ({ ledger } = test);
  sequence = 0;
});
afterEach(() => test.remove());

const HOUR_MS = 3_600_000;
const trace = (changes: Partial<TraceRecord> = {}): TraceRecord => ({
  type: 'path-evidence',
  transferId: uuid(1),
  direction: 'forward',
  tool: 'traceroute',
  protocol: 'udp',
  startMs: START_MS,
  endMs: START_MS + 1_000,
  sourceAddress: '127.1.0.5',
  destinationAddress: '127.2.0.9',
  reached: true,
  hops: [{ timeToLive: 1, replies: [{ address: '127.1.0.1', roundTripMicros: 500 }] }],
  ...changes,
});
const message = (record: TraceRecord, isTrusted = false): CheckedMessage => {
  sequence += 1;
  return { sequence, outcome: 'evidence', record, isTrusted };
};
const found = (source = '127.1.0.5', destination = '127.2.0.9', timeMs = START_MS) => {
  const [best] = ledger.tracesBetween(source, destination, timeMs);
  return best && ledger.trace(best.id);
};

describe('traces', () => {
  it('are kept once, and listed in booking order', async () => {
    const first = message(trace());
    expect(ledger.book(batch([first, message(trace({ transferId: uuid(2) }))]))).toMatchObject({
      accepted: 2,
    });
    expect(ledger.book(batch([first]))).toMatchObject({ duplicates: 1 });
    await ledger.stop();
    await ledger.start();
    expect(ledger.tracesAfter(0, 10)).toMatchObject([
      { id: 1, reporter: 'reporter', record: trace() },
      { id: 2, record: { transferId: uuid(2) } },
    ]);
    expect(ledger.tracesAfter(0, 10, uuid(2)).map(({ id }) => id)).toEqual([2]);
    expect(ledger.tracesAfter(1, 10, uuid(2)).map(({ id }) => id)).toEqual([2]);
    expect(ledger.tracesAfter(0, 1).map(({ id }) => id)).toEqual([1]);
    expect(ledger.tracesAfter(2, 10)).toEqual([]);
  });

  it('are found between the networks of both ends, in their direction, near a time', () => {
    ledger.book(
      batch([
        message(trace()),
        message(trace({ sourceAddress: '2001:db8::1', destinationAddress: '2001:db8:1::1' })),
      ]),
    );
    expect(found('127.1.0.200', '127.2.0.1')).toEqual({ ...trace(), isTrusted: false });
    expect(found('127.1.1.5')).toBeUndefined();
    expect(found('127.2.0.9', '127.1.0.5')).toBeUndefined();
    expect(found('2001:db8::ffff:1', '2001:db8:1:2::')?.sourceAddress).toBe('2001:db8::1');
    expect(found('2001:db8:2::1', '2001:db8:1::1')).toBeUndefined();
    expect(found(undefined, undefined, START_MS + 24 * HOUR_MS)).toBeDefined();
    expect(found(undefined, undefined, START_MS + 24 * HOUR_MS + 1)).toBeUndefined();
    expect(found(undefined, undefined, START_MS - 600_000)).toBeDefined();
    expect(found(undefined, undefined, START_MS - 600_001)).toBeUndefined();
  });

  it('never order a path when they come from the receiver', () => {
    const reverse = {
      direction: 'reverse',
      sourceAddress: '127.2.0.9',
      destinationAddress: '127.1.0.5',
    } as const;
    ledger.book(batch([message(trace(reverse))]));
    expect(found()).toBeUndefined();
    expect(found('127.2.0.9', '127.1.0.5')).toBeUndefined();
    expect(ledger.tracesAfter(0, 10)).toHaveLength(1);
  });

  it('are the newest ones, and an edge’s before any agent’s', () => {
    const later = (minutes: number) => trace({ startMs: START_MS + minutes * 60_000 });
    ledger.book(batch([message(later(1))]));
    expect(found()?.startMs).toBe(later(1).startMs);
    ledger.book(batch([message(later(3)), message(later(2))]));
    expect(found()?.startMs).toBe(later(3).startMs);
    ledger.book(batch([message(trace(), true), message(later(4))]));
    expect(found()).toMatchObject({ startMs: START_MS, isTrusted: true });
  });

  const DAY_MS = 24 * HOUR_MS;
  /** Booked at once by one reporter, each a minute after the one before. */
  const bookMany = (
    count: number,
    reporter: string,
    of: (index: number) => Partial<TraceRecord>,
    nowMs = START_MS,
  ) =>
    ledger.book(
      batch(
        Array.from({ length: count }, (_, index) =>
          message(trace({ startMs: START_MS + index * 60_000, ...of(index) }), reporter === 'edge'),
        ),
        reporter,
      ),
      nowMs,
    );
  const minutesKept = () =>
    ledger.tracesAfter(0, 1_000).map(({ record }) => (record.startMs - START_MS) / 60_000);

  it('of agents are the first few of a day: of a transfer, of an agent between two networks, of all agents there', async () => {
    expect(bookMany(6, 'one', () => ({}))).toMatchObject({ accepted: 6, rejected: [] });
    expect(minutesKept()).toEqual([0, 1, 2, 3]);
    bookMany(2, 'two', () => ({}));
    bookMany(2, 'one', () => ({ transferId: uuid(2) }));
    expect(minutesKept()).toHaveLength(4);
    await ledger.stop();
    await ledger.start();
    for (const reporter of ['three', 'four', 'five'])
      bookMany(3, reporter, (index) => ({ transferId: uuid(100 * reporter.length + index) }));
    expect(minutesKept()).toEqual([0, 1, 2, 3, 0, 1, 2, 0]);
    bookMany(1, 'one', () => ({ destinationAddress: '127.3.0.9', transferId: uuid(3) }));
    expect(minutesKept()).toHaveLength(9);
    for (const day of [1, 2])
      for (const reporter of ['one', 'two'])
        bookMany(
          4,
          reporter,
          () => ({ transferId: uuid(day * 10 + reporter.charCodeAt(0)) }),
          START_MS + day * DAY_MS,
        );
    expect(minutesKept()).toEqual([0, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]);
  });

  it('of one agent are bounded in a day, whatever it calls itself', () => {
    const elsewhere = (index: number) => ({
      destinationAddress: `198.18.${index}.1`,
      transferId: uuid(index),
    });
    bookMany(99, 'one', elsewhere);
    const again = batch(
      [10, 20].map((index) => message(trace(elsewhere(index + 100)))),
      'one',
    );
    ledger.book({ ...again, incarnation: uuid(7) }, START_MS);
    expect(minutesKept()).toHaveLength(100);
  });

  it('of edges are the newest of a pair', () => {
    bookMany(20, 'edge', () => ({}));
    expect(minutesKept()).toEqual(Array.from({ length: 16 }, (_, index) => index + 4));
  });

  it('of any number of agents leave an edge’s in place, and what is gone is found no more', async () => {
    bookMany(1, 'edge', () => ({}));
    const destinationOf = (index: number) => `10.${Math.floor(index / 250)}.${index % 250}.9`;
    const elsewhere = (index: number) => ({
      destinationAddress: destinationOf(index),
      transferId: uuid(index),
      startMs: START_MS,
    });
    const bookDay = (day: number) => {
      for (let agent = 0; agent < 101; agent += 1)
        bookMany(
          100,
          `agent ${agent}`,
          (index) => elsewhere(day * 20_000 + agent * 100 + index),
          START_MS + day * DAY_MS,
        );
    };
    bookDay(0);
    const first = [found('127.1.0.5', destinationOf(0)), found('127.1.0.5', destinationOf(10_000 - 1))];
    expect(first.map((one) => one !== undefined)).toEqual([true, true]);
    expect(found('127.1.0.5', destinationOf(10_000))).toBeUndefined();
    bookDay(1);
    bookDay(2);
    expect(ledger.tracesBetween('127.1.0.5', destinationOf(0), START_MS)).toEqual([]);
    expect(found('127.1.0.5', destinationOf(50_000))).toBeUndefined();
    expect(found('127.1.0.5', destinationOf(40_000))).toBeDefined();
    const kept = ledger.tracesAfter(0, 100_000).length;
    expect(kept).toBeLessThanOrEqual(1 + 20_000);
    expect(kept).toBeGreaterThan(19_000);
    expect(found()).toMatchObject({ isTrusted: true });
  }, 60_000);

  it('of a batch that is booked next are there before, and are kept once', () => {
    const messages = batch([message(trace())]);
    ledger.keepTraces(messages);
    const [kept] = ledger.tracesAfter(0, 10);
    expect(found()).toBeDefined();
    expect(ledger.book(messages)).toMatchObject({ accepted: 1 });
    ledger.keepTraces(messages);
    expect(ledger.book(messages)).toMatchObject({ duplicates: 1 });
    expect(ledger.tracesAfter(0, 10)).toEqual([kept]);
    expect(ledger.gaps({ limit: 10 })).toEqual([]);
  });

  it('are not ahead of the disk when a batch fails', () => {
    expect(found()).toBeUndefined();
    ledger.database.exec('ALTER TABLE host_files RENAME TO gone');
    const failing = batch([message(trace()), eventsMessage(99, event())]);
    expect(() => ledger.book(failing)).toThrow('host_files');
    expect(found()).toBeUndefined();
    ledger.database.exec('ALTER TABLE gone RENAME TO host_files');
    expect(ledger.book(failing)).toMatchObject({ accepted: 2 });
    expect(found()).toBeDefined();
  });
});

describe('conflicts of sources', () => {
  const conflict: PathConflict = {
    used: 'bgp',
    usedAsPath: [64_501, 64_500, 64_502],
    other: 'inferred',
    otherAsPath: [64_501, 64_502],
    message: 'bgp says so; bgp is used',
  };

  it('are counted by booked parts and listed, the newest first, over a restart', async () => {
    const met = (number: number, startMs: number, other = conflict): CheckedMessage => ({
      sequence: number,
      outcome: 'events',
      events: [event({ part: number, startMs })],
      conflicts: [other],
    });
    const older = { ...conflict, otherAsPath: [64_501, 64_503, 64_502] };
    ledger.book(batch([met(1, START_MS + 5), met(2, START_MS + 9), met(3, START_MS, older)]));
    ledger.book(batch([met(1, START_MS + 5), met(4, START_MS + 1)]));
    await ledger.stop();
    await ledger.start();
    expect(ledger.pathConflicts(10)).toEqual([
      { ...conflict, firstMs: START_MS + 1, lastMs: START_MS + 9, count: 3 },
      { ...older, firstMs: START_MS, lastMs: START_MS, count: 1 },
    ]);
    expect(ledger.pathConflicts(1)).toHaveLength(1);
  });
});
