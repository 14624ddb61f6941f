import { FairhopError, fieldErrors, type UplinkTerms, uplinkTermsSchema } from '@fairhop/shared/model';
import { parseBitRate, parseByteSize } from '@fairhop/shared/service';
import { parseOption, parseTime } from './call.js';
import { tellAsTyped } from './typed-names.js';

export interface TermsOptions {
  readonly networks: readonly string[];
  readonly rate?: string;
  readonly hours?: string;
  readonly timeZone: string;
  readonly monthlyBytes?: string;
  readonly category?: readonly string[];
  readonly from?: string;
  readonly until?: string;
}

/** Clocks of an ISP and a coordinator differ by some seconds; what is stated now counts at once. */
const CLOCK_DIFFERENCE_MS = 60_000;
const YEAR_MS = 365 * 24 * 3_600_000;

/** Terms as the options of a command state them. Throws `invalid-terms` (400) and what the options' parsers throw. */
export function readTerms(options: TermsOptions, nowMs: number): UplinkTerms {
  const validFromMs =
    options.from === undefined ? nowMs - CLOCK_DIFFERENCE_MS : parseOption('--from', options.from, parseTime);
  const validUntilMs =
    options.until === undefined ? validFromMs + YEAR_MS : parseOption('--until', options.until, parseTime);
  const stated = {
    networks: [...options.networks],
    validFromMs,
    validUntilMs,
    ...(options.rate !== undefined && {
      maxRateBitsPerSecond: parseOption('--rate', options.rate, parseBitRate),
    }),
    ...(options.monthlyBytes !== undefined && {
      monthlyBytesPerSubscriber: parseOption('--monthly-bytes', options.monthlyBytes, parseByteSize),
    }),
    ...(options.hours !== undefined && { hours: parseHours(options.hours, options.timeZone) }),
    ...(options.category && { categories: [...options.category] }),
  };
  const parsed = uplinkTermsSchema.safeParse(stated);
  if (!parsed.success) {
    const errors = fieldErrors(parsed.error, ['body']);
    throw new FairhopError('invalid-terms', tellAsTyped(errors), { status: 400, errors });
  }
  if (validUntilMs > validFromMs) return parsed.data;
  throw new FairhopError('invalid-terms', '--until must be after --from', { status: 400 });
}

/** `18:00-06:00` of a zone. Throws `invalid-terms` (400). */
export function parseHours(text: string, timeZone: string): { from: string; to: string; timeZone: string } {
  const [, from, to] = /^([^-]+)-([^-]+)$/.exec(text) ?? [];
  if (from !== undefined && to !== undefined) return { from, to, timeZone };
  const message = `--hours: ${JSON.stringify(text)} is no span; 18:00-06:00 is right`;
  throw new FairhopError('invalid-terms', message, { status: 400 });
}

/** `0.002EUR` a GB in 10^-9 of the currency's major unit. */
export function parsePrice(text: string): { currency: string; nanosPerGigabyte: number } {
  const [, whole, fraction = '', currency] = /^(\d{1,6})(?:\.(\d{1,9}))?\s*([A-Z]{3})$/.exec(text) ?? [];
  if (whole !== undefined && currency !== undefined) {
    return { currency, nanosPerGigabyte: Number(whole) * 1e9 + Number(fraction.padEnd(9, '0')) };
  }
  const message = `${JSON.stringify(text)} is no price; 0.002EUR is right, with at most 9 decimals`;
  throw new FairhopError('invalid-price', message, { status: 400 });
}
