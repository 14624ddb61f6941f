import type { Asn } from '@fairhop/shared/model';
import type { ResolvedWay } from '../paths/path-resolver.js';

/** The AS of each end as the coordinator saw it in its session: null is outside every known prefix, absent is not told. */
export interface SeenAsns {
  readonly source?: Asn | null | undefined;
  readonly destination?: Asn | null | undefined;
}

export type End = 'source' | 'destination';

/**
 * The way with only those ends that the coordinator does not contradict, and the ends that it does. An address is what an
 * agent says, so an AS that comes from it counts only where the session was in the same one; elsewhere (roaming, a VPN, two
 * uplinks, or a lie) the end's network is unknown, and with it the path.
 */
export function confirmedWay(way: ResolvedWay, seen: SeenAsns): { way: ResolvedWay; mismatches: End[] } {
  const ends: readonly End[] = ['source', 'destination'];
  const mismatches = ends.filter((end) => {
    const { asn } = way[end];
    return asn !== null && seen[end] !== undefined && seen[end] !== asn;
  });
  if (mismatches.length === 0) return { way, mismatches };
  const unknown = { asn: null, isp: null };
  const known = (end: End) => (mismatches.includes(end) ? unknown : way[end]);
  const confirmed = { source: known('source'), destination: known('destination'), path: null, conflicts: [] };
  return { way: confirmed, mismatches };
}
