import type { AgentMessage, CoordinatorMessage } from '@fairhop/shared/contract';
import { FairhopError } from '@fairhop/shared/model';
import { withTimeout } from '@fairhop/shared/service';
import type { AgentSession } from './agent-session.js';
import type { SessionServerConfig } from './config.js';
import { type Connection, closeCode } from './connection.js';
import type { NetworkPlace, SessionServerDependencies } from './dependencies.js';
import { createHandshake, type Hello } from './handshake.js';
import type { LiveState } from './live-state.js';
import { createTokenBucket } from './token-bucket.js';

/** One connection's way from challenge to session, and what happens when it ends. */
export interface Admission {
  challenge(): void;
  onMessage(message: AgentMessage): Promise<void>;
}

export interface AdmissionHooks {
  /** Grows with every change of agreements and permit keys. */
  permissionRevision(): number;
  onAdmitted(session: AgentSession): void;
}

/** Swarms change at most a few times a second, and a few downloads run at once. */
const SOURCE_REQUEST_RATE = { perSecond: 10, burst: 60 };
/** Local tables answer at once; a live source of AS numbers has 5 seconds. */
const PLACE_TIMEOUT_MS = 6_000;

export function createAdmission(
  config: SessionServerConfig,
  deps: SessionServerDependencies,
  live: LiveState,
  connection: Connection,
  hooks: AdmissionHooks,
): Admission {
  const { clock, identity, log } = deps;
  const handshake = createHandshake(config.coordinatorId);
  let session: AgentSession | undefined;
  let isOver = false;
  const timeout = setTimeout(() => {
    connection.refuse(
      new FairhopError(
        'session-hello-time-out',
        `No hello within ${config.helloTimeoutMs} ms of the challenge`,
      ),
    );
  }, config.helloTimeoutMs);
  void connection.closed.then(() => {
    isOver = true;
    clearTimeout(timeout);
  });

  /** An address that cannot be looked up is one outside every prefix: served by edges. */
  const placeOf = async (address: string): Promise<NetworkPlace | null> => {
    try {
      return await withTimeout(
        Promise.resolve(deps.networkOf(address)),
        PLACE_TIMEOUT_MS,
        'network-time-out',
      );
    } catch (error) {
      log.error({ err: error, address }, 'the network of an address could not be looked up');
      return null;
    }
  };

  const admit = async (hello: Hello): Promise<void> => {
    handshake.check(hello);
    clearTimeout(timeout);
    const { agent: key, permitToken } = hello;
    const { address } = connection;
    const place = await placeOf(address);
    const revision = hooks.permissionRevision();
    const decision = await live.permits.decide({ key, address, place, permitToken });
    const startMs = clock.nowMs();
    const access = await live.issuer.agentAccess({ key, asn: place?.asn ?? null, nowMs: startMs });
    if (isOver) return;
    live.sessions
      .get(key)
      ?.connection.refuse(
        new FairhopError('session-replaced', 'Another session of the same key took its place'),
      );
    live.swarm.connect({ key, address, place, pids: deps.alto.pidsOf(address) });
    session = {
      key,
      connection,
      place,
      startMs,
      permitToken,
      decision,
      evaluation: 0,
      accessExpiresMs: access.accessExpiresMs,
      isRenewingAccess: false,
      sourceRequests: createTokenBucket(SOURCE_REQUEST_RATE),
      edgeSources: new Map(),
    };
    live.sessions.set(key, session);
    live.swarm.update(key, {
      ...live.desk.slotsOf(key),
      badReports: deps.badData.reports(key),
    });
    live.permits.apply(session);
    hooks.onAdmitted(session);
    deps.metrics.admitted();
    log.info(
      { agent: key, address, asn: place?.asn, permit: decision.permit?.id, software: hello.software },
      'session',
    );
    connection.send(welcome(session, access));
    // Grants of before a break or restart end when what it may do now does not cover them.
    live.permits.enforce(session);
    live.quarantine.admitted(key);
    // Permission may have changed while it was decided.
    if (revision !== hooks.permissionRevision()) await live.permits.evaluate(session);
  };

  const welcome = (
    { place, decision: { permit, reason, permitUrl } }: AgentSession,
    access: { accessToken: string; accessExpiresMs: number },
  ): CoordinatorMessage => ({
    type: 'welcome',
    address: connection.address,
    asn: place?.asn ?? null,
    isp: place?.isp ?? null,
    timeMs: clock.nowMs(),
    permit,
    permitReason: reason,
    ...(permitUrl === undefined ? {} : { permitUrl }),
    accountingUrl: config.accountingUrl,
    ...access,
    publicKeys: [...deps.signingKeys.published()],
  });

  return {
    challenge: () =>
      connection.send({
        type: 'challenge',
        coordinator: config.coordinatorId,
        publicKey: identity.key,
        nonce: handshake.nonce,
        timeMs: clock.nowMs(),
      }),
    async onMessage(message) {
      if (session) {
        if (message.type === 'hello') throw new FairhopError('session-open', 'This session is open already');
        // One that was replaced has no say any more.
        if (live.sessions.get(session.key) === session) await live.onMessage(session, message);
        return;
      }
      if (message.type !== 'hello') {
        connection.refuse(
          new FairhopError(
            'session-hello-expected',
            `A session begins with "hello", not with "${message.type}"`,
          ),
        );
        return;
      }
      try {
        await admit(message);
      } catch (error) {
        if (!(error instanceof FairhopError)) throw error;
        connection.refuse(error);
      }
    },
  };
}

/** Closes every session of a coordinator that stops; agents come back to the next one. */
export const dismiss = (connections: Iterable<Connection>): void => {
  for (const connection of connections) connection.close(closeCode.goingAway, 'coordinator-stops');
};
