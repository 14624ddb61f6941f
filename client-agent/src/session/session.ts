import type { AgentMessage, CoordinatorMessage, Readiness } from '@fairhop/shared/contract';
import type { Identity } from '@fairhop/shared/crypto';
import {
  type AgentKey,
  type ContentId,
  FairhopError,
  type Permit,
  type PublicKey,
  type TitleId,
} from '@fairhop/shared/model';
import type { Logger } from '@fairhop/shared/service';
import { type CoordinatorConnection, openConnection } from './coordinator-connection.js';
import { helloTo } from './hello.js';
import { createPendingRequests } from './pending-requests.js';

type MessageOf<Type extends CoordinatorMessage['type']> = Extract<CoordinatorMessage, { type: Type }>;
type Welcome = MessageOf<'welcome'>;
type Sources = MessageOf<'sources'>;
type QuarantineNotice = NonNullable<MessageOf<'quarantine'>['quarantine']>;
export type Holding = Extract<AgentMessage, { type: 'holding' }>;

const FIND_SOURCES_TIMEOUT_MS = 10_000;
/** The wait before another try is uniform up to a bound that doubles, so that a swarm does not return as one. */
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 20_000;

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

interface CoordinatorFacts {
  readonly id: string;
  readonly publicKey: PublicKey;
  readonly publicKeys?: readonly PublicKey[] | undefined;
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
  onAudit?(audit: MessageOf<'audit'>): void;
  onQuarantine?(quarantine: QuarantineNotice | null): void;
  /** A message that asked for no answer was refused. */
  onRefused?(code: string): void;
}

export interface Session {
  readonly events: SessionEvents;
  start(): void;
  stop(): Promise<void>;
  readonly welcome: Welcome | undefined;
  /** `publicKeys` are all that sign grants in force, as the coordinator told last. */
  readonly coordinator: CoordinatorFacts | undefined;
  readonly isOnline: boolean;
  readonly permit: Permit | null;
  readonly permitReason: string;
  /** While the coordinator lets it have nothing of peers, and why. */
  readonly quarantine: QuarantineNotice | null;
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
  let connection: CoordinatorConnection | undefined;
  let welcome: Welcome | undefined;
  let coordinator: CoordinatorFacts | undefined;
  let permit: Permit | null = null;
  let quarantine: QuarantineNotice | null = null;
  let permitReason = 'no session with the coordinator yet';
  let accessToken: string | undefined;
  let online = false;
  let stopped = true;
  let failures = 0;
  let retryTimer: NodeJS.Timeout | undefined;
  let timeBaseMs: number | undefined;
  let lastError: Error | undefined;

  const connect = (): void => {
    if (stopped) return;
    const opened = openConnection(
      config,
      {
        onMessage: (message) => (online ? receive(message) : greet(opened, message)),
        onClosed: (error) => {
          lastError = error ?? lastError;
          if (connection === opened) ended();
        },
      },
      log,
    );
    connection = opened;
  };

  const ended = (): void => {
    connection = undefined;
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

  /** Messages before the welcome. */
  const greet = (current: CoordinatorConnection, message: CoordinatorMessage): void => {
    if (message.type === 'challenge') {
      coordinator = { id: message.coordinator, publicKey: message.publicKey };
      timeBaseMs = message.timeMs - performance.now();
      current.send(helloTo(message, config));
      return;
    }
    if (message.type === 'welcome') {
      current.greeted();
      onWelcome(message);
      return;
    }
    if (message.type === 'error') {
      lastError = new FairhopError(message.code, `The coordinator refused the session: ${message.message}`, {
        status: 403,
      });
      log.warn({ code: message.code, reason: message.message }, 'the coordinator refused the session');
    }
    void current.close();
  };

  const onWelcome = (message: Welcome): void => {
    online = true;
    failures = 0;
    welcome = message;
    coordinator &&= { ...coordinator, publicKeys: message.publicKeys };
    permit = message.permit;
    permitReason =
      message.permitReason ??
      (message.permit ? `permit ${message.permit.id} of ${message.permit.isp}` : 'no permit');
    // Told anew after the welcome as long as it lasts.
    quarantine = null;
    accessToken = message.accessToken;
    timeBaseMs = message.timeMs - performance.now();
    events.onWelcome?.(message);
    for (const holding of deps.holdings()) session.send(holding);
    session.send({ type: 'readiness', readiness: deps.readiness() });
    for (const waiter of [...readyWaiters]) waiter();
  };

  const receive = (message: CoordinatorMessage): void => {
    switch (message.type) {
      case 'signing-keys':
        coordinator &&= { ...coordinator, publicKeys: message.publicKeys };
        return;
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
        if (message.requestId !== undefined) {
          pending.reject(message.requestId, error);
          return;
        }
        log.warn({ code: message.code, reason: message.message }, 'the coordinator refused a message');
        events.onRefused?.(message.code);
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
      case 'audit':
        events.onAudit?.(message);
        return;
      case 'quarantine':
        quarantine = message.quarantine;
        events.onQuarantine?.(message.quarantine);
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
      await connection?.close();
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
    get quarantine() {
      return quarantine;
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
    send: (message) => online && (connection?.send(message) ?? false),
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
