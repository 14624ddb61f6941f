import type { AsPaths } from '@fairhop/shared/net';
import type { ContentSwarm, Network } from '../swarm/index.js';
import { type CostClass, type CostOf, rememberCostClasses } from './cost-classes.js';
import { createPathCosts } from './path-costs.js';

/** What selection knows of the networks between agents, at one moment. Made anew when that changes. */
export interface SelectionKnowledge {
  readonly costOf: CostOf;
  /** A content's networks that may deliver to the destination, by cost; remembered. */
  classesOf(content: ContentSwarm, destination: Network): readonly CostClass[];
}

const createKnowledge = (costOf: CostOf): SelectionKnowledge => ({
  costOf,
  classesOf: rememberCostClasses(costOf),
});

/** Knowledge of AS paths and of the directed links (`link:as:A>as:B`) that may not be used now. */
export const createPathKnowledge = (
  paths: AsPaths,
  forbiddenLinks: ReadonlySet<string>,
): SelectionKnowledge => createKnowledge(createPathCosts(paths, forbiddenLinks));
