import {
  asId,
  componentKindOf,
  createBoundedCache,
  ispComponentId,
  linkId,
  type Policy,
} from '@fairhop/shared/model';
import type { AsGraph, AsPaths } from '@fairhop/shared/net';
import type { ToldWays } from './told-ways.js';
import type { TitleFacts, WayEnd } from './way-end.js';

/** Which of some policies a way is under. */
export interface Crossings {
  /** Those whose component lies on the way, of any scope, in the order of the policies. */
  on(source: WayEnd, destination: WayEnd): readonly Policy[];
}

/** Pairs of ASes with policies between them; an entry takes about 100 bytes. */
const MAX_CACHED_PAIRS = 200_000;
const NONE: readonly Policy[] = [];

/** Known from AS paths alone; what lies beneath is asked for. */
const isAsLevel = ({ component }: Policy): boolean =>
  ['as', 'link', 'isp'].includes(componentKindOf(component)!);

/** For one set of policies, one AS graph and one state of routes; others are another `Crossings`. */
export function createCrossings(
  policies: readonly Policy[],
  { paths, graph, ways }: { paths: AsPaths; graph: AsGraph; ways: ToldWays },
): Crossings {
  const order = new Map(policies.map((policy, index) => [policy, index]));
  const asLevel = policies.filter(isAsLevel);
  const beneath = policies.filter((policy) => !isAsLevel(policy));
  const byPair = createBoundedCache<string, { sure: readonly Policy[]; components: ReadonlySet<string> }>(
    MAX_CACHED_PAIRS,
  );

  const asLevelOf = (source: WayEnd, destination: WayEnd) => {
    const key = `${source.asn} ${source.isp} ${destination.asn} ${destination.isp}`;
    const known = byPair.get(key);
    if (known) return known;
    const components = componentsBetween(source, destination, paths, graph);
    const sure = asLevel.filter(({ component }) => components.has(component));
    const found = { sure: sure.length === 0 ? NONE : sure, components };
    byPair.set(key, found);
    return found;
  };

  return {
    on(source, destination) {
      const { sure, components } = asLevelOf(source, destination);
      if (beneath.length === 0) return sure;
      const possible = beneath.filter(({ component }) => {
        const link = linkOfPeering(component);
        return link === undefined || components.has(link);
      });
      if (possible.length === 0) return sure;
      const told =
        source.address === undefined || destination.address === undefined
          ? undefined
          : ways.between(source.address, destination.address);
      // Of a peering it is known that its AS link is on the way: until more is known, it counts as if all went over it.
      const crossed = possible.filter(({ component }) =>
        told === undefined ? linkOfPeering(component) !== undefined : told.has(component),
      );
      return [...sure, ...crossed].sort((one, other) => order.get(one)! - order.get(other)!);
    },
  };
}

/** `link:as:A>as:B` of `peering:as:A>as:B/NAME`; undefined for what is no peering. */
function linkOfPeering(component: string): string | undefined {
  const [, ends] = /^peering:(as:\d+>as:\d+)\//.exec(component) ?? [];
  return ends === undefined ? undefined : `link:${ends}`;
}

/** ASes, links and ISPs of a way. Where nobody knows the way between, both ends are on it all the same. */
function componentsBetween(
  source: WayEnd,
  destination: WayEnd,
  paths: AsPaths,
  graph: AsGraph,
): ReadonlySet<string> {
  const known =
    source.asn === null || destination.asn === null ? undefined : paths.path(source.asn, destination.asn);
  const sameAs = source.asn !== null && source.asn === destination.asn ? [source.asn] : undefined;
  const way = known ?? sameAs;
  const asns = way ?? [source.asn, destination.asn].filter((asn) => asn !== null);
  const components = new Set<string>();
  for (const asn of asns) {
    components.add(asId(asn));
    const isp = graph.ispOf(asn);
    if (isp !== undefined) components.add(ispComponentId(isp));
  }
  for (const { isp } of [source, destination]) if (isp !== null) components.add(ispComponentId(isp));
  for (let index = 1; index < (way?.length ?? 0); index += 1)
    components.add(linkId(way![index - 1]!, way![index]!));
  return components;
}

/** Whether a title's traffic is what the policy is about. */
export function isInScope({ scope }: Policy, { id, category }: TitleFacts): boolean {
  switch (scope.kind) {
    case 'all':
      return true;
    case 'owner':
      return id.startsWith(`${scope.owner}/`);
    case 'title':
      return id === scope.title;
    case 'category':
      return category === scope.category;
  }
}
