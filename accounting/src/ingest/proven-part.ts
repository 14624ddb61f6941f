import type { TransferEvent } from '../ledger/event.js';
import type { PathResolver } from '../paths/path-resolver.js';
import { splitOverBins } from './split-over-bins.js';

/**
 * One part of a transfer that passed all checks that need no memory of other parts. `fromBytes` is where its receipts begin;
 * it is absent where the reporter counts without receipts (edges).
 */
export type ProvenPart = Omit<
  TransferEvent,
  'binMs' | 'owner' | 'path' | 'sourceAs' | 'sourceIsp' | 'destinationAs' | 'destinationIsp'
>;

/** The part's ledger rows, one for each 5-minute bin in which bytes went. */
export async function eventsOf(part: ProvenPart, resolver: PathResolver): Promise<TransferEvent[]> {
  const { fromBytes, bytes, startMs, endMs, ...facts } = part;
  const shares = splitOverBins(bytes, startMs, endMs);
  if (shares.length === 0) return [];
  const way = await resolver.resolve(part.sourceAddress, part.destinationAddress, startMs);
  let beforeBytes = 0;
  return shares.map((share) => {
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
}
