import { binOf } from '@fairhop/shared/model';

/** A receipt as the downloader signed it, base64url, with what it states. */
export interface StampedReceipt {
  readonly encoded: string;
  readonly cumulativeBytes: number;
  /** Coordinator's time. */
  readonly timeMs: number;
}

export interface Ends {
  readonly uploaderAddress: string;
  readonly downloaderAddress: string;
}

/** The part of a transfer that is under way. Plain data: it is kept on disk with each receipt. */
export interface OpenPart extends Ends {
  readonly part: number;
  /** While it has no receipt: the earliest time at which its bytes may have begun to come. */
  readonly startMs: number;
  /** The last receipt of the part before. */
  readonly from?: StampedReceipt | undefined;
  /** The last receipt of this part; absent while it has none. */
  readonly to?: StampedReceipt | undefined;
  /** Highest rate over a one-second window of this part. */
  readonly maxRateBitsPerSecond: number;
}

/** A part that is over, and nothing of it changes any more. */
export type ClosedPart = OpenPart & { readonly to: StampedReceipt };

export function firstPart(startMs: number, ends: Ends): OpenPart {
  return { ...ends, part: 0, startMs, maxRateBitsPerSecond: 0 };
}

const partBytes = ({ from, to }: OpenPart): number =>
  to === undefined ? 0 : to.cumulativeBytes - (from?.cumulativeBytes ?? 0);

export const hasBytes = (part: OpenPart): part is ClosedPart => partBytes(part) > 0;

/**
 * Takes a receipt, whose bytes began to come at `sinceMs`, into the part under way. `closed` are parts that end before it: at a
 * 5-minute UTC bin edge, after `maxPartMs`, or because an address changed.
 */
export function takeReceipt(
  open: OpenPart,
  receipt: StampedReceipt,
  ends: Ends,
  {
    sinceMs,
    rateBitsPerSecond,
    maxPartMs,
  }: { sinceMs: number; rateBitsPerSecond: number; maxPartMs: number },
): { closed: ClosedPart[]; open: OpenPart } {
  const lastBytes = open.to?.cumulativeBytes ?? open.from?.cumulativeBytes ?? 0;
  if (receipt.cumulativeBytes <= lastBytes) return { closed: [], open };
  const closed: ClosedPart[] = [];
  let current = open;
  if (hasBytes(current) && mustCut(current, receipt.timeMs, ends, maxPartMs)) {
    closed.push(current);
    current = nextPart(current, ends);
  }
  if (!hasBytes(current)) {
    // What took longer than a part may last is told as that long.
    const startMs = Math.max(current.startMs, sinceMs, receipt.timeMs - maxPartMs + 1);
    current = { ...current, ...ends, startMs };
  }
  const maxRateBitsPerSecond = Math.max(current.maxRateBitsPerSecond, Math.round(rateBitsPerSecond));
  return { closed, open: { ...current, to: receipt, maxRateBitsPerSecond } };
}

/** Whether the part must end although no receipt came: its time is over. */
export const isDue = (open: OpenPart, nowMs: number, maxPartMs: number): boolean =>
  hasBytes(open) && (nowMs - open.startMs >= maxPartMs || binOf(nowMs) !== binOf(open.startMs));

/** The part after a closed one. */
export const nextPart = (closed: ClosedPart, ends: Ends): OpenPart => ({
  ...ends,
  part: closed.part + 1,
  startMs: closed.to.timeMs,
  from: closed.to,
  maxRateBitsPerSecond: 0,
});

function mustCut(open: OpenPart, timeMs: number, ends: Ends, maxPartMs: number): boolean {
  return (
    binOf(timeMs) !== binOf(open.startMs) ||
    timeMs - open.startMs >= maxPartMs ||
    ends.uploaderAddress !== open.uploaderAddress ||
    ends.downloaderAddress !== open.downloaderAddress
  );
}
