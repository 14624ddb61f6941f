import { randomUUID } from 'node:crypto';
import { contentPath, type EdgeInfo, type EdgeSource } from '@fairhop/shared/contract';
import { type Identity, signToken } from '@fairhop/shared/crypto';
import {
  ACCOUNTING_AUDIENCE,
  type AccessClaims,
  type AgentKey,
  type Asn,
  type EdgeUrlClaims,
  type GrantClaims,
  type Title,
  tokenType,
} from '@fairhop/shared/model';
import type { RunningGrant } from './running-grant.js';

/** Tokens that the coordinator signs; `kid` is its public key of that moment. */
export interface TokenIssuer {
  grant(grant: RunningGrant): Promise<string>;
  edgeSource(order: EdgeOrder): Promise<EdgeSource>;
  agentAccess(agent: {
    key: AgentKey;
    asn: Asn | null;
    nowMs: number;
  }): Promise<{ accessToken: string; accessExpiresMs: number }>;
}

interface EdgeOrder {
  readonly edge: EdgeInfo;
  readonly title: Title;
  readonly client: AgentKey;
  /** Of policies on the way. */
  readonly limits: NonNullable<EdgeUrlClaims['limits']>;
  readonly nowMs: number;
}

export interface TokenIssuerConfig {
  readonly coordinatorId: string;
  readonly edgeUrlLifetimeMs: number;
  readonly accessLifetimeMs: number;
}

const seconds = (timeMs: number): number => Math.floor(timeMs / 1000);

export function createTokenIssuer(config: TokenIssuerConfig, identity: Identity): TokenIssuer {
  const iss = config.coordinatorId;
  return {
    grant(grant) {
      const claims: GrantClaims = {
        jti: grant.transferId,
        iss,
        aud: grant.uploader,
        iat: seconds(grant.issuedMs),
        exp: seconds(grant.expiresMs),
        content: grant.contentId,
        title: grant.titleId,
        category: grant.category,
        sizeBytes: grant.sizeBytes,
        uploader: grant.uploader,
        downloader: grant.downloader,
        maxBytes: grant.maxBytes,
        rateBitsPerSecond: grant.rateBitsPerSecond,
        permit: grant.permit,
        ...(grant.uploaderAsn !== undefined && { uploaderAsn: grant.uploaderAsn }),
        ...(grant.downloaderAsn !== undefined && { downloaderAsn: grant.downloaderAsn }),
      };
      return signToken({ claims, identity, kid: identity.key, type: tokenType.grant });
    },
    async edgeSource({ edge, title, client, limits, nowMs }) {
      const claims: EdgeUrlClaims = {
        jti: randomUUID(),
        iss,
        aud: edge.id,
        iat: seconds(nowMs),
        exp: seconds(nowMs + config.edgeUrlLifetimeMs),
        content: title.contentId,
        title: title.id,
        category: title.category,
        sizeBytes: title.sizeBytes,
        client,
        ...(limits.length > 0 && { limits }),
      };
      const token = await signToken({ claims, identity, kid: identity.key, type: tokenType.edgeUrl });
      const url = new URL(contentPath(title.contentId, title.fileName), edge.url);
      url.searchParams.set('token', token);
      return {
        edge: edge.id,
        transferId: claims.jti,
        url: url.href,
        asn: edge.asn,
        isp: edge.isp,
        expiresMs: claims.exp * 1000,
      };
    },
    async agentAccess({ key, asn, nowMs }) {
      const claims: AccessClaims = {
        iss,
        aud: ACCOUNTING_AUDIENCE,
        iat: seconds(nowMs),
        exp: seconds(nowMs + config.accessLifetimeMs),
        role: 'agent',
        sub: key,
        ...(asn === null ? {} : { asn }),
      };
      const accessToken = await signToken({ claims, identity, kid: identity.key, type: tokenType.access });
      return { accessToken, accessExpiresMs: claims.exp * 1000 };
    },
  };
}
