import { edgeProofBytes, verify } from '@fairhop/shared/crypto';
import { FairhopError, type PublicKey } from '@fairhop/shared/model';

export interface EdgeProof {
  readonly coordinator: string;
  readonly edge: string;
  readonly url: string;
  readonly key: PublicKey;
  readonly timeMs: number;
  readonly signature: string;
}

/** An edge learns the coordinator's time from it; what is left is the way there. */
const MAX_AGE_MS = 60_000;

/** Throws `edge-proof-forged` and `edge-proof-expired` (401). */
export function requireEdgeProof(proof: EdgeProof, nowMs: number): void {
  const { edge, key, timeMs } = proof;
  if (!verify(key, edgeProofBytes(proof), Buffer.from(proof.signature, 'base64url'))) {
    const message = `the signature of edge ${edge} is not by its key ${key} over this coordinator, edge, URL and time`;
    throw new FairhopError('edge-proof-forged', message, { status: 401 });
  }
  if (Math.abs(nowMs - timeMs) <= MAX_AGE_MS) return;
  const message = `the signature of edge ${edge} is of ${new Date(timeMs).toISOString()}, here it is ${new Date(nowMs).toISOString()}; take the time from GET /v1/coordinator`;
  throw new FairhopError('edge-proof-expired', message, { status: 401, details: { timeMs: nowMs } });
}
