import { verifyToken } from '@fairhop/shared/crypto';
import { createBoundedCache, type GrantClaims, grantClaimsSchema, tokenType } from '@fairhop/shared/model';
import type { KeyLookup } from './coordinator-keys.js';
import { CLOCK_TOLERANCE_MS, instant } from './event-times.js';
import { isRejection, rejection } from './rejection.js';

export interface GrantVerifier {
  /**
   * The claims of a grant that the coordinator signed and that held at `atMs`. A grant is judged by the time of
   * its transfer, not by the time of the report. Throws `grant-forged`, `grant-expired`, `grant-not-yet-valid`.
   */
  verify(token: string, atMs: number): Promise<GrantClaims>;
}

/** Transfers that run in the same minutes; a grant takes about 2 KiB. */
const maximumCachedGrants = 10_000;

export function createGrantVerifier(keyOf: KeyLookup, coordinatorId: string): GrantVerifier {
  const verified = createBoundedCache<string, GrantClaims>(maximumCachedGrants);

  const claimsOf = async (token: string, atMs: number): Promise<GrantClaims> => {
    const known = verified.get(token);
    if (known !== undefined) return known;
    const claims = await verifyToken({
      token,
      type: tokenType.grant,
      schema: grantClaimsSchema,
      keyOf,
      nowMs: atMs,
      clockToleranceMs: CLOCK_TOLERANCE_MS,
    }).catch((error: unknown) => {
      if (!isRejection(error)) throw error;
      const code = error.code === 'token-expired' ? 'grant-expired' : 'grant-forged';
      throw rejection(code, error.message, error);
    });
    verified.set(token, claims);
    return claims;
  };
  return {
    async verify(token, atMs) {
      const claims = await claimsOf(token, atMs);
      if (claims.iss !== coordinatorId) {
        throw rejection('grant-forged', `the grant is issued by "${claims.iss}", not by "${coordinatorId}"`);
      }
      checkValidity(claims, atMs);
      return claims;
    },
  };
}

function checkValidity({ iat, exp }: GrantClaims, atMs: number): void {
  if (atMs > exp * 1000 + CLOCK_TOLERANCE_MS) {
    throw rejection(
      'grant-expired',
      `the grant expired at ${instant(exp * 1000)}, the receipt is of ${instant(atMs)}`,
    );
  }
  if (atMs < iat * 1000 - CLOCK_TOLERANCE_MS) {
    throw rejection(
      'grant-not-yet-valid',
      `the grant is of ${instant(iat * 1000)}, the receipt of ${instant(atMs)}`,
    );
  }
}
