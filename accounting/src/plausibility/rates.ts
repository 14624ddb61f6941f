import { describeSpan, type Finding, finding, type Span } from './finding.js';
import type { Thresholds } from './thresholds.js';

type Limits = Pick<Thresholds, 'rateTolerance' | 'accessTolerance' | 'rateMinimumMs' | 'windowBytes'>;

const GRANT_SCORE = 40;
const ACCESS_SCORE = 30;

const bytesAt = (rateBitsPerSecond: number, durationMs: number): number =>
  (rateBitsPerSecond / 8_000) * durationMs;

/**
 * An uploader paces itself to the rate of its grant, so that a transfer above it did not happen as its downloader signed it. The times
 * are the downloader's alone: its uploader is not to blame. (NetSession's operators found inflated reports by rates that no line has:
 * Aditya et al., NSDI 2012, §2.) Of rows of one transfer, in any order.
 */
export function checkGrantRate(rows: readonly Span[], limits: Limits): Finding | undefined {
  const [first] = rows;
  if (first === undefined || first.grantRateBitsPerSecond === null) return undefined;
  const { grantRateBitsPerSecond, transferId } = first;
  const excess = excessOf(rows, grantRateBitsPerSecond * (1 + limits.rateTolerance), limits);
  if (excess === undefined) return undefined;
  const message = `it signed ${excess.text} while the grant is for ${grantRateBitsPerSecond} bit/s`;
  return finding('rate-above-grant', transferId, GRANT_SCORE, message, excess.rows.map(describeSpan));
}

/** `accessRateBitsPerSecond` is the highest that edges, which are trusted, measured towards the downloader; null while none did. */
export function checkAccessRate(
  rows: readonly Span[],
  accessRateBitsPerSecond: number | null,
  limits: Limits,
): Finding | undefined {
  if (accessRateBitsPerSecond === null) return undefined;
  const excess = excessOf(rows, accessRateBitsPerSecond * limits.accessTolerance, limits);
  if (excess === undefined) return undefined;
  const message = `it signed ${excess.text} while edges reach it with ${accessRateBitsPerSecond} bit/s at most`;
  return finding('rate-above-access', 'rate', ACCESS_SCORE, message, excess.rows.map(describeSpan));
}

interface Excess {
  readonly text: string;
  readonly rows: readonly Span[];
}

/**
 * Consecutive rows with more bytes than their time allows, as a bucket fills that leaks at the limit: a window is taken off them
 * together, so that rows cut small forgive no more than one.
 */
function excessOf(
  rows: readonly Span[],
  limitBitsPerSecond: number,
  { rateMinimumMs, windowBytes }: Limits,
): Excess | undefined {
  let [bytes, startMs, endMs, first] = [0, 0, 0, 0];
  const sorted = [...rows].sort((one, other) => one.startMs - other.startMs);
  for (const [index, row] of sorted.entries()) {
    if (bytes <= bytesAt(limitBitsPerSecond, Math.max(row.startMs, endMs) - startMs)) {
      [bytes, startMs, endMs, first] = [0, row.startMs, row.endMs, index];
    }
    bytes += row.bytes;
    endMs = Math.max(endMs, row.endMs);
    const durationMs = endMs - startMs;
    // Below the minimum, as if it had taken that long: bytes without any time are no way around it.
    const countedMs = Math.max(durationMs, rateMinimumMs);
    if (bytes > bytesAt(limitBitsPerSecond, countedMs) + windowBytes)
      return { text: `${bytes} bytes in ${durationMs} ms`, rows: sorted.slice(first, index + 1) };
  }
  return undefined;
}
