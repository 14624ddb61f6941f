import type { IncomingHttpHeaders } from 'node:http';
import { type ByteRange, decideRange } from './range.js';

export type Answer =
  | { readonly status: 200 | 206; readonly range: ByteRange }
  | { readonly status: 304 | 412 | 416; readonly range?: undefined };

/**
 * Which answer a conditional or range request gets, in the order of RFC 9110 §13.2.2. The representation has a strong
 * ETag and no modification date, so that conditions on dates do not apply, and an If-Range with a date never matches.
 */
export function decideAnswer(
  method: string,
  headers: IncomingHttpHeaders,
  { etag, sizeBytes }: { etag: string; sizeBytes: number },
): Answer {
  const ifMatch = headers['if-match'];
  if (ifMatch !== undefined && !matchesAny(ifMatch, etag, 'strong')) return { status: 412 };
  const ifNoneMatch = headers['if-none-match'];
  if (ifNoneMatch !== undefined && matchesAny(ifNoneMatch, etag, 'weak')) return { status: 304 };
  const whole = { status: 200, range: { fromByte: 0, toByte: sizeBytes } } as const;
  // Ranges are defined for GET alone (RFC 9110 §14.2).
  if (method !== 'GET') return whole;
  const ifRange = headers['if-range'];
  if (typeof ifRange === 'string' && ifRange.trim() !== etag) return whole;
  const range = decideRange(headers.range, sizeBytes);
  if (range === 'whole') return whole;
  if (range === 'unsatisfiable') return { status: 416 };
  return { status: 206, range };
}

function matchesAny(header: string, etag: string, comparison: 'strong' | 'weak'): boolean {
  if (header.trim() === '*') return true;
  return (header.match(/(?:W\/)?"[^"]*"/g) ?? []).some(
    (tag) => tag === etag || (comparison === 'weak' && tag === `W/${etag}`),
  );
}
