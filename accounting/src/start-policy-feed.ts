import { componentRefSchema, type Query, type QueryResult, querySchema } from '@fairhop/shared/contract';
import { BIN_MS, binOf, FairhopError, type Policy } from '@fairhop/shared/model';
import type { Clock, Logger } from '@fairhop/shared/service';
import type { Cleanups } from './cleanups.js';
import type { Networks } from './networks/index.js';
import type { LivePaths } from './paths/live-paths.js';
import { createPolicyFeed, type PolicyFeedConfig, type Window } from './policy-feed/index.js';

export interface PolicyFeedParts {
  readonly log: Logger;
  readonly clock: Clock;
  readonly cleanups: Cleanups;
  readonly knowledge: {
    readonly paths: Pick<LivePaths, 'resolver'>;
    readonly networks: Pick<Networks, 'owners' | 'components'>;
  };
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

/** What was found, or undefined where a question names what nothing was booked for. */
async function orUnbooked<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof FairhopError && error.status === 404) return undefined;
    throw error;
  }
}

/** Tells the coordinator's policies of booked load, and of ways and owners that they ask for. */
export function startPolicyFeed(config: PolicyFeedConfig, parts: PolicyFeedParts): void {
  const { log, clock, cleanups, ask } = parts;
  const { paths, networks } = parts.knowledge;
  /** On a booked path, of any time: which needs no declaration. */
  const isBooked = async (component: string): Promise<boolean> => {
    const toMs = binOf(clock.nowMs());
    const time = { fromMs: toMs - BIN_MS, toMs };
    const crosses = [componentRefSchema.parse(component)];
    const query = querySchema.parse({ measure: 'bytes', crosses, billable: 'any', time });
    return (await orUnbooked(ask(query))) !== undefined;
  };
  const feed = createPolicyFeed(config, {
    ...{ log, clock },
    bookedBytes: async (policy, window) => (await orUnbooked(ask(questionOf(policy, window))))?.value ?? 0,
    async componentsBetween(source, destination) {
      const { path } = await paths.resolver().explain(source, destination, clock.nowMs());
      return path?.elements.map(({ component }) => component) ?? [];
    },
    async factOf(id) {
      const owner = networks.owners.of(id).find(({ toMs }) => toMs === null)?.owner ?? null;
      const isDeclared = owner !== null || networks.components.history(id).length > 0;
      return { known: isDeclared || (await isBooked(id)), owner };
    },
  });
  cleanups.add(() => feed.stop());
  feed.start();
}
