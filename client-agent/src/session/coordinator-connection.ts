import {
  type AgentMessage,
  type CoordinatorMessage,
  coordinatorMessageSchema,
  MAX_COORDINATOR_MESSAGE_BYTES,
  SESSION_PATH,
} from '@fairhop/shared/contract';
import type { Logger } from '@fairhop/shared/service';
import { WebSocket } from 'ws';

/** From opening the connection to the welcome. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** A coordinator that is silent for two of these is gone: well within a NAT's idle time. */
const PING_INTERVAL_MS = 15_000;
/** Unsent bytes after which messages are dropped: the state is announced anew with the next welcome. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;
const CLOSE_TIMEOUT_MS = 1000;

export interface ConnectionEvents {
  onMessage(message: CoordinatorMessage): void;
  /** Called once, with what broke it, if anything did. */
  onClosed(error: Error | undefined): void;
}

/** One WebSocket to the coordinator; messages of another shape are logged and left out. */
export interface CoordinatorConnection {
  /** The coordinator greeted: the time for that is over. */
  greeted(): void;
  /** False if it was dropped. */
  send(message: AgentMessage): boolean;
  close(): Promise<void>;
}

export function openConnection(
  { coordinatorUrl, localAddress }: { coordinatorUrl: string; localAddress?: string | undefined },
  { onMessage, onClosed }: ConnectionEvents,
  log: Logger,
): CoordinatorConnection {
  const url = new URL(SESSION_PATH, coordinatorUrl);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(url, {
    ...(localAddress && { localAddress }),
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    maxPayload: MAX_COORDINATOR_MESSAGE_BYTES,
    perMessageDeflate: false,
  });
  let isAlive = true;
  let lastError: Error | undefined;
  const greetingTimer = setTimeout(() => {
    lastError ??= new Error(`no welcome within ${HANDSHAKE_TIMEOUT_MS} ms`);
    socket.terminate();
  }, HANDSHAKE_TIMEOUT_MS);
  const pingTimer = setInterval(() => {
    if (!isAlive) socket.terminate();
    isAlive = false;
    if (socket.readyState === WebSocket.OPEN) socket.ping();
  }, PING_INTERVAL_MS);
  socket.on('pong', () => {
    isAlive = true;
  });
  socket.on('message', (data) => {
    isAlive = true;
    const message = parse(String(data), log);
    if (message) onMessage(message);
  });
  socket.on('error', (error) => {
    lastError = error;
  });
  socket.on('close', () => {
    clearTimeout(greetingTimer);
    clearInterval(pingTimer);
    onClosed(lastError);
  });

  return {
    greeted: () => clearTimeout(greetingTimer),
    send: (message) => {
      if (socket.readyState !== WebSocket.OPEN || socket.bufferedAmount > MAX_BUFFERED_BYTES) return false;
      socket.send(JSON.stringify(message));
      return true;
    },
    close: () =>
      new Promise<void>((resolve) => {
        if (socket.readyState === WebSocket.CLOSED) {
          resolve();
          return;
        }
        const cut = setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS);
        socket.once('close', () => {
          clearTimeout(cut);
          resolve();
        });
        if (socket.readyState === WebSocket.CONNECTING) socket.terminate();
        else socket.close(1000);
      }),
  };
}

function parse(text: string, log: Logger): CoordinatorMessage | undefined {
  try {
    const parsed = coordinatorMessageSchema.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
    log.warn({ issues: parsed.error.issues.slice(0, 3) }, 'the coordinator sent a message of another shape');
  } catch {
    log.warn('the coordinator sent a message that is not JSON');
  }
  return undefined;
}
