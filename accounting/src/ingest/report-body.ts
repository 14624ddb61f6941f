import {
  fieldErrors,
  MAX_REPORT_MESSAGES,
  type ReportRecord,
  reportBatchSchema,
  reportMessageSchema,
  reportRecordSchema,
} from '@fairhop/shared/model';
import { z } from 'zod';
import { rejection } from './rejection.js';

/**
 * A batch whose records are not looked at yet: each is judged on its own, so that one wrong record does not hold up the
 * ones beside it. A message without a sequence number could not be answered, and is the batch's fault.
 */
export const looseBatchSchema = reportBatchSchema.extend({
  messages: z
    .array(
      z.strictObject({
        sequence: reportMessageSchema.shape.sequence,
        record: z.unknown().meta(z.toJSONSchema(reportRecordSchema)),
      }),
    )
    .min(1)
    .max(MAX_REPORT_MESSAGES),
});
export type LooseBatch = z.infer<typeof looseBatchSchema>;

/** Throws `record-invalid` with the path of each wrong field. */
export function parseRecord(record: unknown): ReportRecord {
  const parsed = reportRecordSchema.safeParse(record);
  if (parsed.success) return parsed.data;
  const wrong = fieldErrors(parsed.error, ['record']).slice(0, 5);
  throw rejection('record-invalid', wrong.map(({ path, message }) => `${path}: ${message}`).join('; '));
}

/** The lines of an NDJSON body as one batch: the head `{reporter, incarnation}`, then a message a line. */
export function batchOfLines(lines: readonly unknown[]): unknown {
  const [head, ...messages] = lines;
  return typeof head === 'object' && head !== null ? { ...head, messages } : { messages };
}
