import { hostId, type PeerTransferRecord } from '@fairhop/shared/model';
import type { SignedWords } from '../ledger/event.js';
import { canonicalAddress } from './canonical-address.js';
import { CLOCK_TOLERANCE_MS, checkTimes, instant } from './event-times.js';
import type { GrantVerifier } from './grant-verifier.js';
import { checkPermit } from './permit-networks.js';
import type { ProvenPart } from './proven-part.js';
import type { ReceiptReader } from './receipts.js';
import { rejection } from './rejection.js';
import type { Reporter } from './reporter.js';
import { receiptWord, transferOf } from './signed-words.js';

export interface PeerTransferDependencies {
  readonly grants: GrantVerifier;
  readonly receipts: ReceiptReader;
}

/** Agents cut at the edges of bins, where an address changes, and otherwise after five seconds at least. */
const PART_MS = 4_000;
/** So many changes of addresses at once do no harm. */
const SPARE_PARTS = 16;

/**
 * What a downloader's receipts prove of one part of a transfer, and those receipts. Besides what the grant's, the
 * receipts' and the times' checks throw: `reporter-not-party`, `grant-exceeded`,
 * `uploader-outside-permit`, `receipt-missing`, `receipt-order`, `part-rate`.
 */
export async function checkPeerTransfer(
  record: PeerTransferRecord,
  reporter: Reporter,
  nowMs: number,
  { grants, receipts }: PeerTransferDependencies,
): Promise<{ readonly part: ProvenPart; readonly signed: SignedWords }> {
  // Only the time is taken from the receipt before its signature is checked, to judge the grant by it.
  const { timeMs } = receipts.peek(record.to);
  const grant = await grants.verify(record.grant, timeMs);
  if (grant.downloader !== reporter.key) {
    throw rejection(
      'reporter-not-party',
      `the grant's downloader is ${grant.downloader}; only it reports the transfer`,
    );
  }
  const sourceAddress = canonicalAddress(record.uploaderAddress);
  checkPermit(sourceAddress, grant.permit);
  const to = receipts.read(record.to, grant);
  if (record.part > 0 && record.from === undefined) {
    throw rejection('receipt-missing', `part ${record.part} needs the last receipt of the part before it`);
  }
  if (record.part === 0 && record.from !== undefined) {
    throw rejection('receipt-order', 'part 0 starts at 0 bytes, without a receipt before it');
  }
  const from = record.from === undefined ? undefined : receipts.read(record.from, grant);
  const fromBytes = from?.cumulativeBytes ?? 0;
  if (to.cumulativeBytes < fromBytes) {
    throw rejection('receipt-order', `the receipts go from ${fromBytes} down to ${to.cumulativeBytes} bytes`);
  }
  if (to.cumulativeBytes > grant.maxBytes) {
    throw rejection(
      'grant-exceeded',
      `the receipt is for ${to.cumulativeBytes} bytes, the grant for ${grant.maxBytes}`,
    );
  }
  if (from !== undefined && record.startMs < from.timeMs) {
    throw rejection(
      'times-invalid',
      `the part starts at ${instant(record.startMs)}, before the receipt of ${instant(from.timeMs)} that it follows`,
    );
  }
  if (record.startMs < grant.iat * 1000 - CLOCK_TOLERANCE_MS) {
    throw rejection(
      'times-invalid',
      `the part starts at ${instant(record.startMs)}, before its grant of ${instant(grant.iat * 1000)}`,
    );
  }
  checkTimes(record.startMs, to.timeMs, nowMs);
  const grantedMs = to.timeMs - grant.iat * 1000;
  if (record.part > (grantedMs + CLOCK_TOLERANCE_MS) / PART_MS + SPARE_PARTS) {
    throw rejection(
      'part-rate',
      `part ${record.part} ends at ${instant(to.timeMs)}, ${grantedMs} ms after its grant; at most one every ${PART_MS} ms is taken`,
    );
  }
  const words = [
    ...(record.from === undefined ? [] : [receiptWord(record.from, from!, 'downloader')]),
    receiptWord(record.to, to, 'downloader'),
  ];
  const part: ProvenPart = {
    fromBytes,
    bytes: to.cumulativeBytes - fromBytes,
    startMs: record.startMs,
    endMs: to.timeMs,
    transferId: to.transferId,
    part: record.part,
    kind: 'client-to-client',
    source: hostId(grant.uploader),
    sourceAddress,
    destination: hostId(grant.downloader),
    destinationAddress: canonicalAddress(record.downloaderAddress),
    seenAsns: { source: grant.uploaderAsn, destination: grant.downloaderAsn },
    contentId: grant.content,
    title: grant.title,
    category: grant.category,
    sizeBytes: grant.sizeBytes,
    maxRateBitsPerSecond: record.maxRateBitsPerSecond,
  };
  return { part, signed: { transfer: transferOf(grant), grant: record.grant, words } };
}
