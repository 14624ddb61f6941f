import type { AgentKey, Title } from '@fairhop/shared/model';
import type { AgentSession } from './agent-session.js';
import type { SessionServerConfig } from './config.js';
import type { Connection } from './connection.js';
import type { SessionServerDependencies } from './dependencies.js';
import type { LiveState } from './live-state.js';

/** What happens without an agent asking: expiry, renewal, liveness, loss, withdrawal. */
export interface Housekeeping {
  /** Cleans up when the session's connection ends. */
  watch(session: AgentSession): void;
  withdraw(title: Title): void;
  stop(): void;
}

const TICK_MS = 1_000;

export function startHousekeeping(
  config: SessionServerConfig,
  { clock, log, catalogue }: SessionServerDependencies,
  live: LiveState,
  connections: ReadonlySet<Connection>,
): Housekeeping {
  const { sessions, swarm, desk, revocation, permits, policyWatch, quarantine, issuer } = live;
  /** Agents that are to come back, with the timer that ends their grants. As many as sessions at most. */
  const lost = new Map<AgentKey, NodeJS.Timeout>();

  const renewAccess = async (session: AgentSession): Promise<void> => {
    const { key, place, connection } = session;
    session.isRenewingAccess = true;
    try {
      const access = await issuer.agentAccess({ key, asn: place?.asn ?? null, nowMs: clock.nowMs() });
      session.accessExpiresMs = access.accessExpiresMs;
      connection.send({ type: 'access-token', ...access });
    } catch (error) {
      log.error({ err: error, agent: key }, 'an access token could not be renewed');
    } finally {
      session.isRenewingAccess = false;
    }
  };

  const tick = (): void => {
    const nowMs = clock.nowMs();
    revocation.revokeAll(desk.running.expired(nowMs), 'expired', 'the grant expired');
    revocation.revokeAll(
      desk.unanswered(nowMs - config.answerTimeoutMs),
      'not-connected',
      `no channel was made within ${config.answerTimeoutMs / 1000} s`,
    );
    permits.tick();
    quarantine.tick();
    policyWatch.tick();
    for (const session of sessions.values()) {
      const leftMs = session.accessExpiresMs - nowMs;
      if (leftMs < config.accessLifetimeMs / 3 && !session.isRenewingAccess) void renewAccess(session);
    }
    try {
      live.flush();
    } catch (error) {
      // Kept and written with the next: a disk that is full for a while loses nothing.
      log.error({ err: error }, 'grants and the use of uplinks could not be written');
    }
  };

  const endLost = (key: AgentKey): void => {
    lost.delete(key);
    const reason = 'the other end left';
    revocation.revokeAll(desk.running.ofUploader(key), 'other-end-left', reason);
    revocation.revokeAll(desk.running.ofDownloader(key), 'other-end-left', reason);
  };

  const expectBack = (key: AgentKey, withinMs: number): void => {
    clearTimeout(lost.get(key));
    lost.set(
      key,
      setTimeout(() => endLost(key), withinMs),
    );
  };
  // Agents whose transfers a former process granted are still at it, and on their way back.
  for (const { uploader, downloader } of desk.running.matching(() => true)) {
    for (const key of [uploader, downloader]) if (!lost.has(key)) expectBack(key, config.restartGraceMs);
  }

  const ticker = setInterval(tick, TICK_MS);
  const pinger = setInterval(() => {
    for (const connection of connections) connection.checkAlive();
  }, config.pingIntervalMs);

  return {
    watch(session) {
      const { key, connection } = session;
      clearTimeout(lost.get(key));
      lost.delete(key);
      void connection.closed.then(() => {
        if (sessions.get(key) !== session) return;
        sessions.delete(key);
        swarm.disconnect(key);
        expectBack(key, config.reconnectGraceMs);
      });
    },
    withdraw({ id, contentId }) {
      revocation.revokeAll(
        desk.running.matching((grant) => grant.titleId === id),
        'title-withdrawn',
        `the title ${id} was withdrawn`,
      );
      if (catalogue.content(contentId)) return;
      for (const key of [...(swarm.contents.get(contentId)?.members.keys() ?? [])]) {
        live.send(key, { type: 'withdrawn', contentId });
        swarm.leave(key, contentId);
      }
    },
    stop() {
      clearInterval(ticker);
      clearInterval(pinger);
      for (const timer of lost.values()) clearTimeout(timer);
      lost.clear();
    },
  };
}
