import { createBoundedCache } from '../../model/bounded-cache.js';
import type { AsPaths } from '../valley-free.js';
import type { RibTablesView } from './rib-view.js';

/** Some 100 bytes each. */
const cachedPaths = 100_000;

/**
 * Ways between ASes as the routers in the view have them: the way of most prefixes of the destination's AS; where no RIB knows
 * one, what `fallback` says. Make a new one when the view is another.
 */
export function createBgpAsPaths(view: Pick<RibTablesView, 'pathTo'>, fallback: AsPaths): AsPaths {
  const cache = createBoundedCache<string, { path: readonly number[] | undefined }>(cachedPaths);
  return {
    path(source, destination) {
      if (source === destination) return fallback.path(source, destination) ?? [source];
      const key = `${source} ${destination}`;
      let known = cache.get(key);
      if (!known) {
        known = { path: view.pathTo(source, destination) ?? fallback.path(source, destination) };
        cache.set(key, known);
      }
      return known.path;
    },
  };
}
