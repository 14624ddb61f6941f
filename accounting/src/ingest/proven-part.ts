import { createHash } from 'node:crypto';
import type { TransferEvent } from '../ledger/event.js';
import type { PathResolver } from '../paths/path-resolver.js';
import { splitOverBins } from './split-over-bins.js';

/** Cumulative bytes [fromBytes, toBytes) of a transfer. */
export interface ByteRange {
  readonly fromBytes: number;
  readonly toBytes: number;
}

/** One part of a transfer that passed all checks that need no memory of other parts. */
export interface ProvenPart
  extends Omit<
    TransferEvent,
    'binMs' | 'owner' | 'path' | 'sourceAs' | 'sourceIsp' | 'destinationAs' | 'destinationIsp'
  > {
  /** What the part's receipts cover; null where the reporter counts without receipts (edges). */
  readonly range: ByteRange | null;
}

/** The part's ledger rows, one for each 5-minute bin in which bytes went. */
export async function eventsOf(part: ProvenPart, resolver: PathResolver): Promise<TransferEvent[]> {
  const { range: _, bytes, startMs, endMs, ...facts } = part;
  const shares = splitOverBins(bytes, startMs, endMs);
  if (shares.length === 0) return [];
  const way = await resolver.resolve(part.sourceAddress, part.destinationAddress, startMs);
  return shares.map((share) => ({
    ...facts,
    ...share,
    owner: part.title.slice(0, part.title.indexOf('/')),
    sourceAs: way.source.asn,
    sourceIsp: way.source.isp,
    destinationAs: way.destination.asn,
    destinationIsp: way.destination.isp,
    path: way.path,
  }));
}

/** 128 bits of a hash over all that is said of the part: the same part said again has the same digest. */
export function digestOf(part: ProvenPart): Buffer {
  const said = [
    part.transferId,
    part.part,
    part.kind,
    part.source,
    part.sourceAddress,
    part.destination,
    part.destinationAddress,
    part.contentId,
    part.title,
    part.category,
    part.sizeBytes,
    part.bytes,
    part.startMs,
    part.endMs,
    part.maxRateBitsPerSecond,
    part.range,
  ];
  return createHash('sha256').update(JSON.stringify(said)).digest().subarray(0, 16);
}
