import type { Asn, PathConflict } from '@fairhop/shared/model';
import { declaredNeighbours } from './declared-neighbours.js';
import type { AsWay, DeclaredNetworks } from './knowledge.js';

/**
 * Where an ISP declares a link to a neighbour that the way reaches over others. The way stays: of what a declaration says about
 * others no path is made.
 */
export function declarationConflicts(
  { asPath, source }: AsWay,
  networks: DeclaredNetworks,
  timeMs: number,
): readonly PathConflict[] {
  const declares = (near: Asn, far: Asn): string | undefined => {
    const declared = networks.declaredOf(near, timeMs);
    return declared && declaredNeighbours(declared).others(near).has(far) ? declared.isp : undefined;
  };
  return asPath.flatMap((from, index) =>
    asPath.slice(index + 2).flatMap((to, skipped): PathConflict[] => {
      const isp = declares(from, to) ?? declares(to, from);
      if (isp === undefined) return [];
      const otherAsPath = [...asPath.slice(0, index + 1), ...asPath.slice(index + 2 + skipped)];
      const message = `ISP ${isp} declares a link between AS ${from} and AS ${to}, ${source} says ${asPath.join(' ')}; ${source} is used`;
      return [{ used: source, usedAsPath: [...asPath], other: 'declared', otherAsPath, message }];
    }),
  );
}
