import { coordinatorEndpoints } from '@fairhop/shared/contract';
import { verifyToken } from '@fairhop/shared/crypto';
import { accessClaimsSchema, FairhopError, type PublicKey, tokenType } from '@fairhop/shared/model';
import {
  type Authenticator,
  type Clock,
  type HttpApp,
  type Principal,
  route,
  staticTokens,
} from '@fairhop/shared/service';
import type { ApiKeys } from './catalog/index.js';

export interface PrincipalDependencies {
  readonly operatorToken: string;
  readonly apiKeys: ApiKeys;
  /** The coordinator's own keys, which sign access tokens. */
  publishedKeys(): readonly PublicKey[];
  readonly coordinator: string;
  readonly clock: Clock;
}

/** Who a bearer token belongs to: the operator, an owner or ISP by its API key, an edge by its access token. */
export function createPrincipalLookup(
  dependencies: PrincipalDependencies,
): (token: string) => Promise<Principal | undefined> {
  const { operatorToken, apiKeys, publishedKeys, coordinator, clock } = dependencies;
  const operator = staticTokens([{ token: operatorToken, principal: { kind: 'operator', id: 'operator' } }]);
  return async (token) =>
    (await operator(token)) ??
    apiKeys.principalOf(token) ??
    (await accessPrincipal(token, { keys: publishedKeys(), coordinator, nowMs: clock.nowMs() }));
}

async function accessPrincipal(
  token: string,
  { keys, coordinator, nowMs }: { keys: readonly PublicKey[]; coordinator: string; nowMs: number },
): Promise<Principal | undefined> {
  try {
    const claims = await verifyToken({
      token,
      type: tokenType.access,
      schema: accessClaimsSchema,
      keyOf: (kid) => keys.find((key) => key === kid),
      issuer: coordinator,
      audience: coordinator,
      nowMs,
    });
    return claims.edge === undefined ? undefined : { kind: 'edge', id: claims.edge };
  } catch (error) {
    if (error instanceof FairhopError && error.status === 401) return undefined;
    throw error;
  }
}

const tokenHolders = ['operator', 'owner', 'isp', 'edge'] as const;

/** Tells the holder of a token who it is here, and thereby a service that was given the token. */
export function addAccessRoutes(app: HttpApp, auth: Authenticator): void {
  const options = { onRequest: auth.requirePrincipal(tokenHolders) };
  route(app, coordinatorEndpoints.whoAmI, options, ({ request: { principal } }) => {
    const kind = tokenHolders.find((holder) => holder === principal?.kind);
    if (principal === null || kind === undefined) throw new Error('the route is behind requirePrincipal');
    return { kind, id: principal.id };
  });
}
