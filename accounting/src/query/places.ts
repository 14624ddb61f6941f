import type { Query } from '@fairhop/shared/contract';
import { componentKindOf } from '@fairhop/shared/model';
import type { Route } from '../ledger/routes.js';

type Path = NonNullable<Route['path']>;

/** Whether a place is another one or lies in it: `place:us/ca/sanjose` lies in `place:us`. */
export const isInPlace = (place: string, area: string): boolean =>
  place === area || place.startsWith(`${area}/`);

/** Every place that is known of a path; its ends' are among them. */
export const placesOf = ({ components }: Path): readonly string[] =>
  components.filter((name) => componentKindOf(name) === 'place');

const partsOf = { country: 1, region: 2, city: 3 } as const;

/** The country, region or city that a place lies in, as far as it is known. */
export const placeAt = (place: string, { placeLevel }: Pick<Query, 'placeLevel'>): string =>
  place.split('/').slice(0, partsOf[placeLevel]).join('/');

export interface PlaceFilter {
  readonly place?: string | undefined;
  readonly sourcePlace?: string | undefined;
  readonly destinationPlace?: string | undefined;
}

/** A place that is not known is in none. */
export function matchesPlaces(path: Route['path'], filter: PlaceFilter): boolean {
  const { place, sourcePlace, destinationPlace } = filter;
  const isIn = (known: string | null | undefined, area: string | undefined): boolean =>
    area === undefined || (known != null && isInPlace(known, area));
  return (
    isIn(path?.sourcePlace, sourcePlace) &&
    isIn(path?.destinationPlace, destinationPlace) &&
    (place === undefined || (path !== null && placesOf(path).some((known) => isInPlace(known, place))))
  );
}
