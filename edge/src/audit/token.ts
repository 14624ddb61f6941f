import { verifyToken } from '@fairhop/shared/crypto';
import {
  type AuditClaims,
  auditClaimsSchema,
  FairhopError,
  type PublicKey,
  tokenType,
} from '@fairhop/shared/model';
import type { Clock } from '@fairhop/shared/service';

export interface AuditTokens {
  /** Throws (403) `token-expired`, `token-forged` and the other codes of `verifyToken`. */
  check(token: string): Promise<AuditClaims>;
}

export function createAuditTokens({
  edge,
  keyOf,
  issuer,
  clock,
}: {
  /** This edge's id. */
  edge: string;
  keyOf(kid: string): Promise<PublicKey | undefined>;
  issuer(): string | undefined;
  /** The coordinator's. */
  clock: Clock;
}): AuditTokens {
  return {
    async check(token) {
      const from = issuer();
      try {
        return await verifyToken({
          token,
          type: tokenType.audit,
          schema: auditClaimsSchema,
          keyOf,
          audience: edge,
          nowMs: clock.nowMs(),
          ...(from !== undefined && { issuer: from }),
        });
      } catch (error) {
        // As with the tokens of URLs: it stands for the whole permission, so that its failure is no challenge.
        if (!(error instanceof FairhopError) || error.status !== 401) throw error;
        throw new FairhopError(error.code, error.message, { status: 403, cause: error });
      }
    },
  };
}
