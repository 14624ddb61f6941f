import type { Asn } from '@fairhop/shared/model';
import type { BlockSource } from './block-source.js';

/**
 * Payload bytes of a download by where they came from. What an edge sent in vain counts as coming from it, since it is
 * accounted; of peers only what is verified and receipted is.
 */
export interface DownloadCounters {
  /** Verified. */
  bytes: number;
  bytesFromPeers: number;
  bytesFromEdges: number;
  /** From another AS than the own one, or an unknown one: each such byte left its AS once. */
  crossAsBytes: number;
  /** From the own ISP. */
  onNetBytes: number;
  /** Verified, from outside of the own ISP: `bytes` less `onNetBytes`. */
  enteringBytes: number;
  /** Received twice, or wrong. */
  wastedBytes: number;
}

export const zeroCounters = (): DownloadCounters => ({
  bytes: 0,
  bytesFromPeers: 0,
  bytesFromEdges: 0,
  crossAsBytes: 0,
  onNetBytes: 0,
  enteringBytes: 0,
  wastedBytes: 0,
});

export function countVerified(
  counters: DownloadCounters,
  source: BlockSource,
  bytes: number,
  ownAsn: Asn | null,
): void {
  const { kind, network } = source;
  counters.bytes += bytes;
  if (kind === 'peer') counters.bytesFromPeers += bytes;
  else counters.bytesFromEdges += bytes;
  if (network.asn === null || network.asn !== ownAsn) counters.crossAsBytes += bytes;
  if (network.onNet) counters.onNetBytes += bytes;
  else counters.enteringBytes += bytes;
}

/** Bytes that were received in vain. */
export function countWasted(
  counters: DownloadCounters,
  source: BlockSource,
  bytes: number,
  ownAsn: Asn | null,
): void {
  const { kind, network } = source;
  counters.wastedBytes += bytes;
  if (kind !== 'edge') return;
  counters.bytesFromEdges += bytes;
  if (network.asn === null || network.asn !== ownAsn) counters.crossAsBytes += bytes;
}
