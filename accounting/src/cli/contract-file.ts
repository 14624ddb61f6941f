import { readFile } from 'node:fs/promises';
import {
  contractSchema,
  contractTermsSchema,
  FairhopError,
  fieldErrors,
  partySchema,
  slugSchema,
} from '@fairhop/shared/model';
import { z } from 'zod';
import { createZone } from '../query/zone.js';

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const dateSchema = z
  .string()
  .refine((text) => DATE.test(text) && isDay(text), 'must be a date such as 2026-11-01');

const contractFileSchema = z.strictObject({
  id: slugSchema,
  kind: contractSchema.shape.kind,
  name: contractSchema.shape.name,
  issuer: partySchema,
  payer: partySchema,
  /** First day of the terms in their zone. */
  from: dateSchema,
  terms: contractTermsSchema,
});
export type ContractFile = z.output<typeof contractFileSchema>;

/** `from` in place of the file's own. Throws `contract-file-unreadable`, `contract-file-invalid`. */
export async function readContractFile(file: string, from?: string): Promise<ContractFile> {
  const content = await readJson(file);
  const given =
    from === undefined || content === null || typeof content !== 'object' ? content : { ...content, from };
  const { data, error } = contractFileSchema.safeParse(given);
  if (data !== undefined) return data;
  const errors = fieldErrors(error);
  const wrong = errors.map(({ path, message }) => `${path || 'the whole'} ${message}`).join('; ');
  const message = `contract file ${file} is not right: ${wrong}`;
  throw new FairhopError('contract-file-invalid', message, { status: 400, errors });
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `contract file ${file} cannot be used (${reason}); a readable JSON file is right`;
    throw new FairhopError('contract-file-unreadable', message, { status: 400, cause });
  }
}

/** The first instant of a date in a zone, or an instant of ISO 8601 with its own. Throws `time-invalid`. */
export function instantIn(text: string, timeZone: string): number {
  if (DATE.test(text) && isDay(text)) {
    const [year, month, day] = text.split('-').map(Number);
    return createZone(timeZone).dayStartMs(year!, month!, day!);
  }
  const timeMs = /T.*(Z|[+-]\d{2}:\d{2})$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(timeMs)) return timeMs;
  const message = `${text} is no time; a date 2026-12-01 or 2026-12-01T00:00:00Z with its zone is right`;
  throw new FairhopError('time-invalid', message, { status: 400 });
}

function isDay(text: string): boolean {
  const timeMs = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(timeMs) && new Date(timeMs).toISOString().startsWith(text);
}
