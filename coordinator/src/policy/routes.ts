import { coordinatorEndpoints, type PolicyState } from '@fairhop/shared/contract';
import { FairhopError, type Policy } from '@fairhop/shared/model';
import { type Authenticator, type HttpApp, type Principal, route } from '@fairhop/shared/service';
import type { FastifyRequest } from 'fastify';
import { historyForIsp, isAboutOne, stateForIsp } from './isp-view.js';
import type { Policies } from './policies.js';
import { policyUnknown } from './policy-store.js';

export function addPolicyRoutes(
  app: HttpApp,
  { policies, auth }: { policies: Policies; auth: Authenticator },
): void {
  const operatorOrIsp = { onRequest: auth.requirePrincipal(['operator', 'isp']) };
  const accounting = { onRequest: auth.requirePrincipal(['operator', 'accounting']) };
  const { check } = policies;

  const ispOf = ({ principal }: FastifyRequest): string | undefined =>
    principal?.kind === 'isp' ? principal.id : undefined;
  /** What others set for an owner or a title tells of their dealings, which are not the ISP's business. */
  const isVisible = (policy: Policy, isp: string | undefined): boolean =>
    isp === undefined ||
    policy.setBy === `isp:${isp}` ||
    (!isAboutOne(policy) && check.touches(policy.component, isp));
  const stateFor = (policy: Policy, isp: string | undefined): PolicyState => {
    const state = policies.state(policy);
    return isp === undefined ? state : stateForIsp(state);
  };
  /** Another ISP's is told of as one that is not there. */
  const requireVisible = (id: string, isp: string | undefined): Policy => {
    const policy = policies.require(id);
    if (isVisible(policy, isp)) return policy;
    throw policyUnknown(id);
  };
  const requireOwn = (policy: Policy | undefined, isp: string | undefined): void => {
    if (!policy || isp === undefined || policy.setBy === `isp:${isp}`) return;
    const message = `policy ${policy.id} was not set by ISP ${isp}; choose another id`;
    throw new FairhopError('policy-of-other', message, { status: 403 });
  };

  route(app, coordinatorEndpoints.listPolicies, operatorOrIsp, ({ request }) => {
    const isp = ispOf(request);
    const visible = policies.list().filter((policy) => isVisible(policy, isp));
    return { policies: visible.map((policy) => stateFor(policy, isp)) };
  });
  route(app, coordinatorEndpoints.getPolicy, operatorOrIsp, ({ params, request }) => {
    const isp = ispOf(request);
    const policy = requireVisible(params.id, isp);
    const history = policies.history(policy.id);
    return {
      ...stateFor(policy, isp),
      history: isp === undefined ? history : [...historyForIsp(policy, history, isp)],
    };
  });
  route(app, coordinatorEndpoints.putPolicy, operatorOrIsp, async ({ params, body, request }) => {
    const isp = ispOf(request);
    requireOwn(policies.get(params.id), isp);
    await check.require(body.component, isp);
    // Somebody may have been faster meanwhile.
    requireOwn(policies.get(params.id), isp);
    return policies.set(params.id, body, nameOf(request.principal), actorOf(request.principal));
  });
  route(app, coordinatorEndpoints.removePolicy, operatorOrIsp, ({ params, request }) => {
    const isp = ispOf(request);
    requireOwn(requireVisible(params.id, isp), isp);
    return policies.remove(params.id, actorOf(request.principal));
  });
  route(app, coordinatorEndpoints.feedPolicies, accounting, ({ body }) => policies.feed(body));
}

/** For its history: with the user or key that acted. */
const actorOf = (principal: Principal | null): string => {
  const name = nameOf(principal);
  return principal?.actor === undefined ? name : `${name} (${principal.actor})`;
};

/** Whose policy it is. */
const nameOf = (principal: Principal | null): string =>
  principal?.kind === 'isp' ? `isp:${principal.id}` : 'operator';
