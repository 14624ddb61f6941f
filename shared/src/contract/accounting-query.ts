import { z } from 'zod';
import {
  beliefSchema,
  componentKindOf,
  hostIdSchema,
  hoursSchema,
  ownerIdSchema,
  timeMsSchema,
  titleIdSchema,
  transferKindSchema,
} from '../model/index.js';

/** An ISP id (`sp1`, any case) or an AS (`as:64501`). */
export const networkRefSchema = z
  .string()
  .regex(
    /^(as:\d{1,10}|[A-Za-z0-9][A-Za-z0-9._-]{0,63})$/,
    'must be an ISP id such as sp1 or an AS such as as:64501',
  );

const ispOfAnyCase = /^isp:[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** A part of paths that carries bytes, of any kind; the id of an ISP in any case. Hosts are the ends of paths, not parts of them. */
export const componentRefSchema = z
  .string()
  .max(600)
  .refine((ref) => {
    const kind = componentKindOf(ref);
    return kind === undefined ? ispOfAnyCase.test(ref) : kind !== 'host';
  }, 'must be a component such as as:64501, link:as:64501>as:64502, isp:sp1, router:bas1.sanjose.sp1.example, ixp:xlan or place:us/ca/sanjose; hosts are asked for as sourceHost and destinationHost');

/** A country, a region of it, or a city: `place:us`, `place:us/ca`, `place:us/ca/sanjose`. It means all that lies in it. */
export const placeRefSchema = z
  .string()
  .toLowerCase()
  .refine(
    (ref) => componentKindOf(ref) === 'place',
    'must be a country, region or city such as place:us, place:us/ca or place:us/ca/sanjose',
  );

/** Links between two networks; more are better asked for by the networks. */
const MAX_COMPONENTS = 64;

export const dayOfWeekSchema = z.enum([
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
]);
export type DayOfWeek = z.infer<typeof dayOfWeekSchema>;

export const queryTimeSchema = z.strictObject({
  /** Half-open [from, to) in milliseconds; absent is unbounded. Both must lie on a 5-minute bin edge. */
  fromMs: timeMsSchema.optional(),
  toMs: timeMsSchema.optional(),
  /** In `timeZone`, instead of from and to: a year, quarter, month or day, or one that is told from the time of asking. */
  period: z
    .string()
    .regex(
      /^(\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?|-Q[1-4])?|today|yesterday|(this|last)-(week|month|quarter|year))$/,
      'must be 2026, 2026-Q4, 2026-11 or 2026-11-20, or today, yesterday, this- or last-week, -month, -quarter or -year',
    )
    .optional(),
  /** Hours of the day in `timeZone`: only bins that start within them count. */
  hours: hoursSchema.omit({ timeZone: true }).optional(),
  /** Days of the week in `timeZone`: only bins that start on them count, also of hours that run past midnight. */
  days: z.array(dayOfWeekSchema).min(1).max(7).optional(),
  timeZone: hoursSchema.shape.timeZone.default('UTC'),
});

export const queryDimensionSchema = z.enum([
  'sourceIsp',
  'destinationIsp',
  'sourceAs',
  'destinationAs',
  'sourceHost',
  'destinationHost',
  /** Where the ends' addresses are, by a database of places, when the path was resolved. */
  'sourcePlace',
  'destinationPlace',
  /** Every place that is known of the path, its ends among them. These rows overlap. */
  'place',
  /** What the path crossed. Bytes cross several components, so these rows overlap. */
  'component',
  'owner',
  'title',
  'category',
  'kind',
  'attributed',
  'belief',
  'bin',
  'hour',
  'day',
  /** ISO 8601 weeks, `2026-W47`, which begin on Monday. */
  'week',
  'month',
]);

export const queryMeasureSchema = z.enum([
  'bytes',
  'events',
  'files',
  /** Distinct hosts that bytes went to. */
  'hosts',
  /** Bytes one way less bytes the other way. */
  'difference',
  /** Bytes of all bins that are asked for, by their time. */
  'averageRate',
  /** Bytes of the 5-minute bin with the most, by its time. */
  'maximumRate',
  /**
   * Of the N bins that are asked for, empty ones included, from the largest down: the bin at place floor(N / 20) + 1. Bytes of
   * all links are added up bin by bin before.
   */
  'percentile95',
]);

/**
 * One query shape for API, CLI and schedules. "From SP1 to SP2" has two senses, both named: *crossing* (`leaves` and
 * `enters`: left SP1 and later entered SP2 on the way, adjacent or not) and *origin–destination* (`source`,
 * `destination`).
 */
export const querySchema = z.strictObject({
  measure: queryMeasureSchema,
  /**
   * Of a rate; the other way has the ends and the link of `crosses` exchanged. `larger` is the larger of both rates, `sum` the rate
   * of both ways added up bin by bin.
   */
  direction: z.enum(['forward', 'backward', 'larger', 'sum']).default('forward'),
  leaves: networkRefSchema.optional(),
  enters: networkRefSchema.optional(),
  /** Crossed any of these, such as the links of a bundle; what crossed several counts once. */
  crosses: z.array(componentRefSchema).min(1).max(MAX_COMPONENTS).optional(),
  /** Passed this place, or began or ended there. Places describe paths: whether they are billable does not matter. */
  place: placeRefSchema.optional(),
  sourcePlace: placeRefSchema.optional(),
  destinationPlace: placeRefSchema.optional(),
  /** How much is told of places that are grouped by; what is known less finely is told as it is known. */
  placeLevel: z.enum(['country', 'region', 'city']).default('city'),
  /** Which elements of paths `crosses` and the dimension `component` count: those that may be billed, or `any`, also what only describes. */
  billable: z.enum(['yes', 'any']).default('yes'),
  source: networkRefSchema.optional(),
  destination: networkRefSchema.optional(),
  sourceHost: hostIdSchema.optional(),
  destinationHost: hostIdSchema.optional(),
  owner: ownerIdSchema.optional(),
  title: titleIdSchema.optional(),
  category: z.string().max(64).optional(),
  kind: transferKindSchema.optional(),
  /** What is believed of the bytes; `billable` is edge and settled together, as invoices count. */
  belief: z.enum(['billable', ...beliefSchema.options]).optional(),
  /** Whether the networks between both ends are known. */
  attributed: z.enum(['yes', 'no']).optional(),
  time: queryTimeSchema.default({ timeZone: 'UTC' }),
  groupBy: z.array(queryDimensionSchema).max(3).default([]),
  /** Most rows, the largest ones; what the others have is told as `other`. */
  limit: z.int().min(1).max(10_000).default(1_000),
  explain: z.boolean().default(false),
});
export type Query = z.infer<typeof querySchema>;
