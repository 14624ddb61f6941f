import type { Asn, GrantClaims, PathEvidenceRecord } from '@fairhop/shared/model';
import type { TraceRecord } from '../ledger/event.js';
import { canonicalAddress } from './canonical-address.js';
import { checkTimes } from './event-times.js';
import type { GrantVerifier } from './grant-verifier.js';
import { checkPermit } from './permit-networks.js';
import { rejection } from './rejection.js';
import type { Reporter } from './reporter.js';

export interface Evidence {
  readonly record: TraceRecord;
  /** Of the operator's own edge. */
  readonly isTrusted: boolean;
}

export interface EvidenceDependencies {
  readonly grants: GrantVerifier;
  /** AS of an address; null where unknown. */
  asnOf(address: string, timeMs: number): Promise<Asn | null>;
}

/** 30 hops with three replies and names take about 11 KiB. */
const MAX_RECORD_CHARACTERS = 32 * 1024;

/**
 * A traceroute that its reporter may tell: an edge any, an agent one between the ends of its own transfer. What it says is kept
 * and proves nothing. Besides what the grant's and the times' checks throw: `grant-missing`, `reporter-not-party`,
 * `evidence-mismatch`, `evidence-too-large`, `uploader-outside-permit`.
 */
export async function checkEvidence(
  evidence: PathEvidenceRecord,
  reporter: Reporter,
  nowMs: number,
  { grants, asnOf }: EvidenceDependencies,
): Promise<Evidence> {
  const { grant: token, ...stated } = evidence;
  checkTimes(stated.startMs, stated.endMs, nowMs);
  const record: TraceRecord = {
    ...stated,
    transferId: stated.transferId.toLowerCase(),
    sourceAddress: canonicalAddress(stated.sourceAddress),
    destinationAddress: canonicalAddress(stated.destinationAddress),
    hops: stated.hops.map(({ timeToLive, replies }) => ({
      timeToLive,
      replies: replies.map((reply) => ({ ...reply, address: canonicalAddress(reply.address) })),
    })),
  };
  const { length } = JSON.stringify(record);
  if (length > MAX_RECORD_CHARACTERS) {
    throw rejection(
      'evidence-too-large',
      `the trace has ${length} characters; at most ${MAX_RECORD_CHARACTERS}, as 30 hops with three named replies take, are kept`,
    );
  }
  if (reporter.role === 'edge') return { record, isTrusted: true };
  if (token === undefined) {
    throw rejection('grant-missing', "an agent's trace needs the grant of the transfer that it belongs to");
  }
  const grant = await grants.verify(token, record.startMs);
  checkBelongs(record, grant, reporter);
  await checkEnds(record, grant, asnOf);
  return { record, isTrusted: false };
}

function checkBelongs({ transferId, direction }: TraceRecord, grant: GrantClaims, reporter: Reporter): void {
  if (grant.jti.toLowerCase() !== transferId) {
    throw rejection('evidence-mismatch', `the trace is of transfer ${transferId}, its grant of ${grant.jti}`);
  }
  const end = direction === 'forward' ? 'uploader' : 'downloader';
  if (grant[end] !== reporter.key) {
    throw rejection(
      'reporter-not-party',
      `the grant's ${end} is ${grant[end]}; only it reports a ${direction} trace`,
    );
  }
}

/** A trace between other places than the transfer's would describe the paths of others. */
async function checkEnds(
  { direction, sourceAddress, destinationAddress, startMs }: TraceRecord,
  grant: GrantClaims,
  asnOf: EvidenceDependencies['asnOf'],
): Promise<void> {
  const isForward = direction === 'forward';
  const uploaderAddress = isForward ? sourceAddress : destinationAddress;
  const downloaderAddress = isForward ? destinationAddress : sourceAddress;
  checkPermit(uploaderAddress, grant.permit);
  for (const [end, address, seen] of [
    ['uploader', uploaderAddress, grant.uploaderAsn],
    ['downloader', downloaderAddress, grant.downloaderAsn],
  ] as const) {
    if (seen === undefined || seen === null) continue;
    const asn = await asnOf(address, startMs);
    if (asn === seen) continue;
    throw rejection(
      'evidence-mismatch',
      `the ${end}'s address ${address} is in ${asn === null ? 'no known AS' : `AS ${asn}`}; one in AS ${seen}, as its session, is right`,
    );
  }
}
