import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  contextOfGrant,
  contradicts,
  createIdentity,
  FIRST_STATEMENT_DIGEST,
  statementLink,
  verifyStatement,
} from '@fairhop/shared/crypto';
import { type GrantClaims, type UploaderStatement, uploaderStatementSchema } from '@fairhop/shared/model';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Outbox, openOutbox } from './outbox.js';
import { createUploadRecorder } from './upload-recorder.js';

const [uploader, downloader] = [createIdentity(), createIdentity()];
const startMs = 1_700_000_000_000;
const claimsOf = (): GrantClaims => ({
  jti: randomUUID(),
  iss: 'coordinator-1',
  aud: uploader.key,
  iat: startMs / 1000,
  exp: startMs / 1000 + 600,
  content: 'ab'.repeat(32),
  title: 'studio/film',
  category: 'video',
  sizeBytes: 1e9,
  uploader: uploader.key,
  downloader: downloader.key,
  maxBytes: 1e9,
  rateBitsPerSecond: 1e9,
  permit: { id: 'permit-1', isp: 'sp2', networks: ['127.2.0.0/16'] },
});

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fairhop-uploads-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** What runs until it is left as a killed process leaves it: nothing is closed in order. */
function startProcess(nowMs: () => number) {
  const outbox = openOutbox(join(directory, 'reports.db'), { warn: () => undefined });
  const stated: number[] = [];
  const recorder = createUploadRecorder(
    { file: join(directory, 'sent.bin'), identity: uploader },
    { outbox, nowMs, onStated: (_transferId, { sentBytes }) => stated.push(sentBytes) },
  );
  const begin = (claims: GrantClaims) =>
    recorder.begin({ grant: 'a.b.c', claims, downloaderAddress: () => '127.1.0.5' });
  const gone = (): void => {
    recorder.close();
    outbox.close();
  };
  return { outbox, recorder, begin, stated, gone };
}

const statementsOf = (outbox: Outbox): UploaderStatement[] =>
  outbox.peek(10_000).map(({ record }) => uploaderStatementSchema.parse(record));

/** All of them, one history: signed, complete, and nowhere in contradiction. */
function expectHistory(statements: readonly UploaderStatement[], claims: GrantClaims): void {
  const context = contextOfGrant(claims);
  for (const statement of statements) verifyStatement(statement, context);
  const links = statements.map((statement) => statementLink(statement, context));
  expect(links.map(({ sequence }) => sequence)).toEqual(links.map((_, index) => index));
  expect(links.map(({ previousDigest }) => previousDigest)).toEqual(
    [FIRST_STATEMENT_DIGEST, ...links.map(({ digest }) => digest)].slice(0, links.length),
  );
  for (const one of links) for (const other of links) expect(contradicts(one, other)).toBeUndefined();
}

describe('what an uploader states', () => {
  it('is one history that ends with what was noted last, whenever its process is killed', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('sent' as const), bytes: fc.integer({ min: 1, max: 60 * 1024 }) }),
      fc.record({ kind: fc.constant('state' as const), afterMs: fc.nat(400_000) }),
      fc.record({ kind: fc.constant('receipt' as const), byte: fc.nat(255) }),
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), fc.boolean(), (steps, isKilled) => {
        let nowMs = startMs;
        const claims = claimsOf();
        const process = startProcess(() => nowMs);
        const before = process.outbox.size;
        const upload = process.begin(claims);
        let [sentBytes, receipt]: [number, string | undefined] = [0, undefined];
        for (const one of steps) {
          if (one.kind === 'sent') {
            sentBytes += one.bytes;
            upload.noteSent(sentBytes);
          } else if (one.kind === 'state') {
            nowMs += one.afterMs;
            upload.state();
            if (sentBytes > 0) expect(process.stated.at(-1)).toBe(sentBytes);
          } else if (sentBytes > 0) {
            const bytes = Buffer.alloc(133, one.byte);
            upload.noteReceipt(bytes, sentBytes);
            receipt = bytes.toString('base64url');
          }
        }
        if (!isKilled) upload.end();
        process.gone();
        nowMs += 86_400_000;
        const next = startProcess(() => nowMs);
        const statements = statementsOf(next.outbox).slice(before);
        if (sentBytes > 0 || !isKilled) {
          expectHistory(statements, claims);
          expect(statements.filter(({ last }) => last)).toEqual([statements.at(-1)]);
          expect(statements.at(-1)!.sentBytes).toBe(sentBytes);
          // A receipt that came after the last statement is lost with the process; its downloader reports it.
          if (!isKilled) expect(statements.at(-1)!.receipt).toBe(receipt);
          for (const { timeMs } of statements) expect(timeMs).toBeLessThanOrEqual(claims.exp * 1000);
        } else expect(statements).toEqual([]);
        expect(next.recorder.isUsed(claims.jti)).toBe(true);
        next.gone();
        const third = startProcess(() => nowMs);
        expect(statementsOf(third.outbox).slice(before)).toEqual(statements);
        third.gone();
      }),
      { numRuns: 30 },
    );
  });

  it('is on disk before its first byte goes', () => {
    const { begin, outbox, gone } = startProcess(() => startMs);
    const claims = claimsOf();
    const upload = begin(claims);
    expect(outbox.size).toBe(0);
    upload.noteSent(1000);
    upload.noteSent(2000);
    expect(statementsOf(outbox)).toMatchObject([{ sequence: 0, sentBytes: 1000, last: false }]);
    expect(outbox.openUploads()).toMatchObject([{ transferId: claims.jti, sentBytes: 1000 }]);
    gone();
  });

  it('of several uploads is kept apart, also when one takes the place of another', () => {
    const process = startProcess(() => startMs);
    const claims = [claimsOf(), claimsOf(), claimsOf()];
    const [first, second] = claims.slice(0, 2).map(process.begin);
    first!.noteSent(10);
    second!.noteSent(20);
    first!.end();
    const third = process.begin(claims[2]!);
    third.noteSent(30);
    third.noteSent(31);
    second!.noteSent(21);
    process.gone();
    const next = startProcess(() => startMs);
    const last = statementsOf(next.outbox).filter((statement) => statement.last);
    expect(last.map(({ sentBytes }) => sentBytes).sort()).toEqual([10, 21, 31]);
    next.gone();
  });

  it('is the first and the last statement only while much waits for accounting', () => {
    const { begin, outbox, gone } = startProcess(() => startMs);
    const filler = Array.from(
      { length: 10_000 },
      () => ({ type: 'uploader-statement' }) as UploaderStatement,
    );
    outbox.update({ records: filler });
    const upload = begin(claimsOf());
    upload.noteSent(10);
    upload.noteSent(20);
    upload.state();
    expect(outbox.size).toBe(10_001);
    upload.end();
    expect(outbox.size).toBe(10_002);
    gone();
  });

  it('begins once per grant until that is long over', () => {
    let nowMs = startMs;
    const process = startProcess(() => nowMs);
    const claims = claimsOf();
    process.begin(claims);
    expect(process.recorder.isUsed(claims.jti)).toBe(true);
    nowMs = claims.exp * 1000 + 3_600_000;
    const later = claimsOf();
    process.begin({ ...later, exp: later.exp + 7200 });
    expect(process.recorder.isUsed(claims.jti)).toBe(false);
    process.gone();
  });
});
