import { coordinatorEndpoints, createClient, createHttpClient } from '@fairhop/shared/contract';
import { createBoundedCache, FairhopError } from '@fairhop/shared/model';
import { clientPlace } from '@fairhop/shared/net';
import {
  type Authenticator,
  type Clock,
  createAuthenticator,
  hashApiKey,
  type Principal,
  staticTokens,
} from '@fairhop/shared/service';

export interface AccessConfig {
  readonly operatorToken: string;
  readonly coordinatorUrl: string;
}

export interface Access {
  readonly auth: Authenticator;
  /** Ends what is being asked. */
  stop(): Promise<void>;
}

/** A key or session that the coordinator revoked, or gave other scopes, is taken here as it was for so much longer. */
const CACHE_MS = 5_000;
/** Keys of some ISPs, and as many that are wrong; an entry takes about 200 bytes. */
const MAX_CACHED = 10_000;
const TIMEOUT_MS = 5_000;
/** Strangers' tokens are asked about too; so many at a time. */
const MAX_ASKED = 32;
/**
 * Tokens from one address in a minute that the coordinator does not know, those it is being asked about among them: sessions that ended and typing
 * errors. All are asked from this service's address, which the coordinator limits too: a stranger's must not use that up.
 */
const MAX_UNKNOWN = 60;
const UNKNOWN_WINDOW_MS = 60_000;
/** Addresses whose unknown tokens are counted; 100 bytes each. */
const MAX_PLACES = 50_000;

/** JWTs are of agents and edges, which report with them and have nothing else to do here: nobody is asked about them. */
const ACCESS_TOKEN = /^eyJ[\w-]*\.[\w-]+\.[\w-]+$/;

interface Known {
  readonly principal: Principal | undefined;
  readonly untilMs: number;
}

/**
 * Who a bearer token belongs to: the operator by its token here, users and API keys of all organisations by the coordinator, which is
 * asked (token introspection in the sense of RFC 7662). A request fails with `access-unverifiable` (503) while the coordinator cannot say.
 */
export function createAccess(
  { operatorToken, coordinatorUrl }: AccessConfig,
  { clock }: { readonly clock: Clock },
): Access {
  const http = createHttpClient();
  const stopping = new AbortController();
  const { signal } = stopping;
  const operator = staticTokens([{ token: operatorToken, principal: { kind: 'operator', id: 'operator' } }]);
  const known = createBoundedCache<string, Known>(MAX_CACHED);
  const asked = new Map<string, Promise<Principal | undefined>>();
  const unknown = createBoundedCache<string, { count: number; readonly untilMs: number }>(MAX_PLACES);

  /** Gives what takes it back. */
  const countUnknown = (address: string): (() => void) => {
    const place = clientPlace(address);
    const nowMs = clock.nowMs();
    const before = unknown.get(place);
    const counted =
      before !== undefined && before.untilMs > nowMs
        ? before
        : { count: 0, untilMs: nowMs + UNKNOWN_WINDOW_MS };
    if (counted.count >= MAX_UNKNOWN) {
      const message = `${MAX_UNKNOWN} tokens that nobody knows came from your address within a minute; try again in a minute`;
      throw new FairhopError('too-many-unknown-tokens', message, { status: 429 });
    }
    counted.count += 1;
    unknown.set(place, counted);
    return () => {
      counted.count -= 1;
    };
  };

  const ask = async (token: string): Promise<Principal | undefined> => {
    const client = createClient(coordinatorEndpoints, { http, baseUrl: coordinatorUrl, token });
    try {
      const { kind, id, scopes, actor, expiresMs } = await client.whoAmI(
        {},
        { signal, timeoutMs: TIMEOUT_MS },
      );
      // Edges report with their tokens, and have nothing else to do here.
      if (kind === 'edge') return undefined;
      return {
        ...{ kind, id },
        ...(scopes && { scopes }),
        ...(actor !== undefined && { actor }),
        ...(expiresMs !== undefined && { expiresMs }),
      };
    } catch (error) {
      if (error instanceof FairhopError && error.status === 401) return undefined;
      throw unverifiable(error);
    }
  };
  const lookUp = async (token: string, key: string, address: string): Promise<Principal | undefined> => {
    const takeBack = countUnknown(address);
    let isUnknown = false;
    try {
      const principal = await ask(token);
      isUnknown = principal === undefined;
      const untilMs = Math.min(clock.nowMs() + CACHE_MS, principal?.expiresMs ?? Number.POSITIVE_INFINITY);
      known.set(key, { principal, untilMs });
      return principal;
    } finally {
      if (!isUnknown) takeBack();
    }
  };
  const verify = async (token: string, address: string): Promise<Principal | undefined> => {
    const own = await operator(token);
    if (own !== undefined) return own;
    if (ACCESS_TOKEN.test(token)) return undefined;
    const key = hashApiKey(token);
    const entry = known.get(key);
    if (entry !== undefined && entry.untilMs > clock.nowMs()) return entry.principal;
    let asking = asked.get(key);
    if (asking === undefined) {
      if (asked.size >= MAX_ASKED)
        throw unverifiable(new Error(`${MAX_ASKED} tokens are asked about already`));
      asking = lookUp(token, key, address).finally(() => asked.delete(key));
      asked.set(key, asking);
    }
    return asking;
  };
  return {
    auth: createAuthenticator({ verify }),
    stop() {
      stopping.abort();
      return http.close();
    },
  };
}

const unverifiable = (cause: unknown): FairhopError => {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `the coordinator cannot say whose token this is (${reason}); try again later, or use the operator's token`;
  return new FairhopError('access-unverifiable', message, { status: 503, cause });
};
