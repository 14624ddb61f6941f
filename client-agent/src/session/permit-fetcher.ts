import type { HttpClient } from '@fairhop/shared/contract';
import { type AgentKey, FairhopError } from '@fairhop/shared/model';
import { z } from 'zod';

/** A permit token is below 16 KiB, and so is the answer that carries one. */
const MAX_ANSWER_BYTES = 32 * 1024;
const TIMEOUT_MS = 10_000;

const permitAnswerSchema = z.object({
  permit: z
    .string()
    .max(16_384)
    .regex(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/, 'must be a compact JWT'),
});

/**
 * Asks the ISP for this subscriber's permit: `GET permitUrl?agent=…&coordinator=…`, answered with JSON `{ "permit": JWT }`.
 * What the permit says is for the coordinator to check. @throws `permit-url-invalid`, and what the HTTP client throws
 */
export async function fetchPermit(
  http: HttpClient,
  {
    permitUrl,
    agent,
    coordinator,
    signal,
  }: { permitUrl: string; agent: AgentKey; coordinator: string; signal: AbortSignal },
): Promise<string> {
  if (!URL.canParse(permitUrl) || !/^https?:$/.test(new URL(permitUrl).protocol)) {
    throw new FairhopError('permit-url-invalid', `The permit URL ${permitUrl} is not an http or https URL`);
  }
  const url = new URL(permitUrl);
  url.searchParams.set('agent', agent);
  url.searchParams.set('coordinator', coordinator);
  const { permit } = await http.requestJson({
    baseUrl: url.origin,
    method: 'GET',
    path: `${url.pathname}${url.search}`,
    schema: permitAnswerSchema,
    signal,
    timeoutMs: TIMEOUT_MS,
    maxResponseBytes: MAX_ANSWER_BYTES,
  });
  return permit;
}
