import { verifyToken } from '@fairhop/shared/crypto';
import { ACCOUNTING_AUDIENCE, accessClaimsSchema, type PublicKey, tokenType } from '@fairhop/shared/model';
import type { KeyLookup } from './coordinator-keys.js';
import { CLOCK_TOLERANCE_MS } from './event-times.js';

/** Who reports, as its access token proves. */
export interface Reporter {
  readonly key: PublicKey;
  readonly role: 'agent' | 'edge';
  /** The coordinator that knows it; only this coordinator's grants count for it. */
  readonly issuer: string;
}

/** Throws (401) what `verifyToken` throws, and (503) what the keys' lookup throws. */
export async function verifyReporter(token: string, keyOf: KeyLookup, nowMs: number): Promise<Reporter> {
  const claims = await verifyToken({
    token,
    type: tokenType.access,
    schema: accessClaimsSchema,
    keyOf,
    audience: ACCOUNTING_AUDIENCE,
    nowMs,
    clockToleranceMs: CLOCK_TOLERANCE_MS,
  });
  return { key: claims.sub, role: claims.role, issuer: claims.iss };
}
