import type { CoordinatorMessage } from '@fairhop/shared/contract';
import type { AgentKey, TransferId } from '@fairhop/shared/model';
import type { GrantDesk, RunningGrant } from '../grant/index.js';
import type { Download, GrantFacts, Policies, WayEnd } from '../policy/index.js';
import type { AgentSession, Sessions } from './agent-session.js';
import type { Catalogue } from './dependencies.js';
import type { Revocation } from './revocation.js';

/** Keeps the rates of running grants within what policies leave, and tells downloads when sources are others. */
export interface PolicyWatch {
  start(): void;
  stop(): void;
  /** Before a grant is handed out: its uploader is told what it may send of it. */
  admit(grant: RunningGrant): void;
  /** Looks at all running grants. */
  tick(): void;
}

/** Smaller changes are not told: rates waver by as much. */
const TOLD_CHANGE = 0.02;

export interface PolicyWatchDependencies {
  readonly policies: Pick<Policies, 'tick' | 'admit' | 'onSet' | 'onPhase' | 'metrics'>;
  readonly catalogue: Catalogue;
  readonly sessions: Sessions;
  readonly desk: GrantDesk;
  readonly revocation: Revocation;
  send(to: AgentKey, message: CoordinatorMessage): void;
  onError(error: unknown): void;
}

/** Where a session's bytes begin or end. */
export const wayEndOf = ({ place, connection }: AgentSession): WayEnd => ({
  address: connection.address,
  asn: place?.asn ?? null,
  isp: place?.isp ?? null,
});

export function createPolicyWatch(deps: PolicyWatchDependencies): PolicyWatch {
  const { policies, catalogue, sessions, desk, revocation, send } = deps;
  /** What each uploader was told in which of its sessions; running grants at most. */
  const told = new Map<TransferId, { readonly rate: number; readonly sessionMs: number }>();
  let ends: (() => void)[] = [];
  let soon: NodeJS.Immediate | undefined;

  /** While an end is away, its AS is the one of when the grant was given. */
  const endOf = (agent: AgentKey, asn: number | null | undefined): WayEnd => {
    const session = sessions.get(agent);
    return session ? wayEndOf(session) : { asn: asn ?? null, isp: null };
  };
  const factsOf = (grant: RunningGrant): GrantFacts => ({
    ...grant,
    title: { id: grant.titleId, category: grant.category },
    source: endOf(grant.uploader, grant.uploaderAsn),
    destination: endOf(grant.downloader, grant.downloaderAsn),
    isTellable: sessions.has(grant.uploader),
  });

  const tell = (grant: RunningGrant, rate: number): boolean => {
    const { transferId, uploader, rateBitsPerSecond } = grant;
    const session = sessions.get(uploader);
    if (!session) return false;
    const before = told.get(transferId);
    const isSame =
      before !== undefined &&
      before.sessionMs === session.startMs &&
      Math.abs(rate - before.rate) <= TOLD_CHANGE * before.rate;
    if (isSame) return false;
    told.set(transferId, { rate, sessionMs: session.startMs });
    revocation.share(grant, rate);
    return rate < rateBitsPerSecond && (before === undefined || before.rate >= rateBitsPerSecond);
  };

  /** Looked at only while something is in force. */
  function* allGrants(): Iterable<GrantFacts> {
    for (const grant of desk.running.matching(() => true)) yield factsOf(grant);
  }

  const tick = (): void => {
    const orders = policies.tick(allGrants());
    for (const [transferId, { rateBitsPerSecond, policy }] of orders.rates) {
      const grant = desk.running.get(transferId);
      if (grant && tell(grant, rateBitsPerSecond)) policies.metrics.lowered(policy.id);
    }
    for (const [transferId, policy] of orders.ended) {
      const grant = desk.running.get(transferId);
      if (!grant) continue;
      const reason = `policy ${policy.id} leaves it no share of ${policy.component} that is of use`;
      revocation.revoke(grant, 'policy', reason);
      policies.metrics.revoked(policy.id);
    }
    for (const transferId of orders.freed) {
      const grant = desk.running.get(transferId);
      if (told.delete(transferId) && grant) revocation.share(grant, undefined);
    }
    for (const transferId of told.keys()) if (!desk.running.get(transferId)) told.delete(transferId);
  };

  const tickSoon = (): void => {
    soon ??= setImmediate(() => {
      soon = undefined;
      try {
        tick();
      } catch (error) {
        deps.onError(error);
      }
    });
  };

  /** Asking for sources again is worth it: other ones are open now, or they are limited no more. */
  const tellDownloads = (downloads: readonly Download[]): void => {
    for (const { client, titleId } of downloads) {
      const contentId = sessions.has(client) ? catalogue.title(titleId)?.contentId : undefined;
      if (contentId !== undefined) send(client, { type: 'swarm-changed', contentId });
    }
  };

  return {
    start() {
      ends = [policies.onSet(tickSoon), policies.onPhase(tellDownloads)];
    },
    stop() {
      for (const end of ends) end();
      clearImmediate(soon);
      soon = undefined;
    },
    admit(grant) {
      const rate = policies.admit(factsOf(grant));
      if (rate !== undefined) tell(grant, rate);
    },
    tick,
  };
}
