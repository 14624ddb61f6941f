import { describeSpan, type Finding, finding, type Span } from './finding.js';
import type { Thresholds } from './thresholds.js';

const SCORE = 40;

/**
 * Transfers of one uplink share its line: what they claim at one moment adds up to no more than its permit's rate, which is the
 * highest that its grants name. Rows overlap where each alone is plausible (accounting attacks of the second kind in Aditya et
 * al., NSDI 2012, §2: many small reports). Of an uploader's rows of one time, in any order.
 */
export function checkOverlaps(
  uploads: readonly Span[],
  {
    rateTolerance,
    rateMinimumMs,
    windowBytes,
  }: Pick<Thresholds, 'rateTolerance' | 'rateMinimumMs' | 'windowBytes'>,
): Finding | undefined {
  const rates = uploads.map(({ grantRateBitsPerSecond }) => grantRateBitsPerSecond ?? Number.NaN);
  const lineBitsPerSecond = Math.max(...rates);
  if (uploads.length < 2 || !Number.isFinite(lineBitsPerSecond)) return undefined;
  const limitBitsPerMs = (lineBitsPerSecond * (1 + rateTolerance)) / 1_000;
  // Each row may have a window that was sent before; a rate is what is left of it.
  const rows = uploads.map((span) => {
    const lengthMs = Math.max(span.endMs - span.startMs, rateMinimumMs);
    const endMs = span.startMs + lengthMs;
    return {
      span,
      startMs: span.startMs,
      endMs,
      bitsPerMs: (8 * Math.max(0, span.bytes - windowBytes)) / lengthMs,
    };
  });
  const times = [...new Set(rows.flatMap(({ startMs, endMs }) => [startMs, endMs]))].sort(
    (one, other) => one - other,
  );
  let overMs = 0;
  let worst: { readonly bitsPerMs: number; readonly spans: readonly Span[] } = { bitsPerMs: 0, spans: [] };
  for (const [index, fromMs] of times.entries()) {
    const toMs = times[index + 1];
    if (toMs === undefined) break;
    const running = rows.filter(({ startMs, endMs }) => startMs <= fromMs && endMs >= toMs);
    const bitsPerMs = running.reduce((sum, row) => sum + row.bitsPerMs, 0);
    if (running.length < 2 || bitsPerMs <= limitBitsPerMs) continue;
    overMs += toMs - fromMs;
    if (bitsPerMs > worst.bitsPerMs) worst = { bitsPerMs, spans: running.map(({ span }) => span) };
  }
  if (overMs < rateMinimumMs) return undefined;
  const rate = Math.round(worst.bitsPerMs * 1_000);
  const message = `simultaneous uploads add up to ${rate} bit/s for ${overMs} ms on a line of ${lineBitsPerSecond} bit/s`;
  return finding('overlap-above-access', 'overlap', SCORE, message, worst.spans.map(describeSpan));
}
