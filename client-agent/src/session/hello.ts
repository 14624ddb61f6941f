import {
  type AgentMessage,
  type CoordinatorMessage,
  SESSION_PROTOCOL_VERSION,
} from '@fairhop/shared/contract';
import { type Identity, sessionProofBytes } from '@fairhop/shared/crypto';

/** Proves the agent's key to the coordinator that asked. */
export function helloTo(
  { coordinator, nonce }: Extract<CoordinatorMessage, { type: 'challenge' }>,
  {
    identity,
    software,
    permitToken,
  }: { identity: Identity; software: string; permitToken?: string | undefined },
): AgentMessage {
  const proof = sessionProofBytes({ coordinator, nonce, key: identity.key });
  return {
    type: 'hello',
    protocolVersion: SESSION_PROTOCOL_VERSION,
    agent: identity.key,
    signature: Buffer.from(identity.sign(proof)).toString('base64url'),
    software,
    ...(permitToken !== undefined && { permitToken }),
  };
}
