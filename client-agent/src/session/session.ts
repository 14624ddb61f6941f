import {
  type AgentMessage,
  type CoordinatorMessage,
  coordinatorMessageSchema,
  MAX_COORDINATOR_MESSAGE_BYTES,
  type Readiness,
  SESSION_PATH,
  SESSION_PROTOCOL_VERSION,
} from '@fairhop/shared/contract';
import { type Identity, sessionProofBytes } from '@fairhop/shared/crypto';
import {
  type AgentKey,
  type ContentId,
  FairhopError,
  type Permit,
  type PublicKey,
  type TitleId,
} from '@fairhop/shared/model';
import type { Logger } from '@fairhop/shared/service';
import { WebSocket } from 'ws';
import { createPendingRequests } from './pending-requests.js';

type MessageOf<Type extends CoordinatorMessage['type']> = Extract<CoordinatorMessage, { type: Type }>;
type Welcome = MessageOf<'welcome'>;
type Sources = MessageOf<'sources'>;
export type Holding = Extract<AgentMessage, { type: 'holding' }>;

/** From opening the connection to the welcome. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
const FIND_SOURCES_TIMEOUT_MS = 10_000;
/** A coordinator that is silent for two of these is gone: well within a NAT's idle time. */
const PING_INTERVAL_MS = 15_000;
/** The wait before another try is uniform up to a bound that doubles, so that a swarm does not return as one. */
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 20_000;
/** Unsent bytes after which messages are dropped: the state is announced anew with the next welcome. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

export interface SessionConfig {
  /** Base URL of the coordinator, http or https. */
  readonly coordinatorUrl: string;
  readonly localAddress?: string | undefined;
  readonly identity: Identity;
  readonly software: string;
  /** Permit that the ISP signed, if the user has one. */
  readonly permitToken?: string | undefined;
}

export interface SessionDependencies {
  readonly log: Logger;
  readonly random?: () => number;
  /** All that is told anew after each welcome: the coordinator's state of an agent is soft. */
  readonly holdings: () => readonly Holding[];
  readonly readiness: () => Readiness;
}

interface SessionEvents {
  onWelcome?(welcome: Welcome): void;
  onOffline?(): void;
  onPermit?(permit: Permit | null, reason: string): void;
  onSignal?(transferId: string, from: AgentKey, signal: string): void;
  onRevoke?(transferId: string, reason: string): void;
  onLower?(transferId: string, rateBitsPerSecond: number): void;
  onWithdrawn?(contentId: ContentId): void;
  onSwarmChanged?(contentId: ContentId): void;
}

export interface Session {
  readonly events: SessionEvents;
  start(): void;
  stop(): Promise<void>;
  readonly welcome: Welcome | undefined;
  readonly coordinator: { id: string; publicKey: PublicKey } | undefined;
  readonly isOnline: boolean;
  readonly permit: Permit | null;
  readonly permitReason: string;
  /** A token for other services; undefined before the first welcome. */
  readonly accessToken: string | undefined;
  /** Coordinator's time; the system's before the first welcome. */
  nowMs(): number;
  /** Resolves with the first welcome. @throws `coordinator-unreachable`, or what the coordinator refused the session with */
  ready(timeoutMs: number): Promise<void>;
  /** Sends a message if the session is up; false if it was dropped. */
  send(message: AgentMessage): boolean;
  /** @throws `session-offline`, `time-out`, and the coordinator's own codes such as `title-unknown` */
  findSources(query: {
    title: TitleId;
    maxPeers: number;
    exclude: AgentKey[];
    bytesWanted: number;
  }): Promise<Sources>;
}

/** The agent's session with its coordinator; it comes back on its own until it is stopped. */
export function createSession(config: SessionConfig, deps: SessionDependencies): Session {
  const { log, random = Math.random } = deps;
  const pending = createPendingRequests<Sources>('the coordinator');
  const events: SessionEvents = {};
  const readyWaiters = new Set<(error?: Error) => void>();
  let socket: WebSocket | undefined;
  let welcome: Welcome | undefined;
  let coordinator: { id: string; publicKey: PublicKey } | undefined;
  let permit: Permit | null = null;
  let permitReason = 'no session with the coordinator yet';
  let accessToken: string | undefined;
  let online = false;
  let stopped = true;
  let failures = 0;
  let retryTimer: NodeJS.Timeout | undefined;
  let timeBaseMs: number | undefined;
  let lastError: Error | undefined;

  const url = new URL(SESSION_PATH, config.coordinatorUrl);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';

  const connect = (): void => {
    if (stopped) return;
    const current = new WebSocket(url, {
      ...(config.localAddress && { localAddress: config.localAddress }),
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      maxPayload: MAX_COORDINATOR_MESSAGE_BYTES,
      perMessageDeflate: false,
    });
    socket = current;
    let isAlive = true;
    const welcomeTimer = setTimeout(() => current.terminate(), HANDSHAKE_TIMEOUT_MS);
    const pingTimer = setInterval(() => {
      if (!isAlive) current.terminate();
      isAlive = false;
      if (current.readyState === WebSocket.OPEN) current.ping();
    }, PING_INTERVAL_MS);
    current.on('pong', () => {
      isAlive = true;
    });
    current.on('message', (data) => {
      isAlive = true;
      if (online) receive(String(data));
      else greet(current, String(data), () => clearTimeout(welcomeTimer));
    });
    current.on('error', (error) => {
      lastError = error;
    });
    current.on('close', () => {
      clearTimeout(welcomeTimer);
      clearInterval(pingTimer);
      if (socket === current) ended();
    });
  };

  const ended = (): void => {
    socket = undefined;
    pending.rejectAll(offline());
    if (online) {
      online = false;
      if (!stopped) log.warn('the session with the coordinator ended');
      events.onOffline?.();
    }
    if (stopped) return;
    failures += 1;
    const boundMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10));
    retryTimer = setTimeout(connect, random() * boundMs);
  };

  const parse = (text: string): CoordinatorMessage | undefined => {
    try {
      const parsed = coordinatorMessageSchema.safeParse(JSON.parse(text));
      if (parsed.success) return parsed.data;
      log.warn(
        { issues: parsed.error.issues.slice(0, 3) },
        'the coordinator sent a message of another shape',
      );
    } catch {
      log.warn('the coordinator sent a message that is not JSON');
    }
    return undefined;
  };

  /** Messages before the welcome. */
  const greet = (current: WebSocket, text: string, greeted: () => void): void => {
    const message = parse(text);
    if (message?.type === 'challenge') {
      coordinator = { id: message.coordinator, publicKey: message.publicKey };
      timeBaseMs = message.timeMs - performance.now();
      const proof = { coordinator: message.coordinator, nonce: message.nonce, key: config.identity.key };
      const hello: AgentMessage = {
        type: 'hello',
        protocolVersion: SESSION_PROTOCOL_VERSION,
        agent: config.identity.key,
        signature: Buffer.from(config.identity.sign(sessionProofBytes(proof))).toString('base64url'),
        software: config.software,
        ...(config.permitToken !== undefined && { permitToken: config.permitToken }),
      };
      current.send(JSON.stringify(hello));
      return;
    }
    if (message?.type === 'welcome') {
      greeted();
      onWelcome(message);
      return;
    }
    if (message?.type === 'error') {
      lastError = new FairhopError(message.code, `The coordinator refused the session: ${message.message}`, {
        status: 403,
      });
      log.warn({ code: message.code, reason: message.message }, 'the coordinator refused the session');
    }
    current.close();
  };

  const onWelcome = (message: Welcome): void => {
    online = true;
    failures = 0;
    welcome = message;
    permit = message.permit;
    permitReason =
      message.permitReason ??
      (message.permit ? `permit ${message.permit.id} of ${message.permit.isp}` : 'no permit');
    accessToken = message.accessToken;
    timeBaseMs = message.timeMs - performance.now();
    events.onWelcome?.(message);
    for (const holding of deps.holdings()) session.send(holding);
    session.send({ type: 'readiness', readiness: deps.readiness() });
    for (const waiter of [...readyWaiters]) waiter();
  };

  const receive = (text: string): void => {
    const message = parse(text);
    switch (message?.type) {
      case 'access-token':
        accessToken = message.accessToken;
        return;
      case 'permit':
        permit = message.permit;
        permitReason = message.reason;
        events.onPermit?.(message.permit, message.reason);
        return;
      case 'sources':
        pending.resolve(message.requestId, message);
        return;
      case 'error': {
        const error = new FairhopError(message.code, message.message);
        if (message.requestId !== undefined) pending.reject(message.requestId, error);
        else log.warn({ code: message.code, reason: message.message }, 'the coordinator refused a message');
        return;
      }
      case 'signal':
        events.onSignal?.(message.transferId, message.from, message.signal);
        return;
      case 'revoke':
        events.onRevoke?.(message.transferId, message.reason);
        return;
      case 'lower':
        events.onLower?.(message.transferId, message.rateBitsPerSecond);
        return;
      case 'withdrawn':
        events.onWithdrawn?.(message.contentId);
        return;
      case 'swarm-changed':
        events.onSwarmChanged?.(message.contentId);
        return;
      default:
        return;
    }
  };

  const session: Session = {
    events,
    start: () => {
      if (!stopped) return;
      stopped = false;
      connect();
    },
    stop: async () => {
      stopped = true;
      clearTimeout(retryTimer);
      pending.rejectAll(offline());
      for (const waiter of [...readyWaiters]) waiter(offline());
      const current = socket;
      if (!current) return;
      await new Promise<void>((resolve) => {
        const cut = setTimeout(() => current.terminate(), 1000);
        current.once('close', () => {
          clearTimeout(cut);
          resolve();
        });
        if (current.readyState === WebSocket.CONNECTING) current.terminate();
        else current.close(1000);
      });
    },
    get welcome() {
      return welcome;
    },
    get coordinator() {
      return coordinator;
    },
    get isOnline() {
      return online;
    },
    get permit() {
      return permit;
    },
    get permitReason() {
      return permitReason;
    },
    get accessToken() {
      return accessToken;
    },
    nowMs: () => (timeBaseMs === undefined ? Date.now() : Math.round(timeBaseMs + performance.now())),
    ready: (timeoutMs) =>
      new Promise((resolve, reject) => {
        if (online) {
          resolve();
          return;
        }
        const timer = setTimeout(() => {
          readyWaiters.delete(waiter);
          reject(
            lastError instanceof FairhopError ? lastError : unreachable(config.coordinatorUrl, lastError),
          );
        }, timeoutMs);
        const waiter = (error?: Error): void => {
          clearTimeout(timer);
          readyWaiters.delete(waiter);
          if (error) reject(error);
          else resolve();
        };
        readyWaiters.add(waiter);
      }),
    send: (message) => {
      if (!online || !socket || socket.readyState !== WebSocket.OPEN) return false;
      if (socket.bufferedAmount > MAX_BUFFERED_BYTES) return false;
      socket.send(JSON.stringify(message));
      return true;
    },
    findSources: (query) =>
      pending.ask((requestId) => {
        if (!session.send({ type: 'find-sources', requestId, ...query })) throw offline();
      }, FIND_SOURCES_TIMEOUT_MS),
  };
  return session;
}

function offline(): FairhopError {
  return new FairhopError('session-offline', 'There is no session with the coordinator right now', {
    status: 503,
  });
}

function unreachable(url: string, cause: Error | undefined): FairhopError {
  const reason = cause ? ` (${'code' in cause ? String(cause.code) : cause.message})` : '';
  const message = `The coordinator at ${url} cannot be reached${reason}; is it running there?`;
  return new FairhopError('coordinator-unreachable', message, { status: 503, cause });
}
