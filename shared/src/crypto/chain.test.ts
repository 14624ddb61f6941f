import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChainLink, contradicts } from './chain.js';
import type { StatementBody, TransferContext } from './domain.js';
import { createIdentity } from './identity.js';
import { firstReceiptDigest, type Receipt, receiptDigest, receiptLink } from './receipt.js';
import {
  FIRST_STATEMENT_DIGEST,
  signStatement,
  statementDigest,
  statementLink,
  verifyStatement,
} from './statement.js';

const [uploader, downloader] = [createIdentity(), createIdentity()];
const context: TransferContext = {
  transferId: randomUUID(),
  contentId: 'ab'.repeat(32),
  uploader: uploader.key,
  downloader: downloader.key,
};

type Step = { bytes: number; afterMs: number };
const steps = fc.array(fc.record({ bytes: fc.nat(1e9), afterMs: fc.nat(60_000) }), {
  minLength: 2,
  maxLength: 12,
});

/** A history as an honest signer makes it. */
function receiptsOf(history: readonly Step[]): Receipt[] {
  const receipts: Receipt[] = [];
  for (const { bytes, afterMs } of history) {
    const before = receipts.at(-1);
    receipts.push({
      transferId: context.transferId,
      sequence: receipts.length,
      cumulativeBytes: (before?.cumulativeBytes ?? 0) + bytes,
      timeMs: (before?.timeMs ?? 1_000) + afterMs,
      previousDigest: before ? receiptDigest(before) : firstReceiptDigest(context.transferId),
    });
  }
  return receipts;
}

function statementsOf(history: readonly Step[]): StatementBody[] {
  const statements: StatementBody[] = [];
  for (const { bytes, afterMs } of history) {
    const before = statements.at(-1);
    statements.push({
      sequence: statements.length,
      previousDigest: before ? statementDigest(before, context) : FIRST_STATEMENT_DIGEST,
      sentBytes: (before?.sentBytes ?? 0) + bytes,
      timeMs: (before?.timeMs ?? 1_000) + afterMs,
      last: false,
      downloaderAddress: '127.1.0.5',
    });
  }
  return statements;
}

const chains: [string, (history: readonly Step[]) => ChainLink[]][] = [
  ['receipts', (history) => receiptsOf(history).map(receiptLink)],
  ['statements', (history) => statementsOf(history).map((statement) => statementLink(statement, context))],
];

describe.each(chains)('a history of %s', (_name, linksOf) => {
  it('contradicts itself nowhere, whichever of its words are seen and in whatever order', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const links = linksOf(history);
        for (const one of links) for (const other of links) expect(contradicts(one, other)).toBeUndefined();
      }),
    );
  });

  it('that is told in two ways from some word on is proved by any pair that should be the same or adjacent', () => {
    fc.assert(
      fc.property(steps, fc.nat(11), fc.integer({ min: 1, max: 1e6 }), (history, at, more) => {
        const from = at % history.length;
        const links = linksOf(history);
        const told = linksOf(
          history.map((step, index) => (index === from ? { ...step, bytes: step.bytes + more } : step)),
        );
        for (let index = 0; index < links.length; index++) {
          const isForked = index >= from;
          expect(contradicts(links[index]!, told[index]!)).toBe(isForked ? 'fork' : undefined);
          const [next, before] = [told[index + 1], links[index]!];
          // What has fewer bytes than before is rewritten, whatever it commits to.
          if (next && isForked && next.bytes >= before.bytes) expect(contradicts(before, next)).toBe('fork');
        }
      }),
    );
  });

  it('that goes back in bytes or time is proved by words however far apart', () => {
    fc.assert(
      fc.property(
        steps,
        fc.constantFrom('bytes', 'timeMs'),
        fc.integer({ min: 1, max: 900 }),
        (history, field, less) => {
          const links = linksOf(history);
          const [first, last] = [links[0]!, links.at(-1)!];
          const back = { ...last, [field]: first[field] - less };
          expect(contradicts(first, back)).toBe('rewritten');
          expect(contradicts(back, first)).toBe('rewritten');
        },
      ),
    );
  });
});

describe('a statement', () => {
  const [, body] = statementsOf([
    { bytes: 10, afterMs: 5 },
    { bytes: 20, afterMs: 5 },
  ]);
  const signed = signStatement(body!, 'a.b.c', context, uploader);

  it('verifies as it was signed, and with nothing changed', () => {
    expect(() => verifyStatement(signed, context)).not.toThrow();
    const changes: Partial<StatementBody>[] = [
      { sequence: 2 },
      { previousDigest: '11'.repeat(32) },
      { receipt: 'A'.repeat(178) },
      { sentBytes: 31 },
      { timeMs: 1 },
      { last: true },
      { downloaderAddress: '127.1.0.6' },
    ];
    const digests = new Set([statementDigest(signed, context)]);
    for (const change of changes) {
      digests.add(statementDigest({ ...signed, ...change }, context));
      expect(() => verifyStatement({ ...signed, ...change }, context)).toThrow(
        expect.objectContaining({ code: 'statement-forged' }),
      );
    }
    expect(digests.size).toBe(changes.length + 1);
    for (const change of [
      { transferId: randomUUID() },
      { contentId: 'cd'.repeat(32) },
      { downloader: uploader.key },
    ]) {
      expect(() => verifyStatement(signed, { ...context, ...change })).toThrow(
        expect.objectContaining({ code: 'statement-forged' }),
      );
    }
  });

  it('is the uploader’s alone', () => {
    expect(() => signStatement(body!, 'a.b.c', context, downloader)).toThrow(
      expect.objectContaining({ code: 'statement-forged' }),
    );
  });

  it('is first or follows one', () => {
    for (const wrong of [
      { ...body!, sequence: 0 },
      { ...body!, previousDigest: FIRST_STATEMENT_DIGEST },
    ]) {
      const statement = signStatement(wrong, 'a.b.c', context, uploader);
      expect(() => verifyStatement(statement, context)).toThrow(
        expect.objectContaining({ code: 'statement-chain' }),
      );
    }
  });
});
