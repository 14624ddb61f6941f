import type { Query } from '@fairhop/shared/contract';
import { BIN_MS } from '@fairhop/shared/model';
import type { Route } from '../ledger/routes.js';

export type Dimension = Query['groupBy'][number];
export type KeyValue = string | number | null;
type Key = Record<string, KeyValue>;

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

interface Group {
  readonly values: readonly KeyValue[];
  value: number;
}

const textOf = ({ values }: Group): string => JSON.stringify(values);

/** Sums by the values of dimensions; the rows come largest first, equal ones in the order of their keys. */
export class Groups {
  readonly #dimensions: readonly Dimension[];
  readonly #groups = new Map<string, Group>();

  constructor(dimensions: readonly Dimension[]) {
    this.#dimensions = dimensions;
  }

  add(values: readonly KeyValue[], value: number): void {
    // Names have no control characters, and a number is not a name of its own dimension.
    const text = values.join('\n');
    const group = this.#groups.get(text);
    if (group === undefined) this.#groups.set(text, { values, value });
    else group.value += value;
  }

  /** Adds the groups of others of the same dimensions, times `factor`. */
  addAll(others: Groups, factor: 1 | -1): void {
    for (const { values, value } of others.#groups.values()) this.add(values, value * factor);
  }

  rows(limit: number): { key: Key; value: number }[] {
    return [...this.#groups]
      .sort(([, left], [, right]) => right.value - left.value || (textOf(left) < textOf(right) ? -1 : 1))
      .slice(0, limit)
      .map(([, { values, value }]) => ({
        key: Object.fromEntries(this.#dimensions.map((dimension, index) => [dimension, values[index]!])),
        value,
      }));
  }
}
