import { verifyToken } from '@fairhop/shared/crypto';
import {
  ACCOUNTING_AUDIENCE,
  accessClaimsSchema,
  FairhopError,
  type PublicKey,
  tokenType,
} from '@fairhop/shared/model';
import type { KeyLookup } from './coordinator-keys.js';
import { CLOCK_TOLERANCE_MS } from './event-times.js';

/** Who reports, as its access token proves. */
export interface Reporter {
  readonly key: PublicKey;
  readonly role: 'agent' | 'edge';
}

/** Throws (401) what `verifyToken` throws, `coordinator-not-trusted`, and (503) what the keys' lookup throws. */
export async function verifyReporter(
  token: string,
  { keyOf, coordinatorId }: { readonly keyOf: KeyLookup; readonly coordinatorId: string },
  nowMs: number,
): Promise<Reporter> {
  const claims = await verifyToken({
    token,
    type: tokenType.access,
    schema: accessClaimsSchema,
    keyOf,
    audience: ACCOUNTING_AUDIENCE,
    nowMs,
    clockToleranceMs: CLOCK_TOLERANCE_MS,
  });
  if (claims.iss !== coordinatorId) {
    const message = `the access token is of coordinator "${claims.iss}"; one of "${coordinatorId}" is right`;
    throw new FairhopError('coordinator-not-trusted', message, { status: 401 });
  }
  return { key: claims.sub, role: claims.role };
}
