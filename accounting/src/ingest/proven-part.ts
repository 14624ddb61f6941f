import type { TransferEvent } from '../ledger/event.js';
import type { PathResolver } from '../paths/path-resolver.js';
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
  /** The part's ledger rows, one for each 5-minute bin in which bytes went. */
  readonly events: readonly TransferEvent[];
  /** Ends that are booked as unknown, for their address is in another AS than the coordinator saw. */
  readonly addressMismatches: readonly End[];
}

export async function eventsOf(part: ProvenPart, resolver: PathResolver): Promise<PartEvents> {
  const { fromBytes, bytes, startMs, endMs, seenAsns = {}, ...facts } = part;
  const shares = splitOverBins(bytes, startMs, endMs);
  if (shares.length === 0) return { events: [], addressMismatches: [] };
  const said = await resolver.resolve(part.sourceAddress, part.destinationAddress, startMs);
  const { way, mismatches } = confirmedWay(said, seenAsns);
  let beforeBytes = 0;
  const events = shares.map((share) => {
    const shareFromBytes = fromBytes === undefined ? undefined : fromBytes + beforeBytes;
    beforeBytes += share.bytes;
    return {
      ...facts,
      ...share,
      ...(shareFromBytes !== undefined && { fromBytes: shareFromBytes }),
      owner: part.title.slice(0, part.title.indexOf('/')),
      sourceAs: way.source.asn,
      sourceIsp: way.source.isp,
      destinationAs: way.destination.asn,
      destinationIsp: way.destination.isp,
      path: way.path,
    };
  });
  return { events, addressMismatches: mismatches };
}
