import { accountingBeliefEndpoints as endpoints } from '@fairhop/shared/contract';
import { type Authenticator, type HttpApp, route } from '@fairhop/shared/service';
import type { Suspects } from './suspects.js';

/** The operator's. */
export function addSuspectRoutes(
  app: HttpApp,
  { auth, suspects }: { readonly auth: Authenticator; readonly suspects: Pick<Suspects, 'list'> },
): void {
  const operator = { onRequest: auth.requirePrincipal(['operator']) };
  route(app, endpoints.listSuspects, operator, ({ query: { limit } }) => ({
    suspects: suspects.list(limit),
  }));
}
