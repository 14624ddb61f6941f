import { createHash } from 'node:crypto';
import type { PathElement } from '@fairhop/shared/model';

/**
 * Id of a path: SHA-256 of its canonical form, which is all that is known of it: each element with where it is known from,
 * and which AS belonged to which ISP. A path with other knowledge behind it is another path.
 */
export const pathIdOf = (elements: readonly PathElement[], isps: readonly (string | null)[]): string =>
  hashOf([
    'fairhop path 2',
    ...elements.map(
      ({ component, source, confidence, billable }) =>
        `${component} ${source} ${confidence} ${billable ? 'billable' : 'descriptive'}`,
    ),
    ...isps.map((isp) => `isp ${isp ?? '-'}`),
  ]);

/** The form of paths that were booked before elements told where they are known from; their ids stay. */
export const firstPathIdOf = (
  elements: readonly Pick<PathElement, 'component'>[],
  isps: readonly (string | null)[],
): string => hashOf([...elements.map(({ component }) => component), ...isps.map((isp) => isp ?? '-')]);

const hashOf = (lines: readonly string[]): string =>
  `path:${createHash('sha256').update(lines.join('\n')).digest('hex')}`;
