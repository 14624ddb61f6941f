import { type Finding, finding } from './finding.js';
import type { Thresholds } from './thresholds.js';

const SCORE = 80;

/**
 * Signatures that do not hold, and receipts of another transfer: no program signs so by mistake, and a batch with them is signed by its
 * reporter. Codes that clocks, a rotation of keys, roaming or a restored backup can cause are not among them.
 */
const forgedCodes: ReadonlySet<string> = new Set([
  'receipt-forged',
  'receipt-mismatch',
  'statement-forged',
  'completion-forged',
  'reporter-not-party',
  'grant-exceeded',
]);
export const isForged = (code: string): boolean => forgedCodes.has(code);

/** `refused` are some of them, each with its code and reason. */
export function checkForged(
  refused: readonly string[],
  count: number,
  { forgedMessages }: Pick<Thresholds, 'forgedMessages'>,
): Finding | undefined {
  if (count < forgedMessages) return undefined;
  const message = `it signed ${count} reports whose own signatures or orders do not hold`;
  return finding('forged-reports', 'reports', SCORE, message, refused);
}
