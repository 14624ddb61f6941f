import type { AgentKey } from '@fairhop/shared/model';
import { type Clock, type Logger, withTimeout } from '@fairhop/shared/service';
import type { GrantDesk, UplinkQuota } from '../grant/index.js';
import type { Swarm } from '../swarm/index.js';
import type { AgentSession, Sessions } from './agent-session.js';
import type { PermissionService, PermitDecision } from './dependencies.js';
import type { Revocation } from './revocation.js';

/** Keeps each session's permit, quota and running uploads in step with what the ISP permits. */
export interface PermitWatch {
  decide(agent: {
    key: AgentKey;
    address: string;
    place: AgentSession['place'];
    permitToken: string | undefined;
  }): Promise<PermitDecision>;
  /** Puts the session's decision into force. */
  apply(session: AgentSession): void;
  /** Ends and lowers the uploads that it does not permit. */
  enforce(session: AgentSession): void;
  /** Decides again, tells the agent what changed, ends what is not permitted any more. */
  evaluate(session: AgentSession): Promise<void>;
  /** Of one ISP, or of all. */
  evaluateAll(isp?: string): Promise<void>;
  /** Sessions whose answer time has changed, and quotas. */
  tick(): void;
}

export interface PermitWatchDependencies {
  readonly clock: Clock;
  readonly log: Logger;
  readonly permission: PermissionService;
  readonly sessions: Sessions;
  readonly swarm: Swarm;
  readonly desk: GrantDesk;
  readonly quota: UplinkQuota;
  readonly revocation: Revocation;
}

/** A withdrawn permit must end uploads within 5 seconds: an answer that takes longer is a no. */
const DECISION_TIMEOUT_MS = 3_000;
/** How soon a failed decision is asked again. */
const RETRY_MS = 5_000;
/** Decisions under way at once when all sessions are evaluated. */
const CONCURRENCY = 256;

export function createPermitWatch(deps: PermitWatchDependencies): PermitWatch {
  const { clock, log, permission, sessions, swarm, desk, quota, revocation } = deps;

  const decide: PermitWatch['decide'] = async ({ key, address, place, permitToken }) => {
    const nowMs = clock.nowMs();
    const request = {
      agent: key,
      address,
      asn: place?.asn ?? null,
      isp: place?.isp ?? null,
      ...(permitToken === undefined ? {} : { permitToken }),
      nowMs,
    };
    try {
      return await withTimeout(permission.permitFor(request), DECISION_TIMEOUT_MS, 'permit-time-out');
    } catch (error) {
      log.error({ err: error, agent: key }, 'the permit could not be evaluated');
      return { permit: null, reason: 'the permit could not be evaluated', holdsUntilMs: nowMs + RETRY_MS };
    }
  };

  const quotaLeft = ({ key, decision: { permit, monthlyBytesTotal } }: AgentSession): number =>
    permit === null
      ? 0
      : quota.leftBytes(
          {
            permitId: permit.id,
            agent: key,
            monthlyBytesPerSubscriber: permit.terms.monthlyBytesPerSubscriber,
            monthlyBytesTotal,
          },
          clock.nowMs(),
        );

  const apply = (session: AgentSession): void =>
    swarm.update(session.key, { permit: session.decision.permit, quotaLeftBytes: quotaLeft(session) });

  const enforce = ({ key, decision: { permit, reason } }: AgentSession): void => {
    for (const grant of desk.running.ofUploader(key)) {
      if (permit === null)
        revocation.revoke(grant, 'permit-ended', `the permit is no longer in force: ${reason}`);
      else if (permit.id !== grant.permit.id)
        revocation.revoke(grant, 'permit-changed', `another permit is in force now: ${permit.id}`);
      else if (permit.terms.categories && !permit.terms.categories.includes(grant.category)) {
        revocation.revoke(
          grant,
          'category-not-permitted',
          `the permit does not cover the category "${grant.category}"`,
        );
      } else if (permit.terms.maxRateBitsPerSecond !== undefined) {
        revocation.lower(grant, permit.terms.maxRateBitsPerSecond);
      }
    }
  };

  const evaluate = async (session: AgentSession): Promise<void> => {
    session.evaluation += 1;
    const { evaluation, key, connection, place, permitToken } = session;
    const decision = await decide({ key, address: connection.address, place, permitToken });
    if (session.evaluation !== evaluation || sessions.get(key) !== session) return;
    const before = session.decision;
    session.decision = decision;
    apply(session);
    const isSame = JSON.stringify(before.permit) === JSON.stringify(decision.permit);
    if (isSame && before.reason === decision.reason) return;
    connection.send({ type: 'permit', permit: decision.permit, reason: decision.reason });
    enforce(session);
  };

  const evaluateAll = async (isp?: string): Promise<void> => {
    const waiting = [...sessions.values()].filter(({ place }) => isp === undefined || place?.isp === isp);
    for (let start = 0; start < waiting.length; start += CONCURRENCY) {
      await Promise.all(waiting.slice(start, start + CONCURRENCY).map(evaluate));
    }
  };

  return {
    decide,
    apply,
    enforce,
    evaluate,
    evaluateAll,
    tick() {
      const nowMs = clock.nowMs();
      for (const session of sessions.values()) {
        const { holdsUntilMs, permit } = session.decision;
        if (holdsUntilMs <= nowMs) {
          // Asked once: the answer brings the next time.
          session.decision = { ...session.decision, holdsUntilMs: nowMs + RETRY_MS };
          void evaluate(session);
        } else if (permit !== null) {
          const left = quotaLeft(session);
          // What is left sinks with each grant; selection asks only whether there is any.
          const agent = swarm.agents.get(session.key);
          if (agent && agent.quotaLeftBytes > 0 !== left > 0)
            swarm.update(session.key, { quotaLeftBytes: left });
        }
      }
    },
  };
}
