import { type Finding, finding } from './finding.js';
import type { Thresholds } from './thresholds.js';

/**
 * The coordinator writes down each transfer before it hands out the grant. A grant that it signed and never wrote down was made with
 * its key by somebody else, for both who use it. It is no proof: a coordinator that was restored from a backup forgot some.
 */
export const checkNotDrawn = (
  transferId: string,
  { notDrawnScore }: Pick<Thresholds, 'notDrawnScore'>,
): Finding =>
  finding(
    'pairing-not-drawn',
    'draws',
    notDrawnScore,
    `the coordinator never ordered transfer ${transferId}, whose grant carries its signature`,
    [`transfer ${transferId}`],
  );
