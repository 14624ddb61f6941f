import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditLedger } from '../audit/index.js';
import type { CheckedMessage } from './event.js';
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

let test: TestLedger;
let ledger: Ledger;
beforeEach(async () => {
  test = await openTestLedger();
  ({ ledger } = test);
});
afterEach(async () => {
  await test.remove();
});

const all = (): ReturnType<Ledger['eventsAfter']> => ledger.eventsAfter(0, 1000);

describe('booking', () => {
  it('keeps all of an event and its path', () => {
    const booked = event();
    expect(ledger.book(batch([eventsMessage(1, booked)]), START_MS + 400_000)).toEqual({
      accepted: 1,
      duplicates: 0,
      rejected: [],
    });
    const { sourceIsp, destinationIsp, owner, category, sizeBytes, path, ...shown } = booked;
    expect(all()).toEqual([
      {
        ...shown,
        id: 1,
        averageRateBitsPerSecond: Math.floor((1_000 * 8_000) / 300_000),
        bookedMs: START_MS + 400_000,
        reporter: 'reporter',
        path: { id: path!.id, components: path!.elements.map(({ component }) => component) },
      },
    ]);
    expect(ledger.eventsAfter(0, 10, { transferId: uuid(1) })).toHaveLength(1);
    expect(ledger.eventsAfter(0, 10, { transferId: uuid(2) })).toEqual([]);
    expect(ledger.eventsAfter(1, 10)).toEqual([]);
  });

  it('books once what comes twice, by message or by event', () => {
    const message = eventsMessage(1, event());
    expect(ledger.book(batch([message, message]))).toMatchObject({ accepted: 1, duplicates: 1 });
    expect(ledger.book(batch([message]))).toMatchObject({ accepted: 0, duplicates: 1 });
    expect(ledger.book(batch([eventsMessage(2, event())]))).toMatchObject({ accepted: 0, duplicates: 1 });
    expect(ledger.book(batch([message], 'another'))).toMatchObject({
      accepted: 0,
      duplicates: 1,
      rejected: [],
    });
    expect(all()).toHaveLength(1);
    expect(ledger.ownerBytes('moviestudio', 0, START_MS * 2)).toBe(1_000);
  });

  it('takes an event as the same when only our knowledge of its networks has changed', () => {
    ledger.book(batch([eventsMessage(1, event({ path: null, sourceAs: null, sourceIsp: null }))]));
    expect(ledger.book(batch([eventsMessage(2, event())]))).toMatchObject({ duplicates: 1, rejected: [] });
    expect(all()[0]!.path).toBeNull();
  });

  it.each([
    ['bytes', { bytes: 999 }],
    ['kind', { kind: 'edge-to-client' as const }],
    ['source', { source: 'host:somebody' }],
    ['address', { destinationAddress: '127.2.0.10' }],
    ['content', { contentId: contentId('other') }],
    ['owner', { owner: 'otherstudio' }],
    ['size', { sizeBytes: 2_000 }],
    ['start', { startMs: START_MS + 1 }],
    ['end', { endMs: START_MS + 1 }],
    ['rate', { maxRateBitsPerSecond: 1 }],
  ])('rejects and shows another %s under the same key', (_, change) => {
    ledger.book(batch([eventsMessage(1, event())]));
    const before = all();
    const later = event({ binMs: START_MS + 300_000 });
    const result = ledger.book(
      batch([eventsMessage(2, event(change), later), eventsMessage(3, event({ part: 1 }))]),
    );
    expect(result).toMatchObject({ accepted: 1, rejected: [{ sequence: 2, code: 'part-conflict' }] });
    expect(all().slice(0, 1)).toEqual(before);
    expect(all().map(({ transferId, part }) => [transferId, part])).toEqual([
      [uuid(1), 0],
      [uuid(1), 1],
    ]);
    const { total, rejections } = ledger.rejections(10);
    expect(total).toBe(1);
    expect(rejections).toMatchObject([{ reporter: 'reporter', sequence: 2, code: 'part-conflict' }]);
    expect(rejections[0]!.message).toContain(uuid(1));
    expect(auditLedger(ledger.database).ok).toBe(true);
  });

  it('keeps what cannot be attributed and counts it', () => {
    ledger.book(batch([eventsMessage(1, event({ path: null, destinationAs: null, destinationIsp: null }))]));
    expect(auditLedger(ledger.database)).toMatchObject({
      ok: true,
      events: 1,
      bytes: 1_000,
      unattributedEvents: 1,
    });
    expect(ledger.ownerBytes('moviestudio', START_MS, START_MS + 300_000)).toBe(1_000);
  });

  it.each([
    [{ bytes: -1 }],
    [{ bytes: 1.5 }],
    [{ bytes: Number.MAX_SAFE_INTEGER + 1 }],
    [{ bytes: Number.NaN }],
    [{ sizeBytes: 2 ** 60 }],
    [{ maxRateBitsPerSecond: Number.POSITIVE_INFINITY }],
    [{ part: -1 }],
    [{ part: 1_000_001 }],
    [{ binMs: START_MS + 1, startMs: START_MS + 1, endMs: START_MS + 1 }],
    [{ binMs: 2 ** 53, startMs: 2 ** 53, endMs: 2 ** 53 }],
    [{ startMs: START_MS - 1 }],
    [{ endMs: START_MS + 300_001 }],
    [{ startMs: START_MS + 2, endMs: START_MS + 1 }],
    [{ transferId: 'nonsense' }],
  ])('refuses %o and books the rest', (change) => {
    const result = ledger.book(batch([eventsMessage(1, event(change)), eventsMessage(2, event())]));
    expect(result).toMatchObject({ accepted: 1, rejected: [{ sequence: 1, code: 'event-invalid' }] });
    expect(all()).toHaveLength(1);
    expect(ledger.gaps({ limit: 10 })).toEqual([]);
  });

  it('keeps the largest numbers exactly, and refuses sums that would not be exact', () => {
    const most = Number.MAX_SAFE_INTEGER;
    const large = event({ bytes: most, sizeBytes: most, maxRateBitsPerSecond: most });
    const one = event({ transferId: uuid(2), bytes: 1 });
    const result = ledger.book(batch([eventsMessage(1, large), eventsMessage(2, one)]));
    expect(result).toMatchObject({ accepted: 1, rejected: [{ sequence: 2, code: 'bytes-beyond-limit' }] });
    expect(all()).toMatchObject([{ bytes: most, maxRateBitsPerSecond: most }]);
    expect(ledger.ownerBytes('moviestudio', 0, START_MS * 2)).toBe(most);
    ledger.book(batch([eventsMessage(3, one)]));
    expect(() => ledger.ownerBytes('moviestudio', 0, START_MS * 2)).toThrow(
      expect.objectContaining({ code: 'integer-unsafe' }),
    );
  });

  it('keeps completions and statements, which are no rows', () => {
    const messages: CheckedMessage[] = [
      completionMessage(1),
      {
        sequence: 2,
        outcome: 'statement',
        signed: {
          transfer: { transferId: uuid(1), uploader: 'u', downloader: 'd', maxBytes: 9, expiresMs: START_MS },
          grant: 'a.b.c',
          words: [
            {
              signer: 'uploader',
              teller: 'uploader',
              link: { sequence: 0, digest: '', previousDigest: '', bytes: 5, timeMs: START_MS },
              isLast: true,
              raw: 'signed',
            },
          ],
        },
      },
      { sequence: 3, outcome: 'rejected', code: 'grant-expired', message: 'the grant expired' },
    ];
    expect(ledger.book(batch(messages))).toEqual({
      accepted: 2,
      duplicates: 0,
      rejected: [{ sequence: 3, code: 'grant-expired', message: 'the grant expired' }],
    });
    expect(all()).toEqual([]);
    expect(ledger.transferHeads(uuid(1))).toMatchObject({
      stated: { bytes: 5, isLast: true, raw: 'signed' },
    });
    expect(ledger.rejections(1)).toMatchObject({ total: 1, rejections: [{ code: 'grant-expired' }] });
    expect(ledger.book(batch(messages))).toMatchObject({ accepted: 0, duplicates: 3, rejected: [] });
    expect(ledger.rejections(1).total).toBe(1);
  });

  it('tells listeners whose sums grew, once they are on disk', () => {
    const told: string[][] = [];
    const stop = ledger.onBooked(({ owners }) => {
      told.push([...owners]);
      expect(ledger.ownerBytes('moviestudio', 0, START_MS * 2)).toBe(1_000);
    });
    ledger.book(batch([eventsMessage(1, event())]));
    ledger.book(batch([eventsMessage(1, event())]));
    stop();
    ledger.book(batch([eventsMessage(2, event({ part: 1 }))]));
    expect(told).toEqual([['moviestudio']]);
  });

  it('books nothing of a batch that fails midway, and all of it afterwards', () => {
    ledger.database.exec('ALTER TABLE host_files RENAME TO gone');
    const booked = batch([eventsMessage(1, event())]);
    expect(() => ledger.book(booked)).toThrow('host_files');
    ledger.database.exec('ALTER TABLE gone RENAME TO host_files');
    expect(all()).toEqual([]);
    expect(ledger.book(booked)).toMatchObject({ accepted: 1 });
    expect(auditLedger(ledger.database).ok).toBe(true);
  });
});

describe('a full disk', () => {
  it('refuses a batch whole, keeps what was booked, and takes the batch again when there is room', () => {
    const { database } = ledger;
    expect(ledger.book(batch([eventsMessage(1, event())]))).toMatchObject({ accepted: 1 });
    const before = all();
    const pages = database.pragma('page_count', { simple: true });
    database.pragma(`max_page_count = ${pages}`);
    const many = batch(
      Array.from({ length: 300 }, (_, index) => eventsMessage(index + 2, event({ part: index + 1 }))),
    );
    expect(() => ledger.book(many)).toThrow(expect.objectContaining({ code: 'SQLITE_FULL' }));
    expect(all()).toEqual(before);
    expect(auditLedger(database).ok).toBe(true);
    database.pragma('max_page_count = 1000000');
    expect(ledger.book(many)).toMatchObject({ accepted: 300, duplicates: 0, rejected: [] });
    expect(auditLedger(database).ok).toBe(true);
  });
});

describe('gaps', () => {
  it('are listed until they are filled, also over a restart', async () => {
    const message = (sequence: number): CheckedMessage => eventsMessage(sequence, event({ part: sequence }));
    ledger.book(batch([message(1), message(2), message(5)]));
    ledger.book(batch([message(9)]));
    const gap = (fromSequence: number, toSequence: number) =>
      expect.objectContaining({ reporter: 'reporter', fromSequence, toSequence });
    expect(ledger.gaps({ limit: 10 })).toEqual([gap(3, 4), gap(6, 8)]);
    await ledger.stop();
    await ledger.start();
    expect(ledger.book(batch([message(4), message(6), message(7), message(8), message(9)]))).toMatchObject({
      accepted: 4,
      duplicates: 1,
    });
    expect(ledger.gaps({ limit: 10 })).toEqual([gap(3, 3)]);
    ledger.book(batch([message(3)]));
    expect(ledger.gaps({ limit: 10 })).toEqual([]);
    expect(ledger.database.prepare('SELECT first, last FROM received').all()).toEqual([
      { first: 1, last: 9 },
    ]);
  });
});

describe('exactly once', () => {
  it('whatever the order, the batches and the repetitions', async () => {
    const message = fc.record({ sequence: fc.nat(30), repeats: fc.nat(1) });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(message, { maxLength: 20 }), { maxLength: 8 }), async (batches) => {
        const fresh = await openTestLedger();
        try {
          const sequences = new Set<number>();
          for (const messages of batches) {
            const sent = messages.flatMap(({ sequence, repeats }) =>
              Array.from({ length: repeats + 1 }, () =>
                eventsMessage(sequence, event({ part: sequence, bytes: sequence + 1 })),
              ),
            );
            const before = sequences.size;
            for (const { sequence } of sent) sequences.add(sequence);
            const { accepted, duplicates } = fresh.ledger.book(batch(sent));
            expect([accepted, duplicates]).toEqual([sequences.size - before, sent.length - accepted]);
          }
          const bytes = [...sequences].reduce((sum, sequence) => sum + sequence + 1, 0);
          expect(auditLedger(fresh.ledger.database)).toMatchObject({
            ok: true,
            events: sequences.size,
            bytes,
          });
          expect(fresh.ledger.ownerBytes('moviestudio', 0, START_MS * 2)).toBe(bytes);
        } finally {
          await fresh.remove();
        }
      }),
      { numRuns: 25 },
    );
  });
});
