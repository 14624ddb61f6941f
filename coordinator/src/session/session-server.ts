import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { MAX_SESSION_MESSAGE_BYTES, SESSION_PATH } from '@fairhop/shared/contract';
import type { ContentId } from '@fairhop/shared/model';
import { formatAddress, parseAddress } from '@fairhop/shared/net';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Admission, createAdmission, dismiss } from './admission.js';
import type { SessionServerConfig } from './config.js';
import { type Connection, createConnection } from './connection.js';
import type { SessionServerDependencies } from './dependencies.js';
import { type Housekeeping, startHousekeeping } from './housekeeping.js';
import { createLiveState } from './live-state.js';

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
  const perAddress = new Map<string, number>();
  let permissionRevision = 0;
  let isRunning = false;
  let stopAll: (() => void)[] = [];
  let keeper: Housekeeping | undefined;

  const open = (socket: WebSocket, address: string): void => {
    let admission: Admission | undefined;
    const connection = createConnection(
      socket,
      address,
      (message) => admission?.onMessage(message),
      deps.log,
    );
    connections.add(connection);
    perAddress.set(address, (perAddress.get(address) ?? 0) + 1);
    void connection.closed.then(() => {
      connections.delete(connection);
      const left = (perAddress.get(address) ?? 1) - 1;
      if (left > 0) perAddress.set(address, left);
      else perAddress.delete(address);
    });
    admission = createAdmission(config, deps, live, connection, {
      permissionRevision: () => permissionRevision,
      onAdmitted: (session) => keeper?.watch(session),
    });
    admission.challenge();
  };

  /** The status to refuse an upgrade with, or undefined for one that is welcome. */
  const refusal = (address: string | undefined, origin: string | undefined): string | undefined => {
    if (!isRunning || address === undefined) return '503 Service Unavailable';
    // A page of another site could use a visitor's machine: only pages that the operator named may.
    if (origin !== undefined && !config.allowedOrigins.includes(origin)) return '403 Forbidden';
    if (connections.size >= config.maxConnections) return '503 Service Unavailable';
    if ((perAddress.get(address) ?? 0) >= config.maxConnectionsPerAddress) return '429 Too Many Requests';
    return undefined;
  };

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (!isSessionPath(request)) {
      // Another listener's, if there is one.
      if (servers.every((server) => server.listenerCount('upgrade') <= 1))
        refuseUpgrade(socket, '404 Not Found');
      return;
    }
    const address = addressOf(request);
    const status = refusal(address, request.headers.origin);
    if (status !== undefined || address === undefined)
      refuseUpgrade(socket, status ?? '503 Service Unavailable');
    else upgrades.handleUpgrade(request, socket, head, (webSocket) => open(webSocket, address));
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
      keeper = startHousekeeping(config, deps, live, connections);
      stopAll = [
        deps.permission.onChange(() => {
          permissionRevision += 1;
          void live.permits.evaluateAll();
        }),
        deps.catalogue.onWithdrawn((title) => keeper?.withdraw(title)),
      ];
    },
    async stop() {
      if (!isRunning) return;
      isRunning = false;
      for (const stop of stopAll) stop();
      live.notices.stop();
      const open = [...connections];
      dismiss(open);
      const grace = setTimeout(() => {
        for (const connection of open) connection.terminate();
      }, CLOSE_GRACE_MS);
      await Promise.all(open.map(({ closed }) => closed));
      clearTimeout(grace);
      keeper?.stop();
      for (const server of servers) server.off('upgrade', onUpgrade);
      live.quota.flush();
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

function refuseUpgrade(socket: Duplex, status: string): void {
  socket.on('error', () => undefined);
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
