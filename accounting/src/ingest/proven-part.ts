import type { PathConflict } from '@fairhop/shared/model';
import type { TransferEvent } from '../ledger/event.js';
import type { PathResolver, ResolvedWay } from '../paths/path-resolver.js';
import { confirmedWay, type End, type SeenAsns } from './confirmed-networks.js';
import { splitOverBins } from './split-over-bins.js';

/**
 * One part of a transfer that passed all checks that need no memory of other parts. `fromBytes` is where its receipts begin;
 * it is absent where the reporter counts without receipts (edges).
 */
export interface ProvenPart
  extends Omit<
    TransferEvent,
    'binMs' | 'owner' | 'path' | 'sourceAs' | 'sourceIsp' | 'destinationAs' | 'destinationIsp'
  > {
  /** Where its addresses are only what agents say; absent where the operator's own edge says them. */
  readonly seenAsns?: SeenAsns;
}

export interface PartEvents {
  /** The part's ledger rows: one for each 5-minute bin in which bytes went, and for each path within it. */
  readonly events: readonly TransferEvent[];
  /** Ends that are booked as unknown, for their address is in another AS than the coordinator saw. */
  readonly addressMismatches: readonly End[];
  /** Where sources differ about its paths. */
  readonly conflicts: readonly PathConflict[];
}

/** A time from which on the bytes of a part took one way. */
interface Stage {
  readonly fromMs: number;
  readonly way: ResolvedWay;
  readonly mismatches: readonly End[];
}

export async function eventsOf(part: ProvenPart, resolver: PathResolver): Promise<PartEvents> {
  const { fromBytes, bytes, startMs, endMs, seenAsns: _, ...facts } = part;
  if (bytes === 0) return { events: [], addressMismatches: [], conflicts: [] };
  const stages = await stagesOf(part, resolver);
  const cuts = stages.slice(1).map(({ fromMs }) => fromMs);
  const mismatches = new Set<End>();
  const conflicts = new Set<PathConflict>();
  let beforeBytes = 0;
  const events = splitOverBins(bytes, startMs, endMs, cuts).map(({ bytesFromMs, ...share }) => {
    const stage = stages.findLast(({ fromMs }) => fromMs <= bytesFromMs)!;
    for (const end of stage.mismatches) mismatches.add(end);
    for (const conflict of stage.way.conflicts) conflicts.add(conflict);
    const { source, destination, path } = stage.way;
    const shareFromBytes = fromBytes === undefined ? undefined : fromBytes + beforeBytes;
    beforeBytes += share.bytes;
    return {
      ...facts,
      ...share,
      ...(shareFromBytes !== undefined && { fromBytes: shareFromBytes }),
      owner: part.title.slice(0, part.title.indexOf('/')),
      sourceAs: source.asn,
      sourceIsp: source.isp,
      destinationAs: destination.asn,
      destinationIsp: destination.isp,
      path,
    };
  });
  return { events, addressMismatches: [...mismatches], conflicts: [...conflicts] };
}

/** What is known may change while the bytes go; where that makes no other way, there is no other stage. */
async function stagesOf(part: ProvenPart, resolver: PathResolver): Promise<Stage[]> {
  const { startMs, endMs, sourceAddress, destinationAddress, seenAsns = {} } = part;
  const stages: Stage[] = [];
  for (const fromMs of [startMs, ...resolver.changes(startMs, endMs)]) {
    const said = await resolver.resolve(sourceAddress, destinationAddress, fromMs);
    const before = stages.at(-1);
    const { way, mismatches } = confirmedWay(said, seenAsns);
    if (before === undefined || !isSameWay(before.way, way)) stages.push({ fromMs, way, mismatches });
  }
  return stages;
}

const isSameWay = (left: ResolvedWay, right: ResolvedWay): boolean =>
  left.path?.id === right.path?.id &&
  left.source.asn === right.source.asn &&
  left.source.isp === right.source.isp &&
  left.destination.asn === right.destination.asn &&
  left.destination.isp === right.destination.isp;
