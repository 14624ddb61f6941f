import {
  type AgentMessage,
  agentMessageSchema,
  type CoordinatorMessage,
  MAX_SESSION_MESSAGE_BYTES,
} from '@fairhop/shared/contract';
import { FairhopError, fieldErrors } from '@fairhop/shared/model';
import type { Logger } from '@fairhop/shared/service';
import type { RawData, WebSocket } from 'ws';
import type { SessionMetrics } from './metrics.js';
import { createTokenBucket } from './token-bucket.js';

/** One agent's WebSocket: messages in and out, with every bound on them. */
export interface Connection {
  /** As the coordinator sees it, IPv4-mapped addresses as IPv4. */
  readonly address: string;
  send(message: CoordinatorMessage): void;
  /** Sends the error and closes. */
  refuse(error: FairhopError): void;
  close(code: number, reason: string): void;
  /** At once, without a closing handshake. */
  terminate(): void;
  /** Pings; ends the connection when nothing was heard since the ping before. */
  checkAlive(): void;
  readonly closed: Promise<void>;
}

/** Answers with 64 grants have up to 512 KiB: eight of them unread is an agent that does not read. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;
/** Trickled candidates of 64 transfers arrive in bursts; in the long run an agent says a few things a second. */
const MESSAGE_RATE = { perSecond: 200, burst: 2_000 };
/** Messages that wait for the one before them: a burst of small ones, or four of the largest. */
const MAX_QUEUED = 2_000;
const MAX_QUEUED_BYTES = 4 * MAX_SESSION_MESSAGE_BYTES;

/** Codes of RFC 6455 §7.4.1. */
export const closeCode = { normal: 1000, goingAway: 1001, policy: 1008 } as const;

/** Messages are handled one after another. A FairhopError of `handle` is told to the agent, anything else ends it. */
export function createConnection(
  socket: WebSocket,
  address: string,
  handle: (message: AgentMessage) => Promise<void> | void,
  { log, metrics }: { log: Logger; metrics: Pick<SessionMetrics, 'refused' | 'failed'> },
): Connection {
  const bucket = createTokenBucket(MESSAGE_RATE);
  let queued = 0;
  let queuedBytes = 0;
  let queue = Promise.resolve();
  let heard = true;
  let ended = false;

  const send = (message: CoordinatorMessage): void => {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > MAX_UNREAD_BYTES) {
      metrics.refused('session-not-read');
      log.warn(
        { address, code: 'session-not-read', unreadBytes: socket.bufferedAmount },
        'the agent does not read; its session ends',
      );
      socket.terminate();
      return;
    }
    socket.send(JSON.stringify(message));
  };
  const close = (code: number, reason: string): void => {
    ended = true;
    socket.close(code, reason);
  };
  const refuse = (error: FairhopError): void => {
    if (ended) return;
    metrics.refused(error.code);
    log.info({ address, code: error.code, reason: error.message }, 'session refused');
    send({ type: 'error', code: error.code, message: error.message });
    close(closeCode.policy, error.code);
  };

  const process = async (message: AgentMessage, sizeBytes: number): Promise<void> => {
    try {
      if (!ended) await handle(message);
    } catch (error) {
      if (!(error instanceof FairhopError)) {
        log.error({ err: error, type: message.type }, 'a session message failed');
        refuse(new FairhopError('internal', `The coordinator failed at the message "${message.type}"`));
        return;
      }
      const requestId = message.type === 'find-sources' ? { requestId: message.requestId } : {};
      metrics.failed(error.code);
      log.debug({ address, type: message.type, code: error.code, reason: error.message }, 'message refused');
      send({ type: 'error', code: error.code, message: error.message, ...requestId });
    } finally {
      queued -= 1;
      queuedBytes -= sizeBytes;
    }
  };

  socket.on('pong', () => {
    heard = true;
  });
  socket.on('message', (data: RawData, isBinary: boolean) => {
    heard = true;
    if (ended) return;
    const sizeBytes = bytesOf(data);
    if (!bucket.take() || queued >= MAX_QUEUED || queuedBytes + sizeBytes > MAX_QUEUED_BYTES) {
      refuse(
        new FairhopError(
          'session-rate-limited',
          `More than ${MESSAGE_RATE.perSecond} messages a second, or ${MAX_QUEUED_BYTES} bytes at once; reconnect later`,
        ),
      );
      return;
    }
    const message = parse(data, isBinary);
    if (message instanceof FairhopError) {
      refuse(message);
      return;
    }
    queued += 1;
    queuedBytes += sizeBytes;
    queue = queue.then(() => process(message, sizeBytes));
  });
  // An oversized or malformed frame: ws closes with the code of RFC 6455, nothing else is to do.
  socket.on('error', (error) => log.debug({ err: error, address }, 'session socket'));
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      ended = true;
      resolve();
    });
  });

  return {
    address,
    send,
    refuse,
    close,
    terminate: () => socket.terminate(),
    checkAlive() {
      if (!heard) {
        socket.terminate();
        return;
      }
      heard = false;
      if (socket.readyState === socket.OPEN) socket.ping();
    },
    closed,
  };
}

function bytesOf(data: RawData): number {
  return Array.isArray(data) ? data.reduce((sum, part) => sum + part.length, 0) : data.byteLength;
}

function parse(data: RawData, isBinary: boolean): AgentMessage | FairhopError {
  if (isBinary)
    return new FairhopError('message-malformed', 'Session messages are JSON text, this one is binary');
  let json: unknown;
  try {
    json = JSON.parse(data.toString());
  } catch {
    return new FairhopError('message-malformed', 'The session message is not JSON');
  }
  const message = agentMessageSchema.safeParse(json);
  if (message.success) return message.data;
  const wrong = fieldErrors(message.error);
  const told = wrong.slice(0, 5).map(({ path, message: text }) => `${path || '(message)'}: ${text}`);
  return new FairhopError(
    'message-malformed',
    `The session message is wrong: ${told.join('; ')}`.slice(0, 1000),
  );
}
