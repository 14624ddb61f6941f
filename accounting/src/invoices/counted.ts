import { querySchema } from '@fairhop/shared/contract';
import type { LineBasis } from '@fairhop/shared/model';
import { turned } from '../query/directions.js';
import { selectMatching } from '../query/select-matching.js';
import type { QueryStore } from '../query/store.js';
import type { Zone } from '../query/zone.js';
import { measureOf } from '../rating/index.js';

/** What a charge counts in a stretch of time: enough to count it again. */
export type Counted = Pick<LineBasis, 'usage' | 'plan' | 'fromMs' | 'toMs' | 'timeZone'>;

/** Ids in the ledger of what may count; what is undefined does not matter. */
export interface Selected {
  readonly routes: readonly number[] | undefined;
  readonly owner: number | undefined;
  readonly title: number | undefined;
  readonly category: string | undefined;
}

const nothingElse = { belief: 'billable', limit: 1 } as const;

/** Each way that is counted, in order; undefined where nothing can match, such as an owner without a transfer. */
export function selectedOf(
  { usage, plan, fromMs, toMs }: Counted,
  store: QueryStore,
  zone: Zone,
): (Selected | undefined)[] {
  const { hours: _, ...filter } = usage;
  const query = querySchema.parse({ measure: 'bytes', ...filter, ...nothingElse });
  const ways = measureOf(plan) === 'percentile95' ? waysOf(plan) : ['forward' as const];
  return ways.map((way) => {
    if (query.owner !== undefined && store.owners.id(query.owner) === undefined) return undefined;
    if (query.title !== undefined && store.titles.id(query.title) === undefined) return undefined;
    const question = {
      query: way === 'forward' ? query : turned(query),
      ...{ store, zone, period: { fromMs, toMs } },
    };
    const selection = selectMatching(question, { measure: 'bytes' }, []);
    if (selection === undefined) return undefined;
    const { routes, owner, title, category } = selection;
    return { routes, owner, title, category };
  });
}

function waysOf(plan: LineBasis['plan']): ('forward' | 'backward')[] {
  const direction = plan.type === 'percentile95' ? plan.direction : 'forward';
  return direction === 'forward' || direction === 'backward' ? [direction] : ['forward', 'backward'];
}

/**
 * So long before its period a file that is charged by routes may have begun to arrive, for its events to be kept as long as the period's.
 * A viewing that goes on over a period's edge takes hours; one that takes longer than this is not told once they are dropped.
 */
const FILE_MS = 31 * 86_400_000;

/** From when on single events are needed to count it again: routes of a file's bytes are known to them alone. */
export function eventsFromMs({ usage, plan, fromMs }: Pick<Counted, 'usage' | 'plan' | 'fromMs'>): number {
  const { leaves, enters, crosses, source, destination, kind } = usage;
  const isByRoutes = [leaves, enters, crosses, source, destination, kind].some(
    (filter) => filter !== undefined,
  );
  return measureOf(plan) === 'files' && isByRoutes ? fromMs - FILE_MS : fromMs;
}

/** What only events tell apart: hourly rollups know routes and owners. */
export const isOfFiles = ({ title, category }: Selected): boolean =>
  title !== undefined || category !== undefined;
