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
import type { Accounts } from './accounts/index.js';

export interface PrincipalDependencies {
  readonly operatorToken: string;
  readonly accounts: Pick<Accounts, 'principalOf'>;
  /** The coordinator's own keys, which sign access tokens. */
  publishedKeys(): readonly PublicKey[];
  readonly coordinator: string;
  readonly clock: Clock;
}

/** Who a bearer token belongs to: the operator, a user by its session, an organisation by its API key, an edge by its access token. */
export function createPrincipalLookup(
  dependencies: PrincipalDependencies,
): (token: string) => Promise<Principal | undefined> {
  const { operatorToken, accounts, publishedKeys, coordinator, clock } = dependencies;
  const operator = staticTokens([{ token: operatorToken, principal: { kind: 'operator', id: 'operator' } }]);
  return async (token) =>
    (await operator(token)) ??
    accounts.principalOf(token) ??
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
    if (claims.edge === undefined) return undefined;
    return { kind: 'edge', id: claims.edge, expiresMs: claims.exp * 1000 };
  } catch (error) {
    if (error instanceof FairhopError && error.status === 401) return undefined;
    throw error;
  }
}

const tokenHolders = ['operator', 'owner', 'isp', 'edge'] as const;

/** Tells the holder of a token who it is here, and thereby a service that was given the token. */
export function addAccessRoutes(
  app: HttpApp,
  { auth, users }: { readonly auth: Authenticator; readonly users: Accounts['users'] },
): void {
  const options = { onRequest: auth.requirePrincipal(tokenHolders) };
  route(app, coordinatorEndpoints.whoAmI, options, ({ request: { principal } }) => {
    const kind = tokenHolders.find((holder) => holder === principal?.kind);
    if (principal === null || kind === undefined) throw new Error('the route is behind requirePrincipal');
    const { id, scopes, actor, expiresMs } = principal;
    const userId = /^user:(.+)$/.exec(actor ?? '')?.[1];
    const { email, role } = userId === undefined ? {} : users.get(userId);
    return {
      ...{ kind, id },
      ...(scopes && { scopes: [...scopes] }),
      ...(actor !== undefined && { actor }),
      ...(expiresMs !== undefined && { expiresMs }),
      ...(email !== undefined && { email, role }),
    };
  });
}
