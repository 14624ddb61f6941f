import type { Asn, PathElement } from '@fairhop/shared/model';
import type { ResolvedPath } from '../ledger/event.js';
import { type EndPlaces, pathIdOf } from '../ledger/path-id.js';

/** The path with its id, which stays the same for as long as the same is known of it. */
export function createResolvedPath(
  asPath: readonly Asn[],
  elements: readonly PathElement[],
  ispOf: (asn: Asn) => string | undefined,
  places: EndPlaces,
): ResolvedPath {
  const isps = asPath.map((asn) => ispOf(asn) ?? null);
  return { id: pathIdOf(elements, isps, places), asPath: [...asPath], isps, elements, ...places };
}
