import { randomBytes } from 'node:crypto';
import { type AgentMessage, SESSION_PROTOCOL_VERSION } from '@fairhop/shared/contract';
import { sessionProofBytes, verify } from '@fairhop/shared/crypto';
import { FairhopError } from '@fairhop/shared/model';

export type Hello = Extract<AgentMessage, { type: 'hello' }>;

/** The coordinator's side of one proof: its nonce is good for one hello on one connection. */
export interface Handshake {
  readonly nonce: string;
  /** Throws `session-protocol-version`, `session-proof-invalid`. */
  check(hello: Hello): void;
}

export function createHandshake(coordinatorId: string): Handshake {
  const nonce = randomBytes(24).toString('base64url');
  let used = false;
  return {
    nonce,
    check({ protocolVersion, agent, signature }) {
      if (protocolVersion !== SESSION_PROTOCOL_VERSION) {
        throw new FairhopError(
          'session-protocol-version',
          `Protocol version ${protocolVersion} is not spoken here, version ${SESSION_PROTOCOL_VERSION} is`,
        );
      }
      const proof = sessionProofBytes({ coordinator: coordinatorId, nonce, key: agent });
      const proven = !used && verify(agent, proof, Buffer.from(signature, 'base64url'));
      used = true;
      if (proven) return;
      throw new FairhopError(
        'session-proof-invalid',
        `The signature is not by key ${agent} over this session's nonce; sign the nonce of the latest challenge`,
      );
    },
  };
}
