import { verifyToken } from '@fairhop/shared/crypto';
import {
  FairhopError,
  type PermitClaims,
  type PublicKey,
  permitClaimsSchema,
  tokenType,
} from '@fairhop/shared/model';
import type { PermitCode } from './decide-permit.js';

export type CheckedPermitToken = { claims: PermitClaims } | { code: PermitCode; reason: string };

const codeOf: Readonly<Record<string, PermitCode>> = {
  'token-forged': 'permit-forged',
  'token-unknown-key': 'permit-unknown-key',
};

/**
 * Reads a permit and checks its signature with the key that its issuer registered. Dates, audience, subject and networks are
 * judged by `decidePermit`.
 */
export async function checkPermitToken(
  token: string,
  keyOf: (isp: string, keyId: string) => PublicKey | undefined,
): Promise<CheckedPermitToken> {
  // Only chooses whose keys are asked; the signature then covers it.
  const issuer = statedIssuer(token);
  try {
    const claims = await verifyToken({
      token,
      type: tokenType.permit,
      schema: permitClaimsSchema,
      keyOf: (keyId) => keyOf(issuer, keyId),
      issuer,
      nowMs: 0,
      clockToleranceMs: Number.MAX_SAFE_INTEGER,
    });
    return { claims };
  } catch (error) {
    if (!(error instanceof FairhopError) || error.status !== 401) throw error;
    const code = codeOf[error.code] ?? 'permit-malformed';
    return { code, reason: `your permit is refused: ${error.message}` };
  }
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
