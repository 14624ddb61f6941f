import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { FairhopError } from '../model/errors.js';

/** Who a request comes from, once it is proved. */
export interface Principal {
  kind: 'operator' | 'isp' | 'owner' | 'edge' | 'agent' | 'accounting';
  /** Identifier among those of its kind, for example `isp:sp1`. */
  id: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on routes behind `requirePrincipal`. */
    principal: Principal | null;
  }
}

export interface Authenticator {
  /**
   * A hook that lets a request through when its bearer token (RFC 6750) is of one of the kinds, and sets
   * `request.principal`; else `unauthenticated` (401) or `forbidden` (403). As `onRequest` it runs before the body is
   * read, so strangers cost little; as `preHandler` after it.
   */
  requirePrincipal(kinds: readonly Principal['kind'][]): (request: FastifyRequest) => Promise<void>;
}

/** No token of ours is longer; a JWT grant is below 1 KiB. */
const maxTokenLength = 4096;

export function createAuthenticator(dependencies: {
  /** Who the token belongs to; undefined when to nobody, or not any more. */
  verify(token: string): Promise<Principal | undefined>;
}): Authenticator {
  return {
    requirePrincipal: (kinds) => async (request) => {
      const token = bearerToken(request.headers.authorization);
      if (token === undefined) throw unauthenticated('the request has no bearer token');
      const principal = await dependencies.verify(token);
      if (!principal) throw unauthenticated('the bearer token is unknown or no longer valid');
      if (!kinds.includes(principal.kind)) {
        const message = `${principal.kind} ${principal.id} may not do this; it takes ${kinds.join(' or ')}`;
        throw new FairhopError('forbidden', message, { status: 403 });
      }
      request.principal = principal;
    },
  };
}

/** A `verify` for few tokens that are known in clear, such as the operator's. */
export function staticTokens(
  entries: readonly { token: string; principal: Principal }[],
): (token: string) => Promise<Principal | undefined> {
  const hashed = entries.map(({ token, principal }) => ({ hash: hashApiKey(token), principal }));
  return async (token) => hashed.find(({ hash }) => apiKeyMatches(token, hash))?.principal;
}

/** A new API key: `key` is shown once, `hash` is what is stored. */
export function newApiKey(): { key: string; hash: string } {
  const key = `fairhop_${randomBytes(32).toString('base64url')}`;
  return { key, hash: hashApiKey(key) };
}

/**
 * SHA-256 in hex. A key has 256 random bits, so that nobody can guess it from its hash, and a slow password hash would
 * only cost time.
 */
export function hashApiKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** Compares in a time that tells nothing of how much is right. */
export function apiKeyMatches(key: string, hash: string): boolean {
  const given = Buffer.from(hashApiKey(key), 'hex');
  const wanted = Buffer.from(hash, 'hex');
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** Status 401 obliges to tell the way to authenticate (RFC 9110, 11.6.1); the error handler does. */
function unauthenticated(why: string): FairhopError {
  return new FairhopError('unauthenticated', `${why}; send Authorization: Bearer <token>`, { status: 401 });
}

function bearerToken(header: string | undefined): string | undefined {
  if (header === undefined || header.length > maxTokenLength) return undefined;
  return /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(header)?.[1];
}
