import { isRepeat, maySteal, pickPiece } from './piece-picker.js';
import type { Assignment, Decision, SchedulerJob, SchedulerSource, SchedulerView } from './scheduler-view.js';

/**
 * A source is asked for more when what it owes would arrive within this time: long enough for a round trip, short enough
 * that an uploader's queue does not hold pieces hostage.
 */
const PIPELINE_MS = 300;
/** Bytes owed by one source: the bandwidth-delay product of 1 Gbit/s over 64 ms, as far as uploaders go ahead. */
const MAX_OUTSTANDING_BYTES = 8 * 1024 * 1024;
/** More than fill these bytes: the last request of a slow source is asked for before the first is done. */
const MAX_PEER_REQUESTS = 64;
/** Connections that one agent opens to one edge. */
export const MAX_EDGE_REQUESTS = 4;
/**
 * Requests to off-net peers at a time, while on-net ones fetch from outside too: uplinks are for the own ISP first, and
 * the edge then brings in as much as it can.
 */
const MAX_SHARED_ENTRY_REQUESTS = 1;
/** Blocks are asked for elsewhere when that is faster by this factor, and by this much. */
const STEAL_FACTOR = 1.5;
const STEAL_MARGIN_MS = 150;
/** What an edge sends is paid for: it takes over from a late peer only where much is gained. */
const EDGE_STEAL_MARGIN_MS = 3000;
/** A request that gets no data for this long (or four times the expected time) is stuck. */
const STUCK_MS = 2000;
/**
 * An edge's requests are left alone for longer: what it has sent when they are given up is paid for in vain, and an edge
 * at its cap, or one that has to fill first, is silent for a while.
 */
const EDGE_STUCK_MS = 10_000;

/** The next request to make, if there is any. Pure but for `random`, which breaks ties. */
export function decide(view: SchedulerView, random: () => number): Decision {
  const exhausted: number[] = [];
  const mayEnter = mayAskOffNet(view);
  const idle = view.sources.filter((source) => hasRoom(source, mayEnter)).sort(byCost);
  for (const source of idle) {
    // Whoever has nothing to do at all looks again.
    if (source.exhausted && view.isBusy) continue;
    const pick = pickPiece(view, source, random);
    if (pick) return { assignment: { kind: 'fetch', sourceId: source.id, ...pick }, exhausted };
    exhausted.push(source.id);
  }
  if (!view.looksForLate) return { assignment: undefined, exhausted };
  // Rare, and only when a source has nothing else to do.
  for (const source of idle) {
    const assignment = pickTheft(view, source);
    if (assignment) return { assignment, exhausted };
  }
  return { assignment: undefined, exhausted };
}

function mayAskOffNet({ sources, sharesEntry, offNetServesAll }: SchedulerView): boolean {
  if (!sharesEntry || offNetServesAll) return true;
  const entering = sources.reduce(
    (sum, { kind, onNet, outstandingRequests }) =>
      sum + (kind === 'peer' && !onNet ? outstandingRequests : 0),
    0,
  );
  return entering < MAX_SHARED_ENTRY_REQUESTS;
}

function hasRoom(source: SchedulerSource, mayEnter: boolean): boolean {
  if (!source.usable) return false;
  if (source.kind === 'peer' && !source.onNet && !mayEnter) return false;
  if (source.outstandingRequests === 0) return true;
  const maxRequests = source.kind === 'edge' ? MAX_EDGE_REQUESTS : MAX_PEER_REQUESTS;
  return source.outstandingRequests < maxRequests && owesLittle(source);
}

/** Whether a source may be asked for more, as far as its queue goes. */
export function owesLittle({ outstandingBytes, rateBytesPerSecond }: SchedulerSource): boolean {
  return outstandingBytes < Math.min(MAX_OUTSTANDING_BYTES, (rateBytesPerSecond * PIPELINE_MS) / 1000 + 1);
}

/** On-net peers, then off-net ones, then edges; among equals the one that would deliver first. */
function byCost(left: SchedulerSource, right: SchedulerSource): number {
  return costOf(left) - costOf(right) || queueMs(left) - queueMs(right);
}

const costOf = (source: SchedulerSource): number => (source.kind === 'edge' ? 2 : source.onNet ? 0 : 1);
const queueMs = (source: SchedulerSource): number =>
  ((source.outstandingBytes + 1) * 1000) / Math.max(source.rateBytesPerSecond, 1);

/** The job that gains most from being split with `source`. */
function pickTheft(view: SchedulerView, source: SchedulerSource): Assignment | undefined {
  if (source.outstandingRequests > 0) return undefined;
  const sources = new Map(view.sources.map((other) => [other.id, other]));
  let best = -1;
  let bestIsStuck = false;
  let bestGainMs = 0;
  view.jobs.forEach((job, index) => {
    const owner = sources.get(job.sourceId);
    if (!owner || owner === source || job.doubled || !maySteal(view, source, job.piece)) return;
    const leftMs = (job.queuedBytes * 1000) / Math.max(owner.rateBytesPerSecond, 1);
    const stuck = isStuck(job, owner, leftMs);
    const gainMs = stuck ? Number.MAX_VALUE : leftMs;
    if ((stuck || isWorthwhile(view, job, source, owner, leftMs)) && gainMs > bestGainMs) {
      best = index;
      bestIsStuck = stuck;
      bestGainMs = gainMs;
    }
  });
  if (best < 0) return undefined;
  return {
    kind: 'steal',
    sourceId: source.id,
    job: best,
    stuck: bestIsStuck,
    repeat: isRepeat(view, source, view.jobs[best]!.piece),
  };
}

function isStuck({ silentMs }: SchedulerJob, { kind }: SchedulerSource, leftMs: number): boolean {
  return silentMs > Math.max(kind === 'edge' ? EDGE_STUCK_MS : STUCK_MS, 4 * leftMs);
}

/** In the end, when nothing else is to be asked for, what is late from a peer is split. */
function isWorthwhile(
  view: SchedulerView,
  { remainingBytes }: SchedulerJob,
  source: SchedulerSource,
  owner: SchedulerSource,
  leftMs: number,
): boolean {
  if (view.askable.length > 0 || owner.kind === 'edge') return false;
  const ownMs = (remainingBytes * 1000) / Math.max(source.rateBytesPerSecond, 1);
  const marginMs = source.kind === 'edge' ? EDGE_STEAL_MARGIN_MS : STEAL_MARGIN_MS;
  return leftMs > STEAL_FACTOR * (ownMs / 2) + marginMs;
}
