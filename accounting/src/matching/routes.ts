import { type Contradiction, accountingBeliefEndpoints as endpoints } from '@fairhop/shared/contract';
import { FairhopError } from '@fairhop/shared/model';
import { type Authenticator, type Clock, type HttpApp, route } from '@fairhop/shared/service';
import type { BeliefReader } from './read-beliefs.js';

export interface BeliefRoutesDependencies {
  readonly auth: Authenticator;
  readonly clock: Clock;
  readonly beliefs: BeliefReader;
  readonly contradictions: (afterId: number, limit: number, agent?: string) => Contradiction[];
}

/** What both sides said of transfers, and where they differ: the operator's. */
export function addBeliefRoutes(
  app: HttpApp,
  { auth, clock, beliefs, contradictions }: BeliefRoutesDependencies,
): void {
  const operator = { onRequest: auth.requirePrincipal(['operator']) };
  route(app, endpoints.getTransferBelief, operator, ({ params: { transferId } }) => {
    const told = beliefs.transfer(transferId);
    if (told !== undefined) return told;
    throw new FairhopError(
      'transfer-unknown',
      `no agent reported transfer ${transferId}; one between two agents is right`,
      { status: 404 },
    );
  });
  route(app, endpoints.listDisputes, operator, ({ query: { limit, agent } }) => ({
    disputes: beliefs.disputes(limit, clock.nowMs(), agent),
  }));
  route(app, endpoints.listContradictions, operator, ({ query: { afterId, limit, agent } }) => ({
    contradictions: contradictions(afterId, limit, agent),
  }));
}
