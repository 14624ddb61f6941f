import { componentRefSchema, type Query, type QueryResult, querySchema } from '@fairhop/shared/contract';
import type { Policy } from '@fairhop/shared/model';
import type { Clock, Logger } from '@fairhop/shared/service';
import type { Cleanups } from './cleanups.js';
import type { AccountingConfig } from './config.js';
import type { Networks } from './networks/index.js';
import type { LivePaths } from './paths/live-paths.js';
import { type ComponentFact, createPolicyFeed, type Window } from './policy-feed/index.js';

export interface PolicyFeedParts {
  readonly log: Logger;
  readonly clock: Clock;
  readonly cleanups: Cleanups;
  readonly knowledge: { readonly paths: LivePaths; readonly networks: Networks };
  ask(query: Query): Promise<QueryResult>;
}

/** What a policy counts: all bytes over its component, also where that only describes the way. */
const questionOf = ({ component, scope }: Policy, { fromMs, toMs }: Window): Query =>
  querySchema.parse({
    measure: 'bytes',
    crosses: [componentRefSchema.parse(component)],
    billable: 'any',
    time: { fromMs, toMs },
    ...(scope.kind === 'owner' && { owner: scope.owner }),
    ...(scope.kind === 'title' && { title: scope.title }),
    ...(scope.kind === 'category' && { category: scope.category }),
  });

/** Tells the coordinator's policies of booked load, and of ways and owners that they ask for. */
export function startPolicyFeed(config: AccountingConfig, parts: PolicyFeedParts): void {
  const { log, clock, cleanups, ask } = parts;
  const { paths, networks } = parts.knowledge;
  const factOf = (id: string): ComponentFact => {
    const owner = networks.owners.of(id).find(({ toMs }) => toMs === null)?.owner ?? null;
    return { known: owner !== null || networks.components.history(id).length > 0, owner };
  };
  const feed = createPolicyFeed(config, {
    ...{ log, clock, factOf },
    bookedBytes: async (policy, window) => (await ask(questionOf(policy, window))).value,
    async componentsBetween(source, destination) {
      const { path } = await paths.resolver().explain(source, destination, clock.nowMs());
      return path?.elements.map(({ component }) => component) ?? [];
    },
  });
  cleanups.add(() => feed.stop());
  feed.start();
}
