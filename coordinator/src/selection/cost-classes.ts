import type { ContentSwarm, Member, Network, UploaderGroup } from '../swarm/index.js';
import type { IndexedSet } from '../swarm/indexed-set.js';

/** Members at equal cost, as sets to draw from. */
export interface CostClass {
  readonly cost: number;
  readonly onNet: boolean;
  readonly holders: readonly IndexedSet<Member>[];
  readonly starters: readonly IndexedSet<Member>[];
}

export interface CostedGroup {
  readonly group: UploaderGroup;
  readonly cost: number;
  readonly onNet: boolean;
}

/** Groups by cost: on-net ones, then the others, each cheapest first. */
export function costClasses(groups: Iterable<CostedGroup>): readonly CostClass[] {
  const classes = { onNet: new Map<number, UploaderGroup[]>(), offNet: new Map<number, UploaderGroup[]>() };
  for (const { group, cost, onNet } of groups) {
    const byCost = onNet ? classes.onNet : classes.offNet;
    const known = byCost.get(cost);
    if (known) known.push(group);
    else byCost.set(cost, [group]);
  }
  const inOrder = (byCost: Map<number, UploaderGroup[]>, onNet: boolean): CostClass[] =>
    [...byCost]
      .sort(([one], [other]) => one - other)
      .map(([cost, members]) => ({
        cost,
        onNet,
        holders: members.map(({ holders }) => holders),
        starters: members.map(({ starters }) => starters),
      }));
  return [...inOrder(classes.onNet, true), ...inOrder(classes.offNet, false)];
}

/** Where bytes go: a network, and the PID in its own ISP's map. */
export interface Destination {
  readonly network: Network;
  readonly pid: string | undefined;
}

/** References to groups that are kept: 8 bytes each and as much around them, 32 MB at most. */
const MAX_KEPT_GROUPS = 2_000_000;

/** Remembers the classes of each content and destination until a network or PID comes to the content's swarm or leaves it. */
export function rememberCostClasses(
  classesOf: (content: ContentSwarm, destination: Destination) => readonly CostClass[],
): (content: ContentSwarm, destination: Destination) => readonly CostClass[] {
  interface Kept {
    readonly revision: number;
    readonly byDestination: Map<Network, Map<string | undefined, readonly CostClass[]>>;
  }
  let kept = new WeakMap<ContentSwarm, Kept>();
  let keptGroups = 0;
  return (content, destination) => {
    const { network, pid } = destination;
    let ofContent = kept.get(content);
    if (ofContent?.revision === content.networksRevision) {
      const known = ofContent.byDestination.get(network)?.get(pid);
      if (known) return known;
    }
    if (keptGroups > MAX_KEPT_GROUPS) {
      kept = new WeakMap();
      keptGroups = 0;
      ofContent = undefined;
    }
    // First, since it may make an index, with which the revision stays.
    const classes = classesOf(content, destination);
    if (ofContent?.revision !== content.networksRevision) {
      ofContent = { revision: content.networksRevision, byDestination: new Map() };
      kept.set(content, ofContent);
    }
    const ofNetwork =
      ofContent.byDestination.get(network) ?? new Map<string | undefined, readonly CostClass[]>();
    ofContent.byDestination.set(network, ofNetwork.set(pid, classes));
    keptGroups += 1 + classes.reduce((sum, { holders }) => sum + holders.length, 0);
    return classes;
  };
}
