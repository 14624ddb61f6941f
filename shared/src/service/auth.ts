import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Organisation, Scope } from '../model/accounts.js';
import { FairhopError } from '../model/errors.js';

/** Who a request comes from, once it is proved. */
export interface Principal {
  kind: 'operator' | 'isp' | 'owner' | 'edge' | 'agent' | 'accounting';
  /** Identifier among those of its kind, for example `sp1`. */
  id: string;
  /** What it may do; absent: all that its kind may. */
  scopes?: readonly Scope[];
  /** The user or key that acts for it: `user:<id>` or `key:<id>`. */
  actor?: string;
  /** When its token ends, unless it is revoked before; absent: never, or nobody keeps it for later. */
  expiresMs?: number;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on routes behind `requirePrincipal`. */
    principal: Principal | null;
    /** Who the audit trail names where no principal is known yet. */
    trailActor: string | null;
    /** Whose business it is where no principal is known yet: its administrators see it in the audit trail. */
    trailOrganisation: Organisation | null;
  }
  interface FastifyContextConfig {
    scope?: Scope | 'any';
    trail?: 'always' | 'never';
  }
}

export interface Authenticator {
  /**
   * A hook that lets a request through when its bearer token (RFC 6750) is of one of the kinds and has the scope that the
   * endpoint needs, and sets `request.principal`; else `unauthenticated` (401), `forbidden` or `scope-missing` (403). As `onRequest` it runs before the body is
   * read, so strangers cost little; as `preHandler` after it.
   */
  requirePrincipal(kinds: readonly Principal['kind'][]): (request: FastifyRequest) => Promise<void>;
}

/** No token of ours is longer; a JWT grant is below 1 KiB. */
const maxTokenLength = 4096;

export function createAuthenticator(dependencies: {
  /** Who the token belongs to, which came from an address; undefined when to nobody, or not any more. */
  verify(token: string, address: string): Promise<Principal | undefined>;
}): Authenticator {
  return {
    requirePrincipal: (kinds) => async (request) => {
      const token = bearerToken(request.headers.authorization);
      if (token === undefined) throw unauthenticated('the request has no bearer token');
      const principal = await dependencies.verify(token, request.ip);
      if (!principal) throw unauthenticated('the bearer token is unknown or no longer valid');
      // Also of who is refused: the audit trail tells of attempts.
      request.principal = principal;
      if (!kinds.includes(principal.kind)) {
        const message = `${principal.kind} ${principal.id} may not do this; it takes ${kinds.join(' or ')}`;
        throw new FairhopError('forbidden', message, { status: 403 });
      }
      const scope = neededScope(request);
      if (scope === 'any' || principal.scopes === undefined || principal.scopes.includes(scope)) return;
      const message = `this needs the scope ${scope}; ${principal.actor ?? 'the token'} has ${principal.scopes.join(', ') || 'none'}`;
      throw new FairhopError('scope-missing', message, { status: 403 });
    },
  };
}

/** By its endpoint, else by what its method does (RFC 9110, 9.2.1). */
export function neededScope({ method, routeOptions }: FastifyRequest): Scope | 'any' {
  return routeOptions?.config?.scope ?? (['GET', 'HEAD'].includes(method) ? 'read' : 'write');
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

/** Undefined where there is none that could be one of ours. */
export function bearerToken(header: string | undefined): string | undefined {
  if (header === undefined || header.length > maxTokenLength) return undefined;
  return /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(header)?.[1];
}
