import type { Query } from '@fairhop/shared/contract';
import type { Route } from '../ledger/routes.js';
import { hasKindOf } from './beliefs.js';
import { crossedOf, isRouteDimension, isTimeDimension, yesOrNo } from './group-keys.js';
import { matchesRoute, networkOf } from './networks.js';
import { isInPlace, matchesPlaces } from './places.js';
import { bookedComponent, ownerOf, type Question, titleOf } from './question.js';
import type { Selection } from './statement.js';
import type { TimeSlice } from './time-slices.js';

const HOUR_MS = 3_600_000;

/** How finely an answer needs to know. */
export interface Wanted {
  readonly measure: 'bytes' | 'events';
  /** Each row tells its destination host. */
  readonly byHost?: boolean;
  /** Each row tells its 5-minute bin. */
  readonly byBin?: boolean;
}

/** Undefined when nothing can match. Throws `owner-unknown`, `title-unknown`. */
export function selectMatching(
  question: Question,
  { measure, byHost = false, byBin = false }: Wanted,
  slices: readonly TimeSlice[],
): Selection | undefined {
  const { query, store, period } = question;
  const { groupBy } = query;
  const [owner, title] = [ownerOf(question), titleOf(question)];
  const sourceHost = query.sourceHost === undefined ? undefined : store.hosts.id(query.sourceHost);
  const destinationHost =
    query.destinationHost === undefined ? undefined : store.hosts.id(query.destinationHost);
  if (query.sourceHost !== undefined && sourceHost === undefined) return undefined;
  if (query.destinationHost !== undefined && destinationHost === undefined) return undefined;
  const routes = routesOf(question);
  if (routes?.length === 0) return undefined;
  const { hours, days } = query.time;
  const isByTime = groupBy.some(isTimeDimension);
  // Where local hours begin within hours of UTC, only single bins tell to which one bytes belong.
  const isAligned = slices.every(({ offsetMs }) => offsetMs % HOUR_MS === 0);
  const needsBins = byBin || groupBy.includes('bin') || (isByTime && !isAligned);
  return {
    measure,
    isAllTime: [period.fromMs ?? undefined, period.toMs ?? undefined, hours, days].every(isAbsent),
    ...(routes && { routes }),
    ...(owner !== undefined && { owner }),
    ...(title !== undefined && { title }),
    ...(query.category !== undefined && { category: query.category }),
    ...((query.belief !== undefined || groupBy.includes('belief')) && {
      belief: query.belief === undefined ? {} : { only: query.belief },
    }),
    ...(sourceHost !== undefined && { sourceHost }),
    ...(destinationHost !== undefined && { destinationHost }),
    by: {
      // Where nothing else is known of bytes, their route's kind tells what is believed of them.
      // What a group is called depends on who sees which routes.
      route:
        groupBy.some(isRouteDimension) || groupBy.includes('belief') || question.view?.shown !== undefined,
      owner: groupBy.includes('owner'),
      title: groupBy.includes('title'),
      category: groupBy.includes('category'),
      sourceHost: groupBy.includes('sourceHost'),
      destinationHost: byHost || groupBy.includes('destinationHost'),
    },
    ...(needsBins ? { time: 'bin' as const } : isByTime && { time: 'hour' as const }),
  };
}

const isAbsent = (value: unknown): boolean => value === undefined;

/** Ids of the routes that match, undefined when all do. */
function routesOf({ query, store, view }: Question): number[] | undefined {
  const { leaves, enters, source, destination, crosses, kind, attributed, belief } = query;
  const { place, sourcePlace, destinationPlace } = query;
  const hasKind = hasKindOf(belief);
  const filters = [leaves, enters, source, destination, crosses, kind, attributed, hasKind];
  if ([...filters, place, sourcePlace, destinationPlace, view?.sees].every(isAbsent)) return undefined;
  const network = (ref: string | undefined) => (ref === undefined ? undefined : networkOf(ref));
  const filter = {
    leaves: network(leaves),
    enters: network(enters),
    source: network(source),
    destination: network(destination),
    kind,
  };
  const components = crosses && componentNames(crosses);
  const ids: number[] = [];
  for (const route of store.routes().values()) {
    if (!matchesRoute(route, filter) || hasKind?.(route) === false) continue;
    if (!matchesPlaces(route.path, query)) continue;
    if (view?.sees?.(route, query) === false) continue;
    if (attributed !== undefined && attributed !== yesOrNo(route.path !== null)) continue;
    if (components !== undefined && !crossesAny(route.path, components, query)) continue;
    ids.push(route.id);
  }
  return ids;
}

/** A country has its regions and cities in it. */
const crossesAny = (path: Route['path'], components: ReadonlySet<string>, query: Query): boolean =>
  path !== null &&
  crossedOf(path, query).some(
    (name) =>
      components.has(name) ||
      (name.startsWith('place:') && [...components].some((wanted) => isInPlace(name, wanted))),
  );

const componentNames = (crosses: NonNullable<Query['crosses']>): ReadonlySet<string> =>
  new Set(crosses.map(bookedComponent));
