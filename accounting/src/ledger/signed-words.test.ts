import { type ChainLink, contradicts, createIdentity } from '@fairhop/shared/crypto';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CheckedMessage, SignedWord } from './event.js';
import type { Ledger } from './index.js';
import { batch, contentId, event, openTestLedger, START_MS, type TestLedger, uuid } from './test-support.js';

let test: TestLedger;
let ledger: Ledger;
beforeEach(async () => {
  test = await openTestLedger();
  ledger = test.ledger;
});
afterEach(() => test.remove());

const [uploader, downloader] = ['uploader', 'downloader'].map(() => createIdentity().key) as [string, string];

const word = (
  signer: SignedWord['signer'],
  sequence: number,
  bytes: number,
  changes: Partial<SignedWord> & { timeMs?: number; fork?: string } = {},
): SignedWord => {
  const { timeMs = START_MS + sequence, fork = '', ...more } = changes;
  const digest = contentId(`${signer} ${sequence} ${bytes} ${timeMs} ${fork}`);
  const link = { sequence, digest, previousDigest: contentId(`before ${digest}`), bytes, timeMs };
  const raw =
    signer === 'uploader' ? JSON.stringify({ sequence, sentBytes: bytes, fork }) : `receipt-${digest}`;
  return { signer, teller: signer, link, isLast: false, raw, ...more };
};

let nextSequence = 0;
const statement = (...words: SignedWord[]): CheckedMessage => ({
  sequence: nextSequence++,
  outcome: 'statement',
  signed: {
    transfer: { transferId: uuid(1), uploader, downloader, maxBytes: 10_000, expiresMs: START_MS + 600_000 },
    grant: 'a.b.c',
    words,
  },
});
/** A part from the one receipt to the other. */
const part = (number: number, from: SignedWord | undefined, to: SignedWord): CheckedMessage => {
  const fromBytes = from?.link.bytes ?? 0;
  const { signed } = statement(...(from ? [from] : []), to) as CheckedMessage & { outcome: 'statement' };
  const bytes = to.link.bytes - fromBytes;
  return {
    sequence: nextSequence++,
    outcome: 'events',
    events: bytes === 0 ? [] : [event({ part: number, fromBytes, bytes })],
    signed,
  };
};
const outcomeOf = (message: CheckedMessage): string => {
  const { accepted, duplicates, rejected } = ledger.book(batch([message]));
  return rejected[0]?.code ?? (accepted > 0 ? 'accepted' : `duplicate`.repeat(duplicates));
};
const proofs = () => ledger.contradictions(0, 1000);

describe('signed words', () => {
  it('tell how far each end goes, in whatever order they come', () => {
    expect(ledger.transferHeads(uuid(1))).toBeUndefined();
    const receipts = [word('downloader', 3, 100), word('downloader', 7, 250), word('downloader', 9, 400)];
    expect(outcomeOf(part(1, receipts[0], receipts[2]!))).toBe('accepted');
    expect(outcomeOf(part(0, undefined, receipts[0]!))).toBe('accepted');
    expect(ledger.transferHeads(uuid(1))).toMatchObject({
      transferId: uuid(1),
      ...{ uploader, downloader, maxBytes: 10_000 },
      stated: null,
      shown: null,
      reported: { sequence: 9, bytes: 400, raw: receipts[2]!.raw, digest: receipts[2]!.link.digest },
    });
    const last = word('uploader', 5, 500, { isLast: true });
    const shown: SignedWord = { ...receipts[1]!, teller: 'uploader' };
    expect(outcomeOf(statement(last, shown))).toBe('accepted');
    expect(outcomeOf(statement(word('uploader', 0, 10)))).toBe('accepted');
    expect(ledger.transferHeads(uuid(1))).toMatchObject({
      stated: { sequence: 5, bytes: 500, isLast: true, timeMs: START_MS + 5, bookedMs: START_MS + 600_000 },
      shown: { sequence: 7, bytes: 250, raw: receipts[1]!.raw },
      reported: { sequence: 9 },
    });
    expect(proofs()).toEqual([]);
  });

  it('are told once, however often they come, and shown once by each end', () => {
    const receipt = word('downloader', 3, 100);
    const told = statement(word('uploader', 0, 100), { ...receipt, teller: 'uploader' });
    expect(outcomeOf(told)).toBe('accepted');
    expect(outcomeOf(told)).toBe('duplicate');
    expect(outcomeOf({ ...told, sequence: nextSequence++ })).toBe('duplicate');
    expect(ledger.transferHeads(uuid(1))!.reported).toBeNull();
    expect(outcomeOf(part(0, undefined, receipt))).toBe('accepted');
    expect(ledger.transferHeads(uuid(1))).toMatchObject({ reported: { bytes: 100 }, shown: { bytes: 100 } });
    expect(ledger.database.prepare('SELECT count(*) FROM signed_words').pluck().get()).toBe(2);
  });

  it('that contradict each other are kept as a proof, and count for their teller no more', () => {
    const [first, second] = [word('uploader', 4, 100), word('uploader', 4, 90)];
    expect(outcomeOf(statement(first))).toBe('accepted');
    expect(outcomeOf(statement(second))).toBe('statement-contradicts');
    expect(proofs()).toEqual([
      {
        id: 1,
        agent: uploader,
        transferId: uuid(1),
        kind: 'statement-fork',
        statements: [first, second].map(({ link }) =>
          JSON.stringify({ sequence: 4, sentBytes: link.bytes, fork: '', grant: 'a.b.c' }),
        ),
        foundMs: START_MS + 600_000,
      },
    ]);
    expect(ledger.transferHeads(uuid(1))!.stated).toMatchObject({ bytes: 100 });
    expect(ledger.rejections(1).total).toBe(1);
  });

  it('of a downloader are held against what its uploader shows, whoever comes first', () => {
    const [reported, shown] = [word('downloader', 4, 100), word('downloader', 4, 60, { teller: 'uploader' })];
    expect(outcomeOf(part(0, undefined, reported))).toBe('accepted');
    // It is the downloader who told two histories: the statement is as good as any.
    expect(outcomeOf(statement(word('uploader', 0, 60), shown))).toBe('accepted');
    expect(proofs()).toMatchObject([{ agent: downloader, kind: 'receipt-fork' }]);
    expect(JSON.parse(proofs()[0]!.statements[1])).toEqual({ receipt: shown.raw, grant: 'a.b.c' });
    expect(ledger.transferHeads(uuid(1))).toMatchObject({ stated: { bytes: 60 }, shown: null });
  });

  it('are seen where the part that they came with is refused, or has no bytes', () => {
    const first = word('downloader', 4, 100);
    expect(outcomeOf(part(0, undefined, first))).toBe('accepted');
    const again = word('downloader', 4, 300);
    expect(outcomeOf(part(0, undefined, again))).toBe('receipt-contradicts');
    expect(ledger.eventsAfter(0, 10)).toMatchObject([{ bytes: 100 }]);
    const back = word('downloader', 9, 50);
    expect(outcomeOf(part(1, back, back))).toBe('receipt-contradicts');
    expect(proofs().map(({ kind }) => kind)).toEqual(['receipt-fork', 'receipt-rewritten']);
    const empty = word('downloader', 20, 900);
    expect(outcomeOf(part(1, empty, empty))).toBe('accepted');
    expect(ledger.transferHeads(uuid(1))!.reported).toMatchObject({ sequence: 4 });
  });

  it('that contradict are kept a few times, told once each, and listed by agent and in pages', () => {
    ledger.book(batch([statement(word('uploader', 4, 100))]));
    for (const fork of ['a', 'a', 'b', 'c', 'd', 'e', 'f'])
      expect(outcomeOf(statement(word('uploader', 4, 100, { fork })))).toBe('statement-contradicts');
    expect(proofs().map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    expect(new Set(proofs().map(({ statements }) => statements[0])).size).toBe(1);
    expect(ledger.contradictions(2, 1, uploader)).toMatchObject([{ id: 3 }]);
    expect(ledger.contradictions(0, 10, downloader)).toEqual([]);
  });

  it('that contradict each other anywhere are found, in whatever order they come', async () => {
    const link = fc.record({ sequence: fc.nat(6), bytes: fc.nat(12), fork: fc.constantFrom('', 'x') });
    await fc.assert(
      fc.asyncProperty(fc.array(link, { minLength: 1, maxLength: 8 }), async (links) => {
        const fresh = await openTestLedger();
        try {
          const words = links.map(({ sequence, bytes, fork }) => {
            const made = word('uploader', sequence, sequence * 3 + bytes, { fork });
            // Each follows what an honest one before it would be, so that only real forks are forks.
            const previousDigest =
              fork === '' ? contentId(`honest ${sequence - 1}`) : made.link.previousDigest;
            const digest = fork === '' && bytes === 0 ? contentId(`honest ${sequence}`) : made.link.digest;
            return { ...made, link: { ...made.link, digest, previousDigest } };
          });
          fresh.ledger.book(batch(words.map((one) => statement(one))));
          const isContradiction = (one: ChainLink, other: ChainLink) => contradicts(one, other) !== undefined;
          const expected = words.some((one) => words.some((other) => isContradiction(one.link, other.link)));
          expect(fresh.ledger.contradictions(0, 100).length > 0).toBe(expected);
        } finally {
          await fresh.remove();
        }
      }),
      { numRuns: 40 },
    );
  });
});
