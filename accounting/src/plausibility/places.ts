import { describeSpan, type Finding, finding, type Span } from './finding.js';
import type { Thresholds } from './thresholds.js';

const TWO_PLACES_SCORE = 50;
const LONG_SCORE = 60;
const PROVEN_SCORE = 80;
/** A handover is over. */
const LONG_MS = 5 * 60_000;

/** A transfer from one network; it goes on between its rows, since a channel is used for one. */
interface Stay {
  readonly spans: Span[];
  readonly isIpv6: boolean;
  readonly asn: number;
  startMs: number;
  endMs: number;
}

interface Overlap {
  readonly startMs: number;
  readonly endMs: number;
  /** What began later is where the agent was before the other began: it went back while that went on. */
  readonly isReturn: boolean;
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

function staysOf(agent: string, spans: readonly Span[]): Stay[] {
  const stays = new Map<string, Stay>();
  for (const span of spans) {
    const isUploader = span.uploader === agent;
    const asn = isUploader ? span.uploaderAs : span.downloaderAs;
    if (asn === null) continue;
    const isIpv6 = (isUploader ? span.uploaderAddress : span.downloaderAddress).includes(':');
    const { startMs, endMs } = span;
    const key = `${span.transferId} ${asn} ${isIpv6}`;
    const stay = stays.get(key) ?? { spans: [], isIpv6, asn, startMs, endMs };
    stay.spans.push(span);
    stay.startMs = Math.min(stay.startMs, startMs);
    stay.endMs = Math.max(stay.endMs, endMs);
    stays.set(key, stay);
  }
  return [...stays.values()].sort((one, other) => one.startMs - other.startMs);
}

/**
 * One key in networks of several operators at the same time is used by several machines: keys are handed on, and with them what one
 * identity may do (Douceur, "The Sybil Attack", 2002, turned around). Both ends signed the transfers, and the coordinator saw the
 * agent's session in either network, else it is not known. Roaming is one after another. Where a home has two lines, the session may
 * move from one to the other while transfers on the first go on, however long; that is one move. In three networks at once, or back
 * in the first while what began in the second goes on for longer than a handover takes, it is proven. Dual stack is one machine in two
 * families, whose networks may differ by a tunnel: only addresses of one family are held against each other.
 */
export function checkPlaces(
  agent: string,
  spans: readonly Span[],
  { placesOverlapMs }: Pick<Thresholds, 'placesOverlapMs'>,
): Finding | undefined {
  const stays = staysOf(agent, spans);
  const firstMs = new Map<number, number>();
  const overlaps = new Map<string, Overlap[]>();
  const shown = new Set<Span>();
  for (const { asn, startMs } of stays) if (!firstMs.has(asn)) firstMs.set(asn, startMs);
  for (const [index, one] of stays.entries()) {
    for (const other of stays.slice(index + 1)) {
      if (other.startMs >= one.endMs) break;
      if (other.asn === one.asn || other.isIpv6 !== one.isIpv6) continue;
      const pair = [one.asn, other.asn].sort((left, right) => left - right).join(' ');
      const known = overlaps.get(pair) ?? [];
      const isReturn = one.startMs < other.startMs && firstMs.get(other.asn)! < one.startMs;
      known.push({ startMs: other.startMs, endMs: Math.min(one.endMs, other.endMs), isReturn });
      overlaps.set(pair, known);
      for (const { spans: rows } of [one, other]) for (const span of rows.slice(-1)) shown.add(span);
    }
  }
  const long = [...overlaps]
    .map(([pair, each]) => [pair, longestMsOf(each)] as const)
    .filter(([, ms]) => ms > placesOverlapMs);
  if (long.length === 0) return undefined;
  const ases = new Set(long.flatMap(([pair]) => pair.split(' ')));
  const longestMs = Math.max(...long.map(([, ms]) => ms));
  const returned = [...overlaps.values()].map((each) => longestMsOf(each.filter(({ isReturn }) => isReturn)));
  const isProven = ases.size > 2 || returned.some((ms) => ms >= LONG_MS);
  const score = isProven ? PROVEN_SCORE : longestMs >= LONG_MS ? LONG_SCORE : TWO_PLACES_SCORE;
  const message = `it transfers from ${[...ases].map((asn) => `AS${asn}`).join(', ')} at the same time, for ${longestMs} ms`;
  return finding('two-places-at-once', 'places', score, message, [...shown].map(describeSpan));
}
