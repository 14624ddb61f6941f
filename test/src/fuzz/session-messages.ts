import { EventEmitter } from 'node:events';
import { createConnection } from '@fairhop/coordinator/testing';
import { createLog } from '@fairhop/shared/service';
import fc from 'fast-check';
import type { WebSocket } from 'ws';
import { messages } from './agent-messages.js';
import { brokenJson, mutateBytes, mutateJson } from './mutate.js';
import { createRandom, type Random } from './random.js';
import { type FuzzTarget, isCode, type Tally } from './target.js';

const INPUTS = 500;
const OPEN = 1;

interface Input {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

function wrongMessage(random: Random, strange: readonly unknown[]): Input {
  const right = random.pick(messages(random));
  const text = JSON.stringify(right);
  const asText = (data: string): Input => ({ data: Buffer.from(data), isBinary: false });
  switch (random.below(8)) {
    case 0:
      return asText(brokenJson(text, random));
    case 1:
      return { data: Buffer.from(mutateBytes(Buffer.from(text), random)), isBinary: false };
    case 2:
      return { data: Buffer.from(random.bytes(random.below(64))), isBinary: random.chance(0.5) };
    case 3:
      return asText(JSON.stringify(random.pick(strange)) ?? '');
    default:
      return asText(JSON.stringify(mutateJson(right, random, strange)) ?? '');
  }
}

/** What a socket does that only notes what it is told to send. */
function createDeafSocket() {
  const sent: { readonly type: string; readonly code?: unknown }[] = [];
  const socket = Object.assign(new EventEmitter(), {
    ...{ OPEN, readyState: OPEN, bufferedAmount: 0 },
    send: (text: string) => sent.push(JSON.parse(text)),
    close: () => undefined,
    terminate: () => undefined,
  });
  return { sent, socket };
}

/** `createConnection` of the coordinator, which everything said in a session goes through; one that is malformed ends it. */
export const sessionMessages: FuzzTarget = {
  name: 'session-messages',
  sharePercent: 22,
  async open() {
    const log = createLog({ name: 'coordinator', level: 'silent' });
    const metrics = { refused: () => undefined, failed: () => undefined };
    const feed = ({ data, isBinary }: Input, tally: Tally): void => {
      const { socket, sent } = createDeafSocket();
      createConnection(socket as unknown as WebSocket, '127.1.0.5', () => undefined, { log, metrics });
      try {
        socket.emit('message', data, isBinary);
      } catch (error) {
        tally.crashed(error, data.toString('latin1'));
        return;
      }
      const [told] = sent;
      if (told === undefined) tally.accepted();
      else tally.refused(isCode(told.code) ? told.code : undefined);
    };
    return {
      async round(seed, tally) {
        const random = createRandom(seed);
        const strange = fc.sample(fc.jsonValue({ maxDepth: 3 }), { seed, numRuns: 60 });
        for (let index = 0; index < INPUTS; index += 1) feed(wrongMessage(random, strange), tally);
      },
      close: async () => undefined,
    };
  },
};
