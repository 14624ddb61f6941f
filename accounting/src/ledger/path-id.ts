import { createHash } from 'node:crypto';
import type { PathElement } from '@fairhop/shared/model';
import type { ResolvedPath } from './event.js';

export type EndPlaces = Pick<ResolvedPath, 'sourcePlace' | 'destinationPlace'>;

/**
 * Id of a path: SHA-256 of its canonical form, which is all that is known of it: each element with where it is known from,
 * which AS belonged to which ISP, and where its ends are. A path with other knowledge behind it is another path.
 */
export const pathIdOf = (
  elements: readonly PathElement[],
  isps: readonly (string | null)[],
  { sourcePlace, destinationPlace }: EndPlaces = {},
): string =>
  hashOf([
    'fairhop path 2',
    ...elements.map(
      ({ component, source, confidence, billable }) =>
        `${component} ${source} ${confidence} ${billable ? 'billable' : 'descriptive'}`,
    ),
    ...isps.map((isp) => `isp ${isp ?? '-'}`),
    ...(sourcePlace === undefined ? [] : [`from ${sourcePlace}`]),
    ...(destinationPlace === undefined ? [] : [`to ${destinationPlace}`]),
  ]);

/** The form of paths that were booked before elements told where they are known from; their ids stay. */
export const firstPathIdOf = (
  elements: readonly Pick<PathElement, 'component'>[],
  isps: readonly (string | null)[],
): string => hashOf([...elements.map(({ component }) => component), ...isps.map((isp) => isp ?? '-')]);

const hashOf = (lines: readonly string[]): string =>
  `path:${createHash('sha256').update(lines.join('\n')).digest('hex')}`;
