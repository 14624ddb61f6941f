import type { AltoMap } from '@fairhop/shared/net';
import type { ContentSwarm, Network, SwarmAgent } from '../swarm/index.js';
import { altoCostClass } from './alto-costs.js';
import {
  type CostClass,
  type CostedGroup,
  costClasses,
  type Destination,
  rememberCostClasses,
} from './cost-classes.js';
import { type CostBasis, createPathCosts, isOnNet, type SelectionPaths } from './path-costs.js';

/** What selection knows of the networks between agents, at one moment. Made anew when that changes. */
export interface SelectionKnowledge {
  /**
   * Cost class of bytes from one network to another by AS hops, 1 or more, the lower the cheaper; undefined when they may not flow.
   */
  costOf(source: Network, destination: Network): number | undefined;
  /** What the cost between two agents of different addresses rests on. */
  basisOf(source: SwarmAgent, destination: SwarmAgent): CostBasis;
  /** Who may deliver to the downloader, by cost; remembered. */
  classesOf(content: ContentSwarm, downloader: SwarmAgent): readonly CostClass[];
  /** The same for those networks only; not remembered. */
  classesWithin(
    content: ContentSwarm,
    downloader: SwarmAgent,
    isAllowed: (network: Network) => boolean,
  ): readonly CostClass[];
}

const NO_MAPS: ReadonlyMap<string, AltoMap> = new Map();

/**
 * Knowledge of AS paths, of the links (`link:as:A>as:B`) and ASes that may not be used now, and of the ALTO maps of the ISPs that
 * gave one. The map of the downloader's ISP counts, which pays for what comes in.
 */
export function createPathKnowledge(
  paths: SelectionPaths,
  closed: ReadonlySet<string>,
  altoMaps: ReadonlyMap<string, AltoMap> = NO_MAPS,
): SelectionKnowledge {
  const pathCost = createPathCosts(paths, closed);
  const mapOf = ({ network, pid }: Destination): AltoMap | undefined =>
    network.isp === null || pid === undefined ? undefined : altoMaps.get(network.isp);

  function* costed(
    content: ContentSwarm,
    destination: Destination,
    isAllowed: (network: Network) => boolean,
  ): Iterable<CostedGroup> {
    const { network: to, pid } = destination;
    const map = mapOf(destination);
    if (map === undefined) {
      for (const [network, group] of content.networks) {
        const cost = isAllowed(network) ? pathCost(network, to)?.costClass : undefined;
        if (cost !== undefined) yield { group, cost, onNet: isOnNet(network, to) };
      }
      return;
    }
    for (const [network, byPid] of content.byPid(to.isp!)) {
      const cost = isAllowed(network) ? pathCost(network, to)?.costClass : undefined;
      if (cost === undefined) continue;
      const onNet = isOnNet(network, to);
      for (const [from, group] of byPid) {
        const rank = from === undefined ? undefined : map.rank(from, pid!);
        yield { group, cost: altoCostClass(cost, rank, onNet), onNet };
      }
    }
  }

  const everywhere = (): boolean => true;
  const remembered = rememberCostClasses((content, destination) =>
    costClasses(costed(content, destination, everywhere)),
  );
  return {
    costOf: (source, destination) => pathCost(source, destination)?.costClass,
    basisOf(source, destination) {
      if (!source.network || !destination.network) return 'unknown';
      const to = destinationOf(destination);
      const from = source.pids.get(to.network.isp ?? '');
      if (from !== undefined && mapOf(to)?.rank(from, to.pid!) !== undefined) return 'alto';
      return pathCost(source.network, to.network)?.basis ?? 'unknown';
    },
    classesOf: (content, downloader) => remembered(content, destinationOf(downloader)),
    classesWithin: (content, downloader, isAllowed) =>
      costClasses(costed(content, destinationOf(downloader), isAllowed)),
  };
}

/** Of an agent whose network is known. */
function destinationOf({ network, pids }: SwarmAgent): Destination {
  const isp = network?.isp ?? null;
  return { network: network!, pid: isp === null ? undefined : pids.get(isp) };
}
