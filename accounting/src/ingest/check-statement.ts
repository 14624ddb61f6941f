import { contextOfGrant, verifyStatement } from '@fairhop/shared/crypto';
import type { UploaderStatement } from '@fairhop/shared/model';
import type { SignedWords } from '../ledger/event.js';
import type { PeerTransferDependencies } from './check-peer-transfer.js';
import { CLOCK_TOLERANCE_MS, checkTimes, instant } from './event-times.js';
import { rejection } from './rejection.js';
import type { Reporter } from './reporter.js';
import { receiptWord, statementWord, transferOf } from './signed-words.js';

/** An uploader makes one at the begin, one every ten seconds, and one at the end; this many at once do no harm. */
const SPARE_STATEMENTS = 16;

/**
 * What an uploader signed of its transfer, and the receipt that it shows. That the receipt is for more than was sent is the
 * downloader's lie to tell, and no reason to refuse. Besides what the grant's, the receipts' and the times' checks throw:
 * `reporter-not-party`, `statement-forged`, `statement-chain`, `statement-rate`, `grant-exceeded`.
 */
export async function checkStatement(
  record: UploaderStatement,
  reporter: Reporter,
  nowMs: number,
  { grants, receipts }: PeerTransferDependencies,
): Promise<SignedWords> {
  const grant = await grants.verify(record.grant, record.timeMs);
  if (grant.uploader !== reporter.key) {
    throw rejection(
      'reporter-not-party',
      `the grant's uploader is ${grant.uploader}; only it makes this statement`,
    );
  }
  verifyStatement(record, contextOfGrant(grant));
  checkTimes(record.timeMs, record.timeMs, nowMs);
  const seconds = Math.floor((record.timeMs - grant.iat * 1000 + CLOCK_TOLERANCE_MS) / 1000);
  if (record.sequence > seconds + SPARE_STATEMENTS) {
    throw rejection(
      'statement-rate',
      `statement ${record.sequence} is of ${instant(record.timeMs)}, ${seconds} s after its grant; at most one a second is taken`,
    );
  }
  if (record.sentBytes > grant.maxBytes) {
    throw rejection(
      'grant-exceeded',
      `the statement is of ${record.sentBytes} bytes, the grant of ${grant.maxBytes}`,
    );
  }
  const words = [statementWord(record, grant)];
  if (record.receipt !== undefined) {
    words.push(receiptWord(record.receipt, receipts.read(record.receipt, grant), 'uploader'));
  }
  return { transfer: transferOf(grant), grant: record.grant, words };
}
