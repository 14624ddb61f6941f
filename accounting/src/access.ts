import { coordinatorEndpoints, createClient, createHttpClient } from '@fairhop/shared/contract';
import { createBoundedCache, FairhopError } from '@fairhop/shared/model';
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

/** A key that the coordinator ended is taken here for so much longer. */
const CACHE_MS = 30_000;
/** Keys of some ISPs, and as many that are wrong; an entry takes about 200 bytes. */
const MAX_CACHED = 10_000;
const TIMEOUT_MS = 5_000;
/** Strangers' tokens are asked about too; so many at a time. */
const MAX_ASKED = 32;

interface Known {
  readonly principal: Principal | undefined;
  readonly untilMs: number;
}

/**
 * Who a bearer token belongs to: the operator by its token here, an ISP by its key at the coordinator, which is asked (token
 * introspection in the sense of RFC 7662). A request fails with `access-unverifiable` (503) while the coordinator cannot say.
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

  const ask = async (token: string): Promise<Principal | undefined> => {
    const client = createClient(coordinatorEndpoints, { http, baseUrl: coordinatorUrl, token });
    try {
      const { kind, id } = await client.whoAmI({}, { signal, timeoutMs: TIMEOUT_MS });
      // The coordinator's operator has its own token here; owners and edges have nothing to ask for.
      return kind === 'isp' ? { kind, id } : undefined;
    } catch (error) {
      if (error instanceof FairhopError && error.status === 401) return undefined;
      throw unverifiable(error);
    }
  };
  const lookUp = async (token: string, key: string): Promise<Principal | undefined> => {
    const principal = await ask(token);
    known.set(key, { principal, untilMs: clock.nowMs() + CACHE_MS });
    return principal;
  };
  const verify = async (token: string): Promise<Principal | undefined> => {
    const own = await operator(token);
    if (own !== undefined) return own;
    const key = hashApiKey(token);
    const entry = known.get(key);
    if (entry !== undefined && entry.untilMs > clock.nowMs()) return entry.principal;
    let asking = asked.get(key);
    if (asking === undefined) {
      if (asked.size >= MAX_ASKED)
        throw unverifiable(new Error(`${MAX_ASKED} tokens are asked about already`));
      asking = lookUp(token, key).finally(() => asked.delete(key));
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
