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

  it('are bounded for each pair of networks, agents apart from edges', () => {
    const minutes = Array.from({ length: 12 }, (_, index) => index);
    const of = (minute: number) => trace({ startMs: START_MS + minute * 60_000 });
    ledger.book(batch([message(of(0), true), ...minutes.map((minute) => message(of(minute)))]));
    ledger.book(batch([message(trace({ destinationAddress: '127.3.0.9' }))]));
    const kept = ledger.tracesAfter(0, 100);
    expect(kept).toHaveLength(1 + 8 + 1);
    expect(kept.map(({ record }) => (record.startMs - START_MS) / 60_000)).toEqual([
      0, 4, 5, 6, 7, 8, 9, 10, 11, 0,
    ]);
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
