import type { Suspicion } from '@fairhop/shared/model';

/** A reason to suspect an agent, as one check found it. */
export interface Finding extends Omit<Suspicion, 'timeMs'> {
  /** What it is about (a transfer, a content, an address): the same again is the same finding, with the higher score of both. */
  readonly subject: string;
}

/** A row between two agents, or from an edge to an agent. */
export interface Span {
  readonly transferId: string;
  readonly uploader: string;
  readonly downloader: string;
  readonly contentId: string;
  readonly bytes: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly uploaderAddress: string;
  readonly downloaderAddress: string;
  /** Null where it is not known, or two words about it differ. */
  readonly uploaderAs: number | null;
  readonly downloaderAs: number | null;
  /** Of the grant; null where none is known. */
  readonly grantRateBitsPerSecond: number | null;
}

/** As many as a suspicion shows (shared/src/model/belief.ts). */
const MAX_EVIDENCE = 32;
const MAX_EVIDENCE_CHARACTERS = 4_096;
const MAX_MESSAGE_CHARACTERS = 500;

export const finding = (
  check: string,
  subject: string,
  score: number,
  message: string,
  evidence: readonly string[],
): Finding => ({
  check,
  subject,
  score: Math.max(0, Math.min(100, Math.round(score))),
  message: message.slice(0, MAX_MESSAGE_CHARACTERS),
  evidence: evidence.slice(0, MAX_EVIDENCE).map((text) => text.slice(0, MAX_EVIDENCE_CHARACTERS)),
});

export const describeSpan = (span: Span): string =>
  `transfer ${span.transferId}: ${span.bytes} bytes from ${span.uploader} at ${span.uploaderAddress} to ${span.downloader} at ` +
  `${span.downloaderAddress}, ${new Date(span.startMs).toISOString()} to ${new Date(span.endMs).toISOString()}`;
