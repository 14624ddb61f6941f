import { describeSpan, type Finding, finding, type Span } from './finding.js';
import type { Thresholds } from './thresholds.js';

const SCORE = 40;
/**
 * What was sent before some time and verified after it is at most a window of each transfer that ran then: of twice as many as an uplink
 * serves by default, and more where pieces, and with them windows, are smaller.
 */
const MOST_WINDOWS = 32;

interface Segment {
  readonly lengthMs: number;
  readonly bitsPerMs: number;
  readonly running: readonly Span[];
}

/** Consecutive segments, in which more was claimed than the line carries. */
interface Stretch {
  lengthMs: number;
  bits: number;
  excessBits: number;
  overMs: number;
  readonly transfers: Set<string>;
  worst: Segment | undefined;
}

/**
 * Transfers of one uplink share its line: what they claim at one time adds up to no more than its permit's rate, which is the
 * highest that its grants name. Rows overlap where each alone is plausible (accounting attacks of the second kind in Aditya et
 * al., NSDI 2012, §2: many small reports). So bytes are added up over all rows, as a bucket fills that leaks at the line's rate, and a
 * window is taken off once for each transfer, however small its rows are. Of an uploader's rows of one time, in any order.
 */
export function checkOverlaps(
  uploads: readonly Span[],
  {
    rateTolerance,
    rateMinimumMs,
    windowBytes,
  }: Pick<Thresholds, 'rateTolerance' | 'rateMinimumMs' | 'windowBytes'>,
): Finding | undefined {
  const lineBitsPerSecond = uploads.reduce(
    (most, { grantRateBitsPerSecond }) => Math.max(most, grantRateBitsPerSecond ?? Number.NaN),
    0,
  );
  if (uploads.length < 2 || !Number.isFinite(lineBitsPerSecond)) return undefined;
  const limitBitsPerMs = (lineBitsPerSecond * (1 + rateTolerance)) / 1_000;
  let found: Stretch | undefined;
  let stretch: Stretch | undefined;
  for (const segment of segmentsOf(uploads, rateMinimumMs)) {
    const { lengthMs, bitsPerMs, running } = segment;
    const transfers = new Set(running.map(({ transferId }) => transferId));
    const isShared = transfers.size > 1;
    // What one alone has too much of is another check's.
    const excessBits =
      ((isShared ? bitsPerMs : Math.min(bitsPerMs, limitBitsPerMs)) - limitBitsPerMs) * lengthMs;
    stretch ??= { lengthMs: 0, bits: 0, excessBits: 0, overMs: 0, transfers: new Set(), worst: undefined };
    stretch.excessBits += excessBits;
    if (stretch.excessBits <= 0) {
      stretch = undefined;
      continue;
    }
    stretch.lengthMs += lengthMs;
    stretch.bits += bitsPerMs * lengthMs;
    for (const one of transfers) stretch.transfers.add(one);
    if (isShared && bitsPerMs > limitBitsPerMs) stretch.overMs += lengthMs;
    if (bitsPerMs > (stretch.worst?.bitsPerMs ?? 0)) stretch.worst = segment;
    const forgivenBits = 8 * windowBytes * Math.min(stretch.transfers.size, MOST_WINDOWS);
    if (stretch.overMs >= rateMinimumMs && stretch.excessBits > forgivenBits) found = { ...stretch };
  }
  if (found === undefined) return undefined;
  const message =
    `simultaneous uploads add up to ${Math.round(found.bits / 8)} bytes in ${Math.round(found.lengthMs)} ms ` +
    `on a line of ${lineBitsPerSecond} bit/s`;
  return finding('overlap-above-access', 'overlap', SCORE, message, found.worst!.running.map(describeSpan));
}

/** Times between which the same rows run. Bytes without any time are no way around it: they count as if they had taken the minimum. */
function* segmentsOf(uploads: readonly Span[], rateMinimumMs: number): Generator<Segment> {
  const rows = uploads
    .map((span) => {
      const lengthMs = Math.max(span.endMs - span.startMs, rateMinimumMs);
      return {
        span,
        fromMs: span.startMs,
        toMs: span.startMs + lengthMs,
        bitsPerMs: (8 * span.bytes) / lengthMs,
      };
    })
    .sort((one, other) => one.fromMs - other.fromMs);
  const times = [...new Set(rows.flatMap(({ fromMs, toMs }) => [fromMs, toMs]))].sort(
    (one, other) => one - other,
  );
  let next = 0;
  let running: typeof rows = [];
  for (const [index, fromMs] of times.slice(0, -1).entries()) {
    running = running.filter(({ toMs }) => toMs > fromMs);
    for (; next < rows.length && rows[next]!.fromMs <= fromMs; next += 1) running.push(rows[next]!);
    yield {
      lengthMs: times[index + 1]! - fromMs,
      bitsPerMs: running.reduce((sum, row) => sum + row.bitsPerMs, 0),
      running: running.map(({ span }) => span),
    };
  }
}
