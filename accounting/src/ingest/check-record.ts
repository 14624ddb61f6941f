import { completionBytes, verify } from '@fairhop/shared/crypto';
import {
  type CompletionRecord,
  type EdgeTransferRecord,
  hostId,
  type ReportRecord,
} from '@fairhop/shared/model';
import type { Completion, SignedWords } from '../ledger/event.js';
import { canonicalAddress } from './canonical-address.js';
import { checkEvidence, type Evidence, type EvidenceDependencies } from './check-evidence.js';
import { checkPeerTransfer, type PeerTransferDependencies } from './check-peer-transfer.js';
import { checkStatement } from './check-statement.js';
import { checkTimes } from './event-times.js';
import type { ProvenPart } from './proven-part.js';
import { rejection } from './rejection.js';
import type { Reporter } from './reporter.js';

export type CheckedRecord =
  | { readonly kind: 'part'; readonly part: ProvenPart; readonly signed?: SignedWords }
  | { readonly kind: 'completion'; readonly completion: Completion }
  | { readonly kind: 'statement'; readonly signed: SignedWords }
  | { readonly kind: 'evidence'; readonly evidence: Evidence };

export type RecordDependencies = PeerTransferDependencies & EvidenceDependencies;

const rolesOfType: Record<ReportRecord['type'], readonly Reporter['role'][]> = {
  'peer-transfer': ['agent'],
  'edge-transfer': ['edge'],
  completion: ['agent'],
  'uploader-statement': ['agent'],
  'path-evidence': ['agent', 'edge'],
};

/** What is proved by a record. Throws a rejection with a stable code, or an error of ours (keys that cannot be fetched). */
export async function checkRecord(
  record: ReportRecord,
  reporter: Reporter,
  nowMs: number,
  dependencies: RecordDependencies,
): Promise<CheckedRecord> {
  const roles = rolesOfType[record.type];
  if (!roles.includes(reporter.role)) {
    throw rejection(
      'role-not-permitted',
      `${record.type} is reported by an ${roles.join(' or an ')}, not by an ${reporter.role}`,
    );
  }
  switch (record.type) {
    case 'peer-transfer':
      return { kind: 'part', ...(await checkPeerTransfer(record, reporter, nowMs, dependencies)) };
    case 'edge-transfer':
      return { kind: 'part', part: checkEdgeTransfer(record, reporter, nowMs) };
    case 'completion':
      return { kind: 'completion', completion: checkCompletion(record, reporter, nowMs) };
    case 'uploader-statement':
      return { kind: 'statement', signed: await checkStatement(record, reporter, nowMs, dependencies) };
    case 'path-evidence':
      return { kind: 'evidence', evidence: await checkEvidence(record, reporter, nowMs, dependencies) };
  }
}

/** A part takes a minute; this is a minute at over 1 Tbit/s, and thousands of such parts still add up exactly in a double. */
const MAX_EDGE_PART_BYTES = 2 ** 43;

/** The ends that an edge has in each kind of its transfers. */
const ownEnds = {
  'edge-to-client': ['source'],
  'edge-to-edge': ['source', 'destination'],
  'origin-to-edge': ['destination'],
} as const;

function checkEdgeTransfer(record: EdgeTransferRecord, reporter: Reporter, nowMs: number): ProvenPart {
  const edge = hostId(reporter.key);
  const ends = ownEnds[record.kind];
  if (!ends.some((end) => record[end] === edge)) {
    throw rejection(
      'edge-not-party',
      `${record.kind} from ${record.source} to ${record.destination} is reported by ${edge}; its ${ends.join(' or ')} is right`,
    );
  }
  checkTimes(record.startMs, record.endMs, nowMs);
  if (record.bytes > MAX_EDGE_PART_BYTES) {
    throw rejection(
      'bytes-implausible',
      `one part has ${record.bytes} bytes, at most ${MAX_EDGE_PART_BYTES} are believed`,
    );
  }
  const { type: _, content, transferId, ...facts } = record;
  return {
    ...facts,
    contentId: content,
    transferId: transferId.toLowerCase(),
    sourceAddress: canonicalAddress(record.sourceAddress),
    destinationAddress: canonicalAddress(record.destinationAddress),
  };
}

function checkCompletion(record: CompletionRecord, reporter: Reporter, nowMs: number): Completion {
  const { agent, content, title, sizeBytes, timeMs } = record;
  if (agent !== reporter.key) {
    throw rejection('reporter-not-party', `it is a statement of ${agent}; only that agent reports it`);
  }
  checkTimes(timeMs, timeMs, nowMs);
  const signed = completionBytes({ agent, contentId: content, title, sizeBytes, timeMs });
  if (!verify(agent, signed, Buffer.from(record.signature, 'base64url'))) {
    throw rejection('completion-forged', `the completion of ${title} is not signed by ${agent}`);
  }
  return { host: hostId(agent), contentId: content, title, sizeBytes, timeMs };
}
