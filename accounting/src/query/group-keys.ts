import type { Query } from '@fairhop/shared/contract';
import { BIN_MS } from '@fairhop/shared/model';
import type { Route } from '../ledger/routes.js';
import { placeAt, placesOf } from './places.js';

export type Dimension = Query['groupBy'][number];
export type KeyValue = string | number | null;

const timeDimensions = ['bin', 'hour', 'day', 'week', 'month'] as const;
type TimeDimension = (typeof timeDimensions)[number];
export const isTimeDimension = (dimension: Dimension): dimension is TimeDimension =>
  (timeDimensions as readonly string[]).includes(dimension);

const routeDimensions = [
  'sourceIsp',
  'destinationIsp',
  'sourceAs',
  'destinationAs',
  'sourcePlace',
  'destinationPlace',
  'place',
  'component',
  'kind',
  'attributed',
] as const;
type RouteDimension = (typeof routeDimensions)[number];
export const isRouteDimension = (dimension: Dimension): dimension is RouteDimension =>
  (routeDimensions as readonly string[]).includes(dimension);

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * Local bin (`2026-11-20T18:05+01:00`), hour (`2026-11-20T18:00+01:00`), day (`2026-11-20`), ISO 8601 week (`2026-W47`) or month
 * (`2026-11`) of an instant.
 */
export function timeLabel(dimension: TimeDimension, timeMs: number, offsetMs: number): string {
  const local = new Date(timeMs + offsetMs).toISOString();
  if (dimension === 'month') return local.slice(0, 7);
  if (dimension === 'day') return local.slice(0, 10);
  if (dimension === 'week') return weekLabel(timeMs + offsetMs);
  const minutes = Math.abs(Math.trunc(offsetMs / 60_000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const sign = offsetMs < 0 ? '-' : '+';
  const clock = dimension === 'bin' ? local.slice(0, 16) : `${local.slice(0, 13)}:00`;
  return `${clock}${sign}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** A week belongs to the year that its Thursday is in. */
function weekLabel(localMs: number): string {
  const weekday = (new Date(localMs).getUTCDay() + 6) % 7;
  const thursdayMs = localMs + (3 - weekday) * DAY_MS;
  const year = new Date(thursdayMs).getUTCFullYear();
  const week = Math.floor((thursdayMs - Date.UTC(year)) / (7 * DAY_MS)) + 1;
  return `${year}-W${String(week).padStart(2, '0')}`;
}

/** Begin of an hour or a bin by its number. */
export const slotMs = (slot: number, unit: 'hour' | 'bin'): number =>
  slot * (unit === 'hour' ? HOUR_MS : BIN_MS);

export const yesOrNo = (value: boolean): 'yes' | 'no' => (value ? 'yes' : 'no');

/** Several of these are on one path, so that groups of them overlap. */
export const isOverlapping = (dimension: Dimension): boolean =>
  dimension === 'component' || dimension === 'place';

/** What a path crosses, as far as a query counts it. */
export const crossedOf = (path: NonNullable<Route['path']>, { billable }: Query): readonly string[] =>
  billable === 'yes' ? path.billable : path.components;

/** The values that a route has: several components or places, null when nobody knows any; one of all else. */
export function routeValues(dimension: RouteDimension, route: Route, query: Query): readonly KeyValue[] {
  if (dimension === 'component')
    return route.path === null ? [null] : [...new Set(crossedOf(route.path, query))];
  if (dimension === 'place') {
    const places = route.path === null ? [] : placesOf(route.path);
    return places.length === 0 ? [null] : [...new Set(places.map((place) => placeAt(place, query)))];
  }
  if (dimension === 'sourcePlace' || dimension === 'destinationPlace') {
    const place = route.path?.[dimension] ?? null;
    return [place && placeAt(place, query)];
  }
  if (dimension === 'attributed') return [yesOrNo(route.path !== null)];
  return [route[dimension]];
}
