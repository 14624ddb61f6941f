import type { Query } from '@fairhop/shared/contract';
import type { Dimension } from './group-keys.js';
import { invalidQuery } from './period.js';

const directed = /^(link:|peering:|internal:)([^>]+)>([^/]+)(\/.+)?$/;

/** What bytes cross the other way; the same where it has no direction. */
export const turnedComponent = (component: string): string =>
  component.replace(
    directed,
    (_, kind: string, from: string, to: string, name = '') => `${kind}${to}>${from}${name}`,
  );

/** The same the other way: ends are exchanged, and links of `crosses` turned. */
export const turned = (query: Query): Query => ({
  ...query,
  leaves: query.enters,
  enters: query.leaves,
  source: query.destination,
  destination: query.source,
  sourceHost: query.destinationHost,
  destinationHost: query.sourceHost,
  sourcePlace: query.destinationPlace,
  destinationPlace: query.sourcePlace,
  crosses: query.crosses?.map(turnedComponent),
});

const oneSided: readonly Dimension[] = [
  'sourceIsp',
  'destinationIsp',
  'sourceAs',
  'destinationAs',
  'sourceHost',
  'destinationHost',
  'sourcePlace',
  'destinationPlace',
  'component',
];

/** Both ways must be of the same groups. Throws `query-invalid`. */
export function checkBothWays({ groupBy }: Query, what: string): void {
  const dimension = groupBy.find((one) => oneSided.includes(one));
  if (dimension === undefined) return;
  throw invalidQuery(
    'groupBy',
    `${dimension} is another one in each direction; group ${what} by something else`,
  );
}

/** Throws `query-invalid` where there are no two ends to exchange. */
export function checkEnds(query: Query): void {
  const { leaves, enters, source, destination, sourcePlace, destinationPlace } = query;
  const ends = [
    [leaves, enters],
    [source, destination],
    [sourcePlace, destinationPlace],
  ];
  if (ends.some((pair) => pair.every((end) => end !== undefined))) return;
  throw invalidQuery(
    'measure',
    'difference needs both leaves and enters, both source and destination, or both places',
  );
}

/** Throws `query-invalid` where another direction is asked for than there is. */
export function checkDirection(query: Query): void {
  const { measure, direction } = query;
  if (direction === 'forward') return;
  if (!['averageRate', 'maximumRate', 'percentile95'].includes(measure)) {
    throw invalidQuery(
      'direction',
      `${direction} is of a rate; ask for ${measure} with both ends exchanged, or for the difference`,
    );
  }
  const { leaves, enters, source, destination, sourceHost, destinationHost, crosses } = query;
  const { sourcePlace, destinationPlace } = query;
  const ends = [
    ...[leaves, enters, source, destination],
    ...[sourceHost, destinationHost, sourcePlace, destinationPlace],
  ];
  const hasLink = crosses?.some((component) => directed.test(component)) ?? false;
  if (!hasLink && ends.every((end) => end === undefined)) {
    throw invalidQuery('direction', `${direction} needs an end, such as leaves, or a link that is crossed`);
  }
  const isTurned = (component: string): boolean => !crosses!.includes(turnedComponent(component));
  if (direction === 'sum' && ends.every((end) => end === undefined) && !crosses!.every(isTurned)) {
    throw invalidQuery(
      'direction',
      'sum has bytes twice where both ways cross the same; links of one direction are right',
    );
  }
  if (direction !== 'backward') checkBothWays(query, `the ${direction} of both directions`);
}
