import {
  createClient,
  createHttpClient,
  type EdgeInfo,
  edgeEndpoints,
  MAX_AUDIT_BYTES,
} from '@fairhop/shared/contract';
import { type Identity, signToken } from '@fairhop/shared/crypto';
import { type AuditClaims, type ContentId, FairhopError, tokenType } from '@fairhop/shared/model';
import type { Clock, Logger } from '@fairhop/shared/service';

/** A range of a piece, and the key of its hash. */
export interface AuditQuestion {
  readonly auditId: string;
  readonly contentId: ContentId;
  readonly piece: number;
  readonly offset: number;
  /** At most MAX_AUDIT_BYTES. */
  readonly lengthBytes: number;
  readonly nonce: string;
}

export interface EdgeDigests {
  /** The right digest by the first edge that knows it; undefined when none does. */
  digestOf(question: AuditQuestion, edges: readonly EdgeInfo[]): Promise<string | undefined>;
  stop(): Promise<void>;
}

/** The second is for an edge that is just going. */
const MAX_EDGES_ASKED = 2;
/** A piece of the largest length that comes from the origin first, at some 7 Mbit/s. */
const TIMEOUT_MS = 20_000;
const TOKEN_LIFETIME_SECONDS = 60;

export function createEdgeDigests({
  coordinator,
  identity,
  clock,
  log,
}: {
  coordinator: string;
  identity: Identity;
  clock: Clock;
  log: Logger;
}): EdgeDigests {
  const http = createHttpClient();
  const stopping = new AbortController();

  const ask = async (
    { auditId, contentId: content, piece, offset, lengthBytes, nonce }: AuditQuestion,
    edge: EdgeInfo,
  ): Promise<string> => {
    if (lengthBytes > MAX_AUDIT_BYTES) throw new Error(`an audit of ${lengthBytes} bytes is too long`);
    const issued = Math.floor(clock.nowMs() / 1000);
    const claims = {
      jti: auditId,
      iss: coordinator,
      aud: edge.id,
      iat: issued,
      exp: issued + TOKEN_LIFETIME_SECONDS,
      ...{ content, piece, offset, lengthBytes, nonce },
    } satisfies AuditClaims;
    const token = await signToken({ claims, identity, kid: identity.key, type: tokenType.audit });
    const client = createClient(edgeEndpoints, { http, baseUrl: edge.url });
    const { digest } = await client.audit(
      { body: { token } },
      { signal: stopping.signal, timeoutMs: TIMEOUT_MS },
    );
    return digest;
  };

  return {
    async digestOf(question, edges) {
      for (const edge of edges.slice(0, MAX_EDGES_ASKED)) {
        try {
          return await ask(question, edge);
        } catch (error) {
          if (stopping.signal.aborted) return undefined;
          const code = error instanceof FairhopError ? error.code : String(error);
          log.info({ edge: edge.id, content: question.contentId, code }, 'an edge could not verify an audit');
        }
      }
      return undefined;
    },
    stop() {
      stopping.abort();
      return http.close();
    },
  };
}
