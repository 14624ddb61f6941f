import { coordinatorEndpoints } from '@fairhop/shared/contract';
import { type Identity, signToken } from '@fairhop/shared/crypto';
import {
  ACCOUNTING_AUDIENCE,
  type AccessClaims,
  FairhopError,
  type PublicKey,
  tokenType,
} from '@fairhop/shared/model';
import { type Authenticator, type Clock, type HttpApp, route } from '@fairhop/shared/service';
import type { BudgetActions } from '../budget-actions/index.js';
import type { TitleCatalogue } from '../catalog/index.js';
import { normalAddress } from '../network-lookup.js';
import type { Policies } from '../policy/index.js';
import { budgetRefusals } from './budget-refusals.js';
import { requireEdgeProof } from './edge-proof.js';
import type { JoinTokens } from './join-tokens.js';
import type { EdgeRegistry } from './registry.js';

export interface EdgeRoutesDependencies {
  readonly coordinator: string;
  readonly accountingUrl: string | undefined;
  readonly identity: Identity;
  readonly edges: EdgeRegistry;
  readonly policies: Pick<Policies, 'beat' | 'placeOf'>;
  readonly budgets: Pick<BudgetActions, 'refusingOwners' | 'refusalOfRunning'>;
  readonly joinTokens: JoinTokens;
  readonly catalogue: TitleCatalogue;
  readonly auth: Authenticator;
  readonly clock: Clock;
}

/** Renewed with every heartbeat, so that it only has to outlive an outage of the coordinator. */
const ACCESS_VALID_SECONDS = 3600;

export function addEdgeRoutes(app: HttpApp, dependencies: EdgeRoutesDependencies): void {
  const { coordinator, accountingUrl, identity, edges, policies, budgets } = dependencies;
  const { joinTokens, catalogue, auth, clock } = dependencies;

  const access = async (
    edge: string,
    key: PublicKey,
  ): Promise<{ accessToken: string; expiresMs: number }> => {
    const issued = Math.floor(clock.nowMs() / 1000);
    const expires = issued + ACCESS_VALID_SECONDS;
    const claims = {
      iss: coordinator,
      aud: [coordinator, ACCOUNTING_AUDIENCE],
      iat: issued,
      exp: expires,
      role: 'edge',
      sub: key,
      edge,
    } satisfies AccessClaims;
    const accessToken = await signToken({ claims, identity, kid: identity.key, type: tokenType.access });
    return { accessToken, expiresMs: expires * 1000 };
  };

  route(app, coordinatorEndpoints.createJoinToken, { onRequest: auth.requirePrincipal(['operator']) }, () =>
    joinTokens.create(),
  );
  route(app, coordinatorEndpoints.registerEdge, {}, async ({ body, request }) => {
    const { joinToken, id, key, url, timeMs } = body;
    requireEdgeProof({ ...body, coordinator, edge: id }, clock.nowMs());
    if (!joinTokens.use(joinToken)) {
      const message =
        'the join token is unknown, used or expired; the operator makes one (POST /v1/edge-join-tokens)';
      throw new FairhopError('join-token-invalid', message, { status: 401 });
    }
    await edges.register({ id, key, url, timeMs, address: normalAddress(request.ip) });
    return access(id, key);
  });
  route(app, coordinatorEndpoints.listEdges, {}, () => ({ edges: edges.list() }));
  route(app, coordinatorEndpoints.edgeHeartbeat, {}, async ({ params, body, request }) => {
    const { url, timeMs, withdrawnRevision, transfers = [] } = body;
    const { key } = edges.require(params.id);
    requireEdgeProof({ ...body, key, coordinator, edge: params.id }, clock.nowMs());
    await edges.beat(params.id, { url, timeMs, address: normalAddress(request.ip) });
    const { changes, revision } = catalogue.changesSince(withdrawnRevision);
    const limits = await policies.beat(edges.require(params.id), transfers);
    const refused = await budgetRefusals(transfers, { budgets, catalogue, policies });
    return {
      ...(await access(params.id, key)),
      changes,
      withdrawnRevision: revision,
      ...(accountingUrl !== undefined && { accountingUrl }),
      ...(limits && { limits }),
      ...(refused && { budgets: refused }),
    };
  });
}
