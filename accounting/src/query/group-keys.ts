import type { Query } from '@fairhop/shared/contract';
import { BIN_MS } from '@fairhop/shared/model';
import type { Route } from '../ledger/routes.js';

export type Dimension = Query['groupBy'][number];
export type KeyValue = string | number | null;
export type Key = Record<string, KeyValue>;

export const timeDimensions: readonly Dimension[] = ['hour', 'day', 'month'];
const routeDimensions = ['sourceIsp', 'destinationIsp', 'sourceAs', 'destinationAs', 'kind'] as const;
type RouteDimension = (typeof routeDimensions)[number];

export const isRouteDimension = (dimension: Dimension): dimension is RouteDimension =>
  (routeDimensions as readonly string[]).includes(dimension);

const HOUR_MS = 3_600_000;

/** Local hour (`2026-11-20T18:00+01:00`), day (`2026-11-20`) or month (`2026-11`) of an instant. */
export function timeLabel(dimension: Dimension, timeMs: number, offsetMs: number): string {
  const local = new Date(timeMs + offsetMs).toISOString();
  if (dimension === 'month') return local.slice(0, 7);
  if (dimension === 'day') return local.slice(0, 10);
  const minutes = Math.abs(Math.trunc(offsetMs / 60_000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const sign = offsetMs < 0 ? '-' : '+';
  return `${local.slice(0, 13)}:00${sign}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** Begin of an hour or a bin by its number. */
export const slotMs = (slot: number, unit: 'hour' | 'bin'): number =>
  slot * (unit === 'hour' ? HOUR_MS : BIN_MS);

export const routeValue = (dimension: RouteDimension, route: Route): KeyValue => route[dimension];

/** Sums by key; the rows come largest first, equal ones in the order of their keys. */
export class Groups {
  readonly #sums = new Map<string, { key: Key; value: number }>();

  add(key: Key, value: number): void {
    const text = JSON.stringify(key);
    const sum = this.#sums.get(text);
    if (sum === undefined) this.#sums.set(text, { key, value });
    else sum.value += value;
  }

  rows(limit: number): { key: Key; value: number }[] {
    return [...this.#sums]
      .sort(
        ([leftText, left], [rightText, right]) => right.value - left.value || (leftText < rightText ? -1 : 1),
      )
      .slice(0, limit)
      .map(([, sum]) => sum);
  }
}
