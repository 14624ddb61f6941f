import type { CoordinatorMessage } from '@fairhop/shared/contract';
import type { AgentKey } from '@fairhop/shared/model';
import { createGrantDesk, createTokenIssuer, createUplinkQuota } from '../grant/index.js';
import { createSignalRelay } from '../signalling/index.js';
import { createSwarm } from '../swarm/index.js';
import { createAgentMessages } from './agent-messages.js';
import type { AgentSession, Sessions } from './agent-session.js';
import { createBudgetWatch } from './budget-watch.js';
import type { SessionServerConfig } from './config.js';
import type { SessionServerDependencies } from './dependencies.js';
import { createSourceFinder } from './find-sources.js';
import { createPeerContents } from './peer-contents.js';
import { createPermitWatch } from './permit-watch.js';
import { createPidWatch } from './pid-watch.js';
import { createPieceAudits } from './piece-audits.js';
import { createPolicyWatch } from './policy-watch.js';
import { createQuarantineWatch } from './quarantine-watch.js';
import { createRevocation } from './revocation.js';
import { createSwarmNotices } from './swarm-notices.js';

/** All that is live in a coordinator, wired together; of it a restart leaves running grants, the use of uplinks, and what agents tell again. */
export function createLiveState(config: SessionServerConfig, deps: SessionServerDependencies) {
  const { clock, log, catalogue, permission, uplinks, metrics } = deps;
  const sessions: Sessions = new Map<AgentKey, AgentSession>();
  const send = (to: AgentKey, message: CoordinatorMessage): boolean => {
    const session = sessions.get(to);
    session?.connection.send(message);
    return session !== undefined;
  };
  const swarm = createSwarm();
  const quota = createUplinkQuota(uplinks);
  const desk = createGrantDesk(swarm, quota, config.grantLifetimeMs);
  desk.restore(uplinks.runningGrants(clock.nowMs()));
  const relay = createSignalRelay({ grant: (transferId) => desk.running.get(transferId), send });
  const revocation = createRevocation(desk, relay, send, ({ transferId }, cause) => {
    metrics.revoked(cause);
    log.debug({ transferId, cause }, 'grant revoked');
  });
  const issuer = createTokenIssuer(config, deps.identity);
  const quarantine = createQuarantineWatch({ book: deps.quarantine, swarm, desk, revocation, send });
  const budgets = createBudgetWatch({ budgets: deps.budgets, sessions, desk, revocation });
  const permits = createPermitWatch({ clock, log, permission, sessions, swarm, desk, quota, revocation });
  const policyWatch = createPolicyWatch({
    ...{ policies: deps.policies, catalogue, sessions, desk, revocation, send },
    onError: (error) => log.error({ err: error }, 'policies could not be put into force'),
  });
  const peerContents = createPeerContents();
  const finder = createSourceFinder({
    ...deps,
    ...{ sessions, swarm, desk, issuer, revocation, policyWatch, peerContents },
  });
  const notices = createSwarmNotices(swarm, config.noticeDelayMs, send);
  const pids = createPidWatch(swarm, deps.alto, (error) =>
    log.error({ err: error }, 'agents could not be placed by the changed ALTO maps'),
  );
  const uploaded = { bytes: 0 };
  const onMessage = createAgentMessages({
    ...{ clock, log, catalogue, swarm, desk, relay, revocation, permits, finder, metrics },
    badData: deps.badData,
    auditPieces: createPieceAudits({ ...deps, swarm, desk, peerContents }),
    onAuditAnswer: deps.audits.answered,
    onUploaded: (bytes) => {
      uploaded.bytes += bytes;
      metrics.uploaded(bytes);
    },
  });
  /** Writes what has to outlive the process. What could not be written is kept for the next time. */
  const flush = (): void => {
    deps.badData.flush();
    const used = quota.unwritten();
    const { running, ended } = desk.unwritten();
    if (used.length + running.length + ended.length === 0) return;
    uplinks.write({ used, running, ended });
    quota.written();
    desk.written();
  };
  return {
    sessions,
    send,
    swarm,
    desk,
    revocation,
    issuer,
    permits,
    policyWatch,
    quarantine,
    budgets,
    notices,
    pids,
    uploaded,
    onMessage,
    flush,
  };
}

export type LiveState = ReturnType<typeof createLiveState>;
