import type { Belief } from '@fairhop/shared/model';

/** What bytes of a transfer can be while they are not settled; a later one never becomes an earlier one again. */
export const openBeliefs = ['claimed', 'disputed', 'dropped'] as const satisfies readonly Belief[];
export type OpenBelief = (typeof openBeliefs)[number];

/** The furthest that each side of a transfer signed. */
export interface Words {
  readonly grantedBytes: number;
  /** Highest receipt that the downloader reported. */
  readonly downloaderBytes: number;
  /** Highest bytes that the uploader signed as sent; null while it said nothing. */
  readonly uploaderBytes: number | null;
  readonly isUploaderDone: boolean;
}

/** Why nothing more of a transfer settles: an end told two histories, or is in quarantine. */
export type Held = 'history-rewritten' | 'quarantine';

export interface Standing {
  /** Bytes [0, settledBytes) of the transfer are settled, where rows are booked for them. */
  readonly settledBytes: number;
  /** What the rows beyond are believed to be; null without such rows. */
  readonly open: OpenBelief | null;
}

export interface Circumstances {
  readonly before: Standing;
  readonly held: Held | null;
  readonly isHoldOver: boolean;
  /** By so much an uploader's last word may be less without a dispute; it settles nothing. */
  readonly toleranceBytes: number;
}

export interface Decision {
  readonly settledBytes: number;
  /** What rows beyond are, if there are any. */
  readonly open: OpenBelief;
  readonly reason: string;
}

/**
 * What is believed of a transfer: what both sides signed, within its grant, is settled, and stays so. Words only ever go up, so that
 * their order makes no difference.
 */
export function decide(words: Words, { before, held, isHoldOver, toleranceBytes }: Circumstances): Decision {
  const { grantedBytes, downloaderBytes, isUploaderDone } = words;
  const uploaderBytes = words.uploaderBytes ?? 0;
  const agreed = Math.min(downloaderBytes, uploaderBytes, grantedBytes);
  const settledBytes = held === null ? Math.max(before.settledBytes, agreed) : before.settledBytes;
  const isDisputed = isUploaderDone && downloaderBytes - uploaderBytes > toleranceBytes;
  const [wanted, reason] = wantedOf(isHoldOver, held, isDisputed);
  if (before.open === null || openBeliefs.indexOf(before.open) <= openBeliefs.indexOf(wanted))
    return { settledBytes, open: wanted, reason };
  return { settledBytes, open: before.open, reason: `${before.open}-before` };
}

function wantedOf(isHoldOver: boolean, held: Held | null, isDisputed: boolean): [OpenBelief, string] {
  if (isHoldOver) return ['dropped', 'hold-over'];
  if (held !== null) return ['disputed', held];
  return isDisputed ? ['disputed', 'uploader-sent-less'] : ['claimed', 'downloader-reported'];
}
