import type { ContentSwarm, Member, Network, NetworkGroup } from '../swarm/index.js';
import type { IndexedSet } from '../swarm/indexed-set.js';

/**
 * Cost class of bytes from one network to another, 1 or more, the lower the cheaper; undefined when they may not flow.
 * Class 0 is for agents at one public address.
 */
export type CostOf = (source: Network, destination: Network) => number | undefined;

/** Members at equal cost, as sets to draw from. */
export interface CostClass {
  readonly cost: number;
  readonly onNet: boolean;
  readonly holders: readonly IndexedSet<Member>[];
  readonly starters: readonly IndexedSet<Member>[];
}

/** On-net is the same ISP, or the same AS where no ISP is known. */
const isOnNet = (one: Network, other: Network): boolean =>
  one.isp !== null ? one.isp === other.isp : one.asn === other.asn;

/** The groups that may deliver to `destination`, by cost: on-net ones, then the others, each cheapest first. */
export function costClasses(
  groups: Iterable<NetworkGroup>,
  destination: Network,
  costOf: CostOf,
): readonly CostClass[] {
  const classes = new Map<string, { cost: number; onNet: boolean; groups: NetworkGroup[] }>();
  for (const group of groups) {
    const cost = costOf(group.network, destination);
    if (cost === undefined) continue;
    const onNet = isOnNet(group.network, destination);
    const known = classes.get(`${onNet} ${cost}`);
    if (known) known.groups.push(group);
    else classes.set(`${onNet} ${cost}`, { cost, onNet, groups: [group] });
  }
  return [...classes.values()]
    .sort((one, other) => Number(other.onNet) - Number(one.onNet) || one.cost - other.cost)
    .map(({ cost, onNet, groups: members }) => ({
      cost,
      onNet,
      holders: members.map(({ holders }) => holders),
      starters: members.map(({ starters }) => starters),
    }));
}

/** References to groups that are kept: 8 bytes each and as much around them, 32 MB at most. */
const MAX_KEPT_GROUPS = 2_000_000;

/** Remembers the classes of each content and destination until a network comes to the content's swarm or leaves it. */
export function rememberCostClasses(
  costOf: CostOf,
): (content: ContentSwarm, destination: Network) => readonly CostClass[] {
  interface Kept {
    readonly revision: number;
    readonly byDestination: Map<Network, readonly CostClass[]>;
  }
  let kept = new WeakMap<ContentSwarm, Kept>();
  let keptGroups = 0;
  return (content, destination) => {
    let ofContent = kept.get(content);
    if (ofContent?.revision === content.networksRevision) {
      const known = ofContent.byDestination.get(destination);
      if (known) return known;
    }
    if (keptGroups > MAX_KEPT_GROUPS) {
      kept = new WeakMap();
      keptGroups = 0;
      ofContent = undefined;
    }
    if (ofContent?.revision !== content.networksRevision) {
      ofContent = { revision: content.networksRevision, byDestination: new Map() };
      kept.set(content, ofContent);
    }
    const classes = costClasses(content.networks.values(), destination, costOf);
    ofContent.byDestination.set(destination, classes);
    keptGroups += content.networks.size + 1;
    return classes;
  };
}
