import { verifyToken } from '@fairhop/shared/crypto';
import {
  type AgentKey,
  FairhopError,
  type GrantClaims,
  grantClaimsSchema,
  type PublicKey,
  tokenType,
} from '@fairhop/shared/model';

/** The coordinator of the session: its id issues grants, its key signs them. */
export interface CoordinatorIdentity {
  readonly id: string;
  readonly publicKey: PublicKey;
  /** All that sign grants in force, after a rotation more than one; without them it is `publicKey` alone. */
  readonly publicKeys?: readonly PublicKey[] | undefined;
}

export interface GrantCheck {
  token: string;
  coordinator: CoordinatorIdentity;
  uploader: AgentKey;
  /** Coordinator's time. */
  nowMs: number;
}

/** Clocks are the coordinator's on both sides; what differs is the time that a message of the session takes. */
const CLOCK_TOLERANCE_MS = 2_000;

/**
 * The claims of a grant that this coordinator gave for this uploader and that is in force.
 * Throws what `verifyToken` throws, and `grant-inconsistent`.
 */
export async function checkGrant({ token, coordinator, uploader, nowMs }: GrantCheck): Promise<GrantClaims> {
  const claims = await verifyToken({
    token,
    type: tokenType.grant,
    schema: grantClaimsSchema,
    keyOf: (kid) =>
      coordinator.publicKeys === undefined
        ? coordinator.publicKey
        : coordinator.publicKeys.find((key) => key === kid),
    issuer: coordinator.id,
    audience: uploader,
    nowMs,
    clockToleranceMs: CLOCK_TOLERANCE_MS,
  });
  if (claims.uploader === uploader && claims.downloader !== uploader) return claims;
  throw new FairhopError(
    'grant-inconsistent',
    `Grant ${claims.jti} is for uploader ${claims.uploader} and downloader ${claims.downloader}, its audience is ${uploader}`,
    { status: 401 },
  );
}
