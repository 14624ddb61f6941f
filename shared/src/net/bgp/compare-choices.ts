import type { TablePeer } from '../mrt/table-dump.js';
import type { PrefixColumns } from './prefix-columns.js';

/**
 * Which of two records of one prefix has the router's choice first. BIRD writes routes with a path id into a record of their own,
 * and a record lists the better ones first, so the choice is the better of the two first ones: a route that is not from BGP, else
 * by the decision process of RFC 4271 section 9.1.2.2. Negative when the left one is better.
 */
export function compareChoices(
  columns: PrefixColumns,
  peers: readonly TablePeer[],
  writerAsn: number | undefined,
  left: number,
  right: number,
): number {
  const { routeStarts, routePeers, localPreferences, comparedLengths, origins } = columns;
  const isEmpty = (record: number): number => (routeStarts[record] === routeStarts[record + 1] ? 1 : 0);
  if (isEmpty(left) + isEmpty(right) > 0) return isEmpty(left) - isEmpty(right);
  const leftPeer = peers[routePeers[routeStarts[left]!]!]!;
  const rightPeer = peers[routePeers[routeStarts[right]!]!]!;
  const firstDifference = (...pairs: readonly (readonly [number, number])[]): number => {
    const pair = pairs.find(([one, other]) => one !== other);
    return pair ? pair[0] - pair[1] : 0;
  };
  const isForeign = ({ asn }: TablePeer): number => (asn === 0 ? 0 : 1);
  const isInternal = ({ asn }: TablePeer): number => (asn === writerAsn ? 1 : 0);
  // The multi-exit discriminator compares routes of one neighbour AS alone.
  const sameNeighbour = leftPeer.asn === rightPeer.asn;
  const discriminators = columns.multiExitDiscriminators;
  return firstDifference(
    [isForeign(leftPeer), isForeign(rightPeer)],
    [localPreferences[right]!, localPreferences[left]!],
    [comparedLengths[left]!, comparedLengths[right]!],
    [origins[left]!, origins[right]!],
    sameNeighbour ? [discriminators[left]!, discriminators[right]!] : [0, 0],
    [isInternal(leftPeer), isInternal(rightPeer)],
    [leftPeer.bgpId, rightPeer.bgpId],
    [left, right],
  );
}
