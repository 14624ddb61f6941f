import { verifyToken } from '@fairhop/shared/crypto';
import {
  type ContentId,
  createBoundedCache,
  type EdgeUrlClaims,
  edgeUrlClaimsSchema,
  FairhopError,
  type PublicKey,
  tokenType,
} from '@fairhop/shared/model';
import type { Clock } from '@fairhop/shared/service';

/** Agents ask for many ranges with one token; its signature is checked once. */
const maxRemembered = 4_096;

export interface UrlTokensDependencies {
  /** This edge's id. */
  edge: string;
  keyOf(kid: string): Promise<PublicKey | undefined>;
  issuer(): string | undefined;
  /** The coordinator's. */
  clock: Clock;
}

export interface UrlTokens {
  /**
   * The order that a URL's token carries. Throws (403) `token-missing`, `token-expired`, `token-forged` and the other codes
   * of `verifyToken`, and `token-other-content`.
   */
  check(token: string | undefined, contentId: ContentId): Promise<EdgeUrlClaims>;
}

export function createUrlTokens({ edge, keyOf, issuer, clock }: UrlTokensDependencies): UrlTokens {
  /** Good tokens. */
  const remembered = createBoundedCache<string, EdgeUrlClaims>(maxRemembered);

  const verify = async (token: string): Promise<EdgeUrlClaims> => {
    const known = remembered.get(token);
    const nowMs = clock.nowMs();
    if (known !== undefined && known.exp * 1000 > nowMs) return known;
    const from = issuer();
    const claims = await verifyToken({
      token,
      type: tokenType.edgeUrl,
      schema: edgeUrlClaimsSchema,
      keyOf,
      audience: edge,
      nowMs,
      ...(from !== undefined && { issuer: from }),
    });
    return claims;
  };

  return {
    check: async (token, contentId) => {
      if (token === undefined || token === '') {
        throw refused('token-missing', 'the URL has no token; the coordinator gives URLs with one');
      }
      let claims: EdgeUrlClaims;
      try {
        claims = await verify(token);
      } catch (error) {
        // The token stands for the whole permission of the request, so that its failure is 403 and not a challenge.
        if (error instanceof FairhopError && error.status === 401) throw refused(error.code, error.message);
        throw error;
      }
      remembered.set(token, claims);
      if (claims.content === contentId) return claims;
      throw refused(
        'token-other-content',
        `the token is for content ${claims.content}, not for ${contentId}`,
      );
    },
  };
}

const refused = (code: string, message: string): FairhopError =>
  new FairhopError(code, message, { status: 403 });
