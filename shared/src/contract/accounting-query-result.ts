import { z } from 'zod';
import { byteCountSchema, contentIdSchema, timeMsSchema, titleIdSchema } from '../model/index.js';
import { queryMeasureSchema } from './accounting-query.js';

export const queryResultSchema = z.object({
  measure: queryMeasureSchema,
  unit: z.enum(['bytes', 'events', 'files', 'hosts', 'bitsPerSecond']),
  /** Signed for `difference`; rates are rounded down. */
  value: z.int(),
  /** Both directions of a `difference`, or of the `larger` rate. */
  parts: z.object({ forward: z.int(), backward: z.int() }).optional(),
  /** What a rate was made from, to the byte. */
  rate: z
    .object({
      /** 5-minute bins that are asked for, empty ones included; null where time is not bounded. */
      bins: z.int().nullable(),
      /** Place of the bin that decides, counted from 1 for the largest; of a percentile. */
      rank: z.int().optional(),
      /** Bytes of the bin that decides; of an average, of all bins. */
      bytes: byteCountSchema,
    })
    .optional(),
  /** The largest first; a group without anything has no row. */
  rows: z.array(
    z.object({ key: z.record(z.string(), z.union([z.string(), z.number(), z.null()])), value: z.int() }),
  ),
  /** Groups beyond the limit, and what they add up to; null where such values cannot be added. Absent when all are shown. */
  other: z.object({ groups: z.int(), value: z.int().nullable() }).optional(),
  /** True when the rows, with `other`, add up to `value`: not for rates, for hosts, or for components. */
  rowsAddUp: z.boolean(),
  /** Files a host received completely, for `files`: the first of them. */
  files: z
    .array(
      z.object({
        title: titleIdSchema,
        contentId: contentIdSchema,
        sizeBytes: byteCountSchema,
        completedMs: timeMsSchema,
      }),
    )
    .optional(),
  /** How many of `files` there are beyond the limit. Absent when all are listed. */
  otherFiles: z.int().optional(),
  answeredBy: z.string(),
  /** Where it is not as fine as it was asked for, since older events are dropped: what was answered instead. */
  notes: z.array(z.string()).optional(),
  /** Rows that were gone through in each rollup, or in the events; only when `explain` is asked for. */
  explanation: z.array(z.object({ rollup: z.string(), rowsRead: z.int() })).optional(),
  fromMs: timeMsSchema.nullable(),
  toMs: timeMsSchema.nullable(),
});
export type QueryResult = z.infer<typeof queryResultSchema>;
