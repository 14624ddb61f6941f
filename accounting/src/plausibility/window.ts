import { type Finding, finding } from './finding.js';
import type { Thresholds } from './thresholds.js';

export interface SentAhead {
  readonly transferId: string;
  /** What the uploader signed as sent, and the last receipt that it shows for it. */
  readonly sentBytes: number;
  readonly receiptBytes: number;
}

const SCORE = 80;
/** What was sent and then cancelled is forgiven: a window, and a part of what was acknowledged. */
const FORGIVEN_SHARE = 1 / 16;
/** The message under way is noted before it goes. */
const MESSAGE_BYTES = 64 * 1024;

/**
 * An uploader stops a window ahead of the receipts that it has, so that one statement alone shows that it was not so: it sent
 * less, or it hides receipts. Its own signature says both numbers, whoever its counterpart is.
 */
export function checkSentAhead(
  { transferId, sentBytes, receiptBytes }: SentAhead,
  { windowBytes }: Pick<Thresholds, 'windowBytes'>,
): Finding | undefined {
  const aheadBytes = sentBytes - receiptBytes;
  const allowedBytes = 2 * windowBytes + receiptBytes * FORGIVEN_SHARE + MESSAGE_BYTES;
  if (aheadBytes <= allowedBytes) return undefined;
  const message = `it states ${sentBytes} bytes sent and shows a receipt for ${receiptBytes}: more ahead than any uploader goes`;
  return finding('sent-beyond-window', transferId, SCORE, message, [`transfer ${transferId}`]);
}
