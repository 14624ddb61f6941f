import { type Finding, finding } from './finding.js';
import type { Thresholds } from './thresholds.js';

/** All that an agent received of a content within the window, from edges and agents. */
export interface Received {
  readonly contentId: string;
  readonly sizeBytes: number;
  readonly bytes: number;
  /** Of those, what agents sent. */
  readonly peerBytes: number;
}

const FIRST_SCORE = 20;
/** For each further time the content's size. */
const STEP_SCORE = 10;
/** Below quarantine alone: where a cache is small, a film of every other evening comes as often. */
const MAX_SCORE = 70;

/**
 * Demand bounds what colluders can invent: who received a content again and again either throws it away each time, or never got it
 * (docs/threat-model.md; repeated downloads of NetSession's attackers, Aditya et al., NSDI 2012, §2). What came from edges alone is
 * no suspicion, since edges are trusted, but it counts.
 */
export function checkVolume(
  { contentId, sizeBytes, bytes, peerBytes }: Received,
  { volumeTolerance, windowBytes }: Pick<Thresholds, 'volumeTolerance' | 'windowBytes'>,
): Finding | undefined {
  const plausibleBytes = sizeBytes * (1 + volumeTolerance) + Math.min(windowBytes, sizeBytes);
  if (sizeBytes === 0 || peerBytes <= sizeBytes || bytes <= plausibleBytes) return undefined;
  const furtherTimes = Math.floor((bytes - plausibleBytes) / sizeBytes);
  const message = `it received ${bytes} bytes of a content of ${sizeBytes} bytes, ${peerBytes} of them from agents`;
  const score = Math.min(MAX_SCORE, FIRST_SCORE + STEP_SCORE * furtherTimes);
  return finding('volume-above-size', contentId, score, message, [`content ${contentId}`]);
}
