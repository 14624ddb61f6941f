import type { Query, querySchema } from '@fairhop/shared/contract';
import { InvalidArgumentError } from 'commander';
import type { z } from 'zod';

/** Options of the query commands, as commander gives them. */
export interface QueryOptions {
  /** Keep the question under this name. */
  readonly save?: string;
  readonly leaves?: string;
  readonly enters?: string;
  readonly crosses?: readonly string[];
  readonly anyEvidence?: boolean;
  readonly direction?: string;
  readonly place?: string;
  readonly sourcePlace?: string;
  readonly destinationPlace?: string;
  readonly placeLevel?: string;
  readonly source?: string;
  readonly destination?: string;
  readonly sourceHost?: string;
  readonly host?: string;
  readonly owner?: string;
  readonly title?: string;
  readonly category?: string;
  readonly kind?: string;
  readonly attributed?: string;
  readonly belief?: string;
  readonly hours?: { readonly from: string; readonly to: string };
  readonly days?: readonly string[];
  readonly timeZone?: string;
  readonly period?: string;
  readonly from?: number;
  readonly to?: number;
  readonly groupBy?: Query['groupBy'];
  readonly limit?: number;
  readonly explain?: boolean;
  readonly format?: 'table' | 'json' | 'csv' | 'parquet';
  readonly output?: string;
  readonly matrix?: boolean;
}

/** What the service is asked; it checks the values, so that API and command line have one set of rules. */
export function queryOf(measure: Query['measure'], options: QueryOptions): z.input<typeof querySchema> {
  const query = {
    measure,
    leaves: options.leaves,
    enters: options.enters,
    crosses: options.crosses,
    billable: options.anyEvidence === true ? 'any' : undefined,
    direction: options.direction,
    place: placeOf(options.place),
    sourcePlace: placeOf(options.sourcePlace),
    destinationPlace: placeOf(options.destinationPlace),
    placeLevel: options.placeLevel,
    source: options.source,
    destination: options.destination,
    sourceHost: options.sourceHost === undefined ? undefined : hostOf(options.sourceHost),
    destinationHost: options.host === undefined ? undefined : hostOf(options.host),
    owner: options.owner?.toLowerCase(),
    title: options.title?.toLowerCase(),
    category: options.category,
    kind: options.kind,
    attributed: options.attributed,
    belief: options.belief,
    time: withoutAbsent({
      fromMs: options.from,
      toMs: options.to,
      period: options.period,
      hours: options.hours,
      days: options.days,
      timeZone: options.timeZone,
    }),
    groupBy: options.groupBy,
    limit: options.limit,
    explain: options.explain,
  };
  return withoutAbsent(query) as z.input<typeof querySchema>;
}

/** `18:00-00:00`; an end before the beginning runs past midnight. */
export function parseHours(text: string): { from: string; to: string } {
  const [, from, to] = /^(\d{2}:\d{2})-(\d{2}:\d{2})$/.exec(text.trim()) ?? [];
  if (from !== undefined && to !== undefined) return { from, to };
  throw new InvalidArgumentError('Hours are FROM-TO such as 18:00-00:00.');
}

const daysOfWeek = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

/** `mon-fri`, `saturday,sunday` or `fri-mon`, which runs past Sunday: the first three letters or more of a day. */
export function parseDays(text: string): string[] {
  const days = text.split(',').flatMap((part) => {
    const ends = part.split('-').map((name) => {
      const short = name.trim().toLowerCase();
      return short.length < 3 ? -1 : daysOfWeek.findIndex((day) => day.startsWith(short));
    });
    const [from = -1, to = from] = ends;
    if (ends.length > 2 || from < 0 || to < 0)
      throw new InvalidArgumentError('Days are such as mon-fri or saturday,sunday.');
    return Array.from({ length: ((to - from + 7) % 7) + 1 }, (_, index) => daysOfWeek[(from + index) % 7]!);
  });
  return [...new Set(days)];
}

/** `--crosses A,B` or `--crosses A --crosses B`. */
export const collectComponents = (text: string, before: readonly string[] = []): string[] => [
  ...before,
  ...text.split(',').map((name) => name.trim()),
];

/** ISO 8601 with a zone, such as `2026-10-01T00:00:00Z`; a date alone is its midnight in UTC. */
export function parseInstant(text: string): number {
  const isInstant = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text);
  const timeMs = Date.parse(text);
  if (isInstant && !Number.isNaN(timeMs)) return timeMs;
  throw new InvalidArgumentError('A time is like 2026-10-01T00:00:00Z, with its zone, or a date alone.');
}

export function parseCount(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('A whole number is right.');
}

const hostOf = (keyOrHost: string): string =>
  keyOrHost.startsWith('host:') ? keyOrHost : `host:${keyOrHost}`;

/** `us/ca` is `place:us/ca`. */
const placeOf = (place: string | undefined): string | undefined =>
  place === undefined || place.startsWith('place:') ? place : `place:${place}`;

function withoutAbsent<Value extends object>(value: Value): Partial<Value> {
  return Object.fromEntries(
    Object.entries(value).filter(([, inner]) => inner !== undefined),
  ) as Partial<Value>;
}
