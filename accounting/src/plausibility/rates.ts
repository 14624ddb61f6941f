import { describeSpan, type Finding, finding, type Span } from './finding.js';
import type { Thresholds } from './thresholds.js';

type Limits = Pick<Thresholds, 'rateTolerance' | 'accessTolerance' | 'rateMinimumMs' | 'windowBytes'>;

const GRANT_SCORE = 40;
const ACCESS_SCORE = 30;

const bytesAt = (rateBitsPerSecond: number, durationMs: number): number =>
  (rateBitsPerSecond / 8_000) * durationMs;

/**
 * An uploader paces itself to the rate of its grant, so that a row above it did not happen as its downloader signed it. The times
 * are the downloader's alone: its uploader is not to blame. (NetSession's operators found inflated reports by rates that no line has:
 * Aditya et al., NSDI 2012, §2.)
 */
export function checkGrantRate(span: Span, limits: Limits): Finding | undefined {
  const { grantRateBitsPerSecond } = span;
  if (grantRateBitsPerSecond === null) return undefined;
  const excess = excessOf(span, grantRateBitsPerSecond * (1 + limits.rateTolerance), limits);
  if (excess === undefined) return undefined;
  const message = `it signed ${excess} while the grant is for ${grantRateBitsPerSecond} bit/s`;
  return finding('rate-above-grant', span.transferId, GRANT_SCORE, message, [describeSpan(span)]);
}

/** `accessRateBitsPerSecond` is the highest that edges, which are trusted, measured towards the downloader; null while none did. */
export function checkAccessRate(
  span: Span,
  accessRateBitsPerSecond: number | null,
  limits: Limits,
): Finding | undefined {
  if (accessRateBitsPerSecond === null) return undefined;
  const excess = excessOf(span, accessRateBitsPerSecond * limits.accessTolerance, limits);
  if (excess === undefined) return undefined;
  const message = `it signed ${excess} while edges reach it with ${accessRateBitsPerSecond} bit/s at most`;
  return finding('rate-above-access', 'rate', ACCESS_SCORE, message, [describeSpan(span)]);
}

function excessOf(
  { bytes, startMs, endMs }: Span,
  limitBitsPerSecond: number,
  { rateMinimumMs, windowBytes }: Limits,
): string | undefined {
  const durationMs = endMs - startMs;
  // Below the minimum, as if it had taken that long: bytes without any time are no way around it.
  const countedMs = Math.max(durationMs, rateMinimumMs);
  if (bytes <= bytesAt(limitBitsPerSecond, countedMs) + windowBytes) return undefined;
  return `${bytes} bytes in ${durationMs} ms`;
}
