import { describeSpan, type Finding, finding, type Span } from './finding.js';
import type { Thresholds } from './thresholds.js';

const TWO_PLACES_SCORE = 50;
const MORE_PLACES_SCORE = 80;
/** A handover is over; two lines at home are known to last, and are in two networks, not in three. */
const LONG_MS = 5 * 60_000;

interface Stay {
  readonly span: Span;
  readonly address: string;
  readonly asn: number;
}

interface Overlap {
  readonly startMs: number;
  readonly endMs: number;
}

/** The longest time without a break: many channels that are given up at once, and one handover after another, add up to nothing. */
function longestMsOf(overlaps: readonly Overlap[]): number {
  let [longestMs, fromMs, toMs] = [0, 0, Number.NEGATIVE_INFINITY];
  for (const { startMs, endMs } of [...overlaps].sort((one, other) => one.startMs - other.startMs)) {
    if (startMs > toMs) [fromMs, toMs] = [startMs, endMs];
    else toMs = Math.max(toMs, endMs);
    longestMs = Math.max(longestMs, toMs - fromMs);
  }
  return longestMs;
}

const isIpv6 = (address: string): boolean => address.includes(':');

/**
 * One key in networks of several operators at the same time is used by several machines: keys are handed on, and with them what one
 * identity may do (Douceur, "The Sybil Attack", 2002, turned around). Roaming is one after another. Dual stack is one machine in
 * two families, whose networks may differ by a tunnel: only addresses of one family are held against each other.
 */
export function checkPlaces(
  agent: string,
  spans: readonly Span[],
  { placesOverlapMs }: Pick<Thresholds, 'placesOverlapMs'>,
): Finding | undefined {
  const stays = spans
    .flatMap((span): Stay[] => {
      const isUploader = span.uploader === agent;
      const address = isUploader ? span.uploaderAddress : span.downloaderAddress;
      const asn = isUploader ? span.uploaderAs : span.downloaderAs;
      return asn === null ? [] : [{ span, address, asn }];
    })
    .sort((one, other) => one.span.startMs - other.span.startMs);
  const overlaps = new Map<string, Overlap[]>();
  const shown: Span[] = [];
  for (const [index, one] of stays.entries()) {
    for (const other of stays.slice(index + 1)) {
      if (other.span.startMs >= one.span.endMs) break;
      if (other.asn === one.asn || isIpv6(other.address) !== isIpv6(one.address)) continue;
      const pair = [one.asn, other.asn].sort((left, right) => left - right).join(' ');
      const endMs = Math.min(one.span.endMs, other.span.endMs);
      overlaps.set(pair, [...(overlaps.get(pair) ?? []), { startMs: other.span.startMs, endMs }]);
      shown.push(one.span, other.span);
    }
  }
  const long = [...overlaps]
    .map(([pair, each]) => [pair, longestMsOf(each)] as const)
    .filter(([, ms]) => ms > placesOverlapMs);
  if (long.length === 0) return undefined;
  const ases = new Set(long.flatMap(([pair]) => pair.split(' ')));
  const longestMs = Math.max(...long.map(([, ms]) => ms));
  const isMore = ases.size > 2;
  const score = isMore ? MORE_PLACES_SCORE : TWO_PLACES_SCORE + (longestMs >= LONG_MS ? 10 : 0);
  const message = `it transfers from ${[...ases].map((asn) => `AS${asn}`).join(', ')} at the same time, for ${longestMs} ms`;
  return finding('two-places-at-once', 'places', score, message, [...new Set(shown)].map(describeSpan));
}
