import { verifyToken } from '@fairhop/shared/crypto';
import {
  createBoundedCache,
  FairhopError,
  type PermitClaims,
  type PublicKey,
  permitClaimsSchema,
  tokenType,
} from '@fairhop/shared/model';
import type { PermitCode } from './decide-permit.js';

type CheckedPermitToken = { claims: PermitClaims } | { code: PermitCode; reason: string };

const codeOf: Readonly<Record<string, PermitCode>> = {
  'token-forged': 'permit-forged',
  'token-unknown-key': 'permit-unknown-key',
};

/** Permits of agents that are connected: about 1 KiB each with their networks. */
const MAX_REMEMBERED = 20_000;

export interface PermitTokens {
  /**
   * Reads a permit and checks its signature with the key that its issuer registered. Dates, audience, subject and networks are
   * judged by `decidePermit`.
   */
  check(token: string): Promise<CheckedPermitToken>;
}

/** A permit is looked at with every change of the hour or of an agreement; its signature is checked once for a key. */
export function createPermitTokens(
  keyOf: (isp: string, keyId: string) => PublicKey | undefined,
): PermitTokens {
  interface Verified {
    readonly claims: PermitClaims;
    readonly keyId: string;
    readonly key: PublicKey;
  }
  const verified = createBoundedCache<string, Verified>(MAX_REMEMBERED);
  return {
    async check(token) {
      const known = verified.get(token);
      if (known && keyOf(known.claims.iss, known.keyId) === known.key) return { claims: known.claims };
      // Only chooses whose keys are asked; the signature then covers it.
      const issuer = statedIssuer(token);
      let used: Pick<Verified, 'keyId' | 'key'> | undefined;
      try {
        const claims = await verifyToken({
          token,
          type: tokenType.permit,
          schema: permitClaimsSchema,
          keyOf: (keyId) => {
            const key = keyOf(issuer, keyId);
            used = key === undefined ? undefined : { keyId, key };
            return key;
          },
          issuer,
          nowMs: 0,
          clockToleranceMs: Number.MAX_SAFE_INTEGER,
        });
        if (used) verified.set(token, { claims, ...used });
        return { claims };
      } catch (error) {
        if (!(error instanceof FairhopError) || error.status !== 401) throw error;
        const code = codeOf[error.code] ?? 'permit-malformed';
        return { code, reason: `your permit is refused: ${error.message}` };
      }
    },
  };
}

function statedIssuer(token: string): string {
  try {
    const payload: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const issuer = (payload as { iss?: unknown } | null)?.iss;
    return typeof issuer === 'string' ? issuer : '';
  } catch {
    return '';
  }
}
