import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { MAX_SESSION_MESSAGE_BYTES, SESSION_PATH } from '@fairhop/shared/contract';
import { type ContentId, FairhopError, problemMediaType, toProblem } from '@fairhop/shared/model';
import { formatAddress, parseAddress } from '@fairhop/shared/net';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Admission, createAdmission, dismiss } from './admission.js';
import type { AgentSession } from './agent-session.js';
import type { SessionServerConfig } from './config.js';
import { type Connection, closeCode, createConnection } from './connection.js';
import type { NetworkPlace, SessionServerDependencies } from './dependencies.js';
import { type Housekeeping, startHousekeeping } from './housekeeping.js';
import { createLiveState } from './live-state.js';
import { createTokenBucket } from './token-bucket.js';
import { createUpgradeGate } from './upgrade-gate.js';

interface SessionStatus {
  readonly sessions: number;
  readonly grants: number;
  /** The largest first, at most 1,000. */
  readonly swarms: readonly {
    readonly contentId: ContentId;
    readonly agents: number;
    readonly complete: number;
  }[];
  /** As agents reported since the start, soft state. */
  readonly uploadBytesReported: number;
}

export interface SessionServer {
  /** Takes WebSocket upgrades at SESSION_PATH of this server, from `start` to `stop`. */
  attach(server: Server): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  status(): SessionStatus;
}

/** Lines of the log about refused upgrades. */
const REFUSAL_LINES = { perSecond: 5, burst: 50 };
const MAX_LISTED_SWARMS = 1_000;
/** How long a closing handshake may take at stop. */
const CLOSE_GRACE_MS = 1_000;

/** The agents' side of the coordinator: sessions, swarm, selection, grants, signalling. */
export function createSessionServer(
  config: SessionServerConfig,
  deps: SessionServerDependencies,
): SessionServer {
  const live = createLiveState(config, deps);
  const upgrades = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_SESSION_MESSAGE_BYTES,
    clientTracking: false,
    // A dictionary for each of 100,000 sessions costs more than it saves.
    perMessageDeflate: false,
  });
  const servers: Server[] = [];
  const connections = new Set<Connection>();
  const gate = createUpgradeGate(config, { provenCount: () => live.sessions.size });
  const refusalLines = createTokenBucket(REFUSAL_LINES);
  let permissionRevision = 0;
  let isRunning = false;
  let stopAll: (() => void)[] = [];
  let keeper: Housekeeping | undefined;

  const open = (socket: WebSocket, address: string): void => {
    let admission: Admission | undefined;
    const connection = createConnection(socket, address, (message) => admission?.onMessage(message), deps);
    connections.add(connection);
    gate.opened(address);
    void connection.closed.then(() => {
      connections.delete(connection);
      gate.closed(address);
    });
    admission = createAdmission(config, deps, live, connection, {
      permissionRevision: () => permissionRevision,
      onAdmitted: (session) => keeper?.watch(session),
    });
    admission.challenge();
  };

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (!isSessionPath(request)) {
      // Another listener's, if there is one.
      if (servers.every((server) => server.listenerCount('upgrade') <= 1))
        refuseUpgrade(
          socket,
          new FairhopError('not-found', `Sessions are at ${SESSION_PATH}`, { status: 404 }),
        );
      return;
    }
    const address = addressOf(request);
    const refusal =
      address === undefined || !isRunning
        ? new FairhopError('coordinator-stops', 'The coordinator stops; try again soon', { status: 503 })
        : gate.refusal({ address, origin: request.headers.origin });
    if (refusal === undefined && address !== undefined) {
      upgrades.handleUpgrade(request, socket, head, (webSocket) => open(webSocket, address));
      return;
    }
    if (refusal === undefined) return;
    deps.metrics.refused(refusal.code);
    // In a flood a line for each would be another one.
    if (refusalLines.take())
      deps.log.info({ address, code: refusal.code, reason: refusal.message }, 'session refused');
    refuseUpgrade(socket, refusal);
  };

  /** Agents whose address is another network's now come back to it with a new session; their transfers go on meanwhile. */
  const placeAgain = async (session: AgentSession): Promise<void> => {
    const place = await deps.networkOf(session.connection.address);
    if (live.sessions.get(session.key) !== session || isSamePlace(place, session.place)) return;
    session.connection.close(closeCode.goingAway, 'session-network-changed');
  };
  const onNetworksChange = async (): Promise<void> => {
    try {
      await Promise.all([...live.sessions.values()].map(placeAgain));
    } catch (error) {
      deps.log.error({ err: error }, 'the networks of sessions could not be looked up');
    }
    await live.permits.evaluateAll();
  };

  /** Before the first grant that the new key signs: both go over the same connection. */
  const tellKeys = (): void => {
    const publicKeys = [...deps.signingKeys.published()];
    for (const key of live.sessions.keys()) live.send(key, { type: 'signing-keys', publicKeys });
  };

  return {
    attach(server) {
      servers.push(server);
      if (isRunning) server.on('upgrade', onUpgrade);
    },
    async start() {
      if (isRunning) return;
      isRunning = true;
      for (const server of servers) server.on('upgrade', onUpgrade);
      live.notices.start();
      live.pids.start();
      live.quarantine.start();
      live.policyWatch.start();
      live.budgets.start();
      keeper = startHousekeeping(config, deps, live, connections);
      stopAll = [
        deps.permission.onChange((isp) => {
          permissionRevision += 1;
          void live.permits.evaluateAll(isp);
        }),
        deps.onNetworksChange(() => void onNetworksChange()),
        deps.signingKeys.onChange(tellKeys),
        deps.catalogue.onWithdrawn((title) => keeper?.withdraw(title)),
      ];
    },
    async stop() {
      if (!isRunning) return;
      isRunning = false;
      for (const stop of stopAll) stop();
      live.notices.stop();
      live.pids.stop();
      live.quarantine.stop();
      live.policyWatch.stop();
      live.budgets.stop();
      const open = [...connections];
      dismiss(open);
      const grace = setTimeout(() => {
        for (const connection of open) connection.terminate();
      }, CLOSE_GRACE_MS);
      await Promise.all(open.map(({ closed }) => closed));
      clearTimeout(grace);
      keeper?.stop();
      for (const server of servers) server.off('upgrade', onUpgrade);
      live.flush();
    },
    status: () => ({
      sessions: live.sessions.size,
      grants: live.desk.running.size,
      swarms: [...live.swarm.contents.values()]
        .sort((one, other) => other.members.size - one.members.size)
        .slice(0, MAX_LISTED_SWARMS)
        .map(({ contentId, members, completeCount }) => ({
          contentId,
          agents: members.size,
          complete: completeCount,
        })),
      uploadBytesReported: live.uploaded.bytes,
    }),
  };
}

const isSessionPath = ({ url }: IncomingMessage): boolean => (url ?? '').split('?')[0] === SESSION_PATH;

/** IPv4-mapped addresses as IPv4, link-local ones without their zone; undefined when the socket is gone already. */
function addressOf({ socket }: IncomingMessage): string | undefined {
  const [address] = (socket.remoteAddress ?? '').split('%');
  return address ? formatAddress(parseAddress(address)) : undefined;
}

const isSamePlace = (one: NetworkPlace | null, other: NetworkPlace | null): boolean =>
  one?.asn === other?.asn && one?.isp === other?.isp && one?.country === other?.country;

function refuseUpgrade(socket: Duplex, error: FairhopError): void {
  const problem = toProblem(error);
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    `Content-Type: ${problemMediaType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.on('error', () => undefined);
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
