import { randomUUID } from 'node:crypto';
import { contentPath, type EdgeInfo } from '@fairhop/shared/contract';
import { type Identity, signToken } from '@fairhop/shared/crypto';
import { type EdgeUrlClaims, type Title, tokenType } from '@fairhop/shared/model';

/** Long enough for the largest title over a slow line, with pauses. */
const VALID_SECONDS = 6 * 3600;

/** URL of a title at an edge for a plain HTTP client, with its own transfer id. */
export async function plainEdgeUrl(order: {
  coordinator: string;
  identity: Identity;
  edge: EdgeInfo;
  title: Title;
  /** Of policies on the way. */
  limits: NonNullable<EdgeUrlClaims['limits']>;
  nowMs: number;
}): Promise<string> {
  const { coordinator, identity, edge, title, limits } = order;
  const issued = Math.floor(order.nowMs / 1000);
  const claims: EdgeUrlClaims = {
    jti: randomUUID(),
    iss: coordinator,
    aud: edge.id,
    iat: issued,
    exp: issued + VALID_SECONDS,
    content: title.contentId,
    title: title.id,
    category: title.category,
    sizeBytes: title.sizeBytes,
    ...(limits.length > 0 && { limits }),
  };
  const token = await signToken({ claims, identity, kid: identity.key, type: tokenType.edgeUrl });
  const url = new URL(contentPath(title.contentId, title.fileName), edge.url);
  url.searchParams.set('token', token);
  return url.href;
}
