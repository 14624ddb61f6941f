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

interface Verified {
  readonly claims: EdgeUrlClaims;
  readonly keyId: string;
  readonly key: PublicKey | undefined;
}

export function createUrlTokens({ edge, keyOf, issuer, clock }: UrlTokensDependencies): UrlTokens {
  /** Good tokens. */
  const remembered = createBoundedCache<string, Verified>(maxRemembered);

  const verify = async (token: string): Promise<Verified> => {
    const known = remembered.get(token);
    const nowMs = clock.nowMs();
    // A key that was revoked is believed no more, whatever it signed before.
    if (known !== undefined && known.claims.exp * 1000 > nowMs && (await keyOf(known.keyId)) === known.key)
      return known;
    const from = issuer();
    let used: Pick<Verified, 'keyId' | 'key'> = { keyId: '', key: undefined };
    const claims = await verifyToken({
      token,
      type: tokenType.edgeUrl,
      schema: edgeUrlClaimsSchema,
      keyOf: async (keyId) => {
        used = { keyId, key: await keyOf(keyId) };
        return used.key;
      },
      audience: edge,
      nowMs,
      ...(from !== undefined && { issuer: from }),
    });
    return { claims, ...used };
  };

  return {
    check: async (token, contentId) => {
      if (token === undefined || token === '') {
        throw refused('token-missing', 'the URL has no token; the coordinator gives URLs with one');
      }
      let verified: Verified;
      try {
        verified = await verify(token);
      } catch (error) {
        // The token stands for the whole permission of the request, so that its failure is 403 and not a challenge.
        if (error instanceof FairhopError && error.status === 401) throw refused(error.code, error.message);
        throw error;
      }
      remembered.set(token, verified);
      const { claims } = verified;
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
