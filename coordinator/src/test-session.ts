import {
  type AgentMessage,
  type CoordinatorMessage,
  coordinatorMessageSchema,
  SESSION_PATH,
  SESSION_PROTOCOL_VERSION,
} from '@fairhop/shared/contract';
import { createIdentity, type Identity, sessionProofBytes } from '@fairhop/shared/crypto';
import { withTimeout } from '@fairhop/shared/service';
import { WebSocket } from 'ws';
import type { CoordinatorFixture } from './test-kit.js';

export interface TestSession {
  readonly identity: Identity;
  send(message: AgentMessage): void;
  /** The next message of that type. */
  next<Type extends CoordinatorMessage['type']>(
    type: Type,
  ): Promise<Extract<CoordinatorMessage, { type: Type }>>;
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

const WAIT_MS = 10_000;

/** An agent on a bare WebSocket from one address, which proves its key. */
export async function openTestSession(
  { url }: CoordinatorFixture,
  options: { address: string; identity?: Identity; permitToken?: string; ca?: string },
): Promise<TestSession> {
  const identity = options.identity ?? createIdentity();
  const socket = new WebSocket(url.replace('http', 'ws') + SESSION_PATH, {
    localAddress: options.address,
    ...(options.ca !== undefined && { ca: options.ca }),
  });
  const messages: CoordinatorMessage[] = [];
  const waiting: { type: string; resolve: (message: CoordinatorMessage) => void }[] = [];
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  socket.on('message', (data) => {
    const message = coordinatorMessageSchema.parse(JSON.parse(String(data)));
    const index = waiting.findIndex(({ type }) => type === message.type);
    if (index >= 0) waiting.splice(index, 1)[0]!.resolve(message);
    else messages.push(message);
  });
  const next = <Type extends CoordinatorMessage['type']>(type: Type) => {
    const index = messages.findIndex((message) => message.type === type);
    const message =
      index >= 0
        ? Promise.resolve(messages.splice(index, 1)[0]!)
        : new Promise<CoordinatorMessage>((resolve) => waiting.push({ type, resolve }));
    return withTimeout(message, WAIT_MS, 'no-message') as Promise<
      Extract<CoordinatorMessage, { type: Type }>
    >;
  };
  const { coordinator, nonce } = await next('challenge');
  const proof = sessionProofBytes({ coordinator, nonce, key: identity.key });
  socket.send(
    JSON.stringify({
      type: 'hello',
      protocolVersion: SESSION_PROTOCOL_VERSION,
      agent: identity.key,
      signature: Buffer.from(identity.sign(proof)).toString('base64url'),
      software: 'test',
      ...(options.permitToken !== undefined && { permitToken: options.permitToken }),
    }),
  );
  return {
    identity,
    send: (message) => socket.send(JSON.stringify(message)),
    next,
    closed,
    close: () => {
      socket.close();
      return closed;
    },
  };
}
