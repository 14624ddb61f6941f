import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { coordinatorConfigSchema, createCoordinator } from '@fairhop/coordinator';
import { asGraph } from '@fairhop/fairhop';
import { type AgentMessage, SESSION_PATH } from '@fairhop/shared/contract';
import { createIdentity, type Identity, sessionProofBytes } from '@fairhop/shared/crypto';
import { createLog } from '@fairhop/shared/service';
import fc from 'fast-check';
import { WebSocket } from 'ws';
import { messages } from './agent-messages.js';
import { brokenJson, mutateBytes, mutateJson } from './mutate.js';
import { createRandom, type Random } from './random.js';
import { type FuzzTarget, isCode, type Tally } from './target.js';

/** Sessions of a round, each with so many messages that are false before the one that is malformed, which ends it. */
const SESSIONS = 6;
const MESSAGES = 12;
/** Connections of a round that never become sessions. */
const STRANGERS = 12;
const GIVE_UP_MS = 30_000;
/** Answers to a request of this id tell that all before it was handled: messages are handled in order. */
const MARKER = 1_000_000;

interface Heard {
  readonly type: string;
  readonly code?: unknown;
  readonly requestId?: unknown;
  readonly coordinator?: string;
  readonly nonce?: string;
}

/** A connection that keeps what it heard. */
interface Talk {
  readonly heard: Heard[];
  say(message: unknown): void;
  raw(data: string | Uint8Array): void;
  /** Resolves when something fits, or the connection is over; gives whether something fits. */
  until(fits: (heard: Heard) => boolean): Promise<boolean>;
  readonly closeCode: number | undefined;
  end(): void;
}

function talk(url: string, localAddress: string): Promise<Talk> {
  const socket = new WebSocket(url, { localAddress });
  const heard: Heard[] = [];
  const waiting = new Set<() => void>();
  let closeCode: number | undefined;
  const check = (): void => {
    for (const look of [...waiting]) look();
  };
  socket.on('message', (data) => {
    heard.push(JSON.parse(String(data)) as Heard);
    check();
  });
  socket.on('error', () => undefined);
  socket.on('close', (code) => {
    closeCode = code;
    check();
  });
  const line: Talk = {
    heard,
    say: (message) => line.raw(JSON.stringify(message) ?? ''),
    raw: (data) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(data);
    },
    until: (fits) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(look);
          reject(new Error(`the coordinator gave no answer; heard ${JSON.stringify(heard.slice(-3))}`));
        }, GIVE_UP_MS);
        const look = (): void => {
          const isThere = heard.some(fits);
          if (!isThere && closeCode === undefined) return;
          waiting.delete(look);
          clearTimeout(timer);
          resolve(isThere);
        };
        waiting.add(look);
        look();
      }),
    get closeCode() {
      return closeCode;
    },
    end: () => socket.terminate(),
  };
  return line
    .until(({ type }) => type === 'challenge')
    .then((isThere) => {
      if (isThere) return line;
      throw new Error(`no challenge came, the connection closed with ${closeCode}`);
    });
}

function helloOf(line: Talk, identity: Identity): Extract<AgentMessage, { type: 'hello' }> {
  const { coordinator = '', nonce = '' } = line.heard.find(({ type }) => type === 'challenge') ?? {};
  const proof = sessionProofBytes({ coordinator, nonce, key: identity.key });
  return {
    type: 'hello',
    protocolVersion: 1,
    agent: identity.key,
    signature: Buffer.from(identity.sign(proof)).toString('base64url'),
    software: 'fuzz',
  };
}

/** Counts what was refused of what was said on this line, with its codes. */
function count(line: Talk, said: number, tally: Tally): void {
  const errors = line.heard.filter(({ type, requestId }) => type === 'error' && requestId !== MARKER);
  for (const { code } of errors) {
    if (code === 'internal')
      tally.crashed(new Error('a message failed in the coordinator'), line.heard.at(-1));
    else tally.refused(isCode(code) ? code : undefined);
  }
  if (errors.length === 0 && line.closeCode !== undefined && line.closeCode !== 1005) {
    // The WebSocket layer closes with the codes of RFC 6455 §7.4.1.
    tally.refused(
      [1002, 1003, 1007, 1009].includes(line.closeCode) ? `websocket-${line.closeCode}` : undefined,
    );
    return;
  }
  tally.accepted(Math.max(0, said - errors.length));
}

const marker = {
  type: 'find-sources',
  requestId: MARKER,
  title: 'no/such',
  maxPeers: 0,
  exclude: [],
  bytesWanted: 0,
};

/** A proven agent that says a lot of what is not so, and at last something that is no message. */
async function sessionOf(
  line: Talk,
  random: Random,
  strange: readonly unknown[],
  tally: Tally,
): Promise<void> {
  line.say(helloOf(line, createIdentity()));
  if (!(await line.until(({ type }) => type === 'welcome'))) throw new Error('a right hello was refused');
  for (let index = 0; index < MESSAGES; index += 1) {
    line.say(random.pick(messages(random)));
  }
  const last = random.pick(messages(random));
  if (random.chance(0.3)) line.raw(brokenJson(JSON.stringify(last), random));
  else line.say(mutateJson(last, random, strange));
  line.say(marker);
  await line.until(({ requestId }) => requestId === MARKER);
  count(line, MESSAGES + 1, tally);
}

/** Somebody who does not get as far as a session. */
async function strangerOf(
  line: Talk,
  random: Random,
  strange: readonly unknown[],
  tally: Tally,
): Promise<void> {
  const hello = helloOf(line, createIdentity());
  const text = JSON.stringify(hello);
  switch (random.below(5)) {
    case 0:
      line.raw(brokenJson(text, random));
      break;
    case 1:
      line.raw(mutateBytes(Buffer.from(text), random));
      break;
    case 2:
      line.say(random.pick(messages(random)));
      break;
    case 3:
      line.raw('x'.repeat(random.pick([65_536, 65_537, 300_000])));
      break;
    default:
      line.say(mutateJson(hello, random, strange));
  }
  line.say(marker);
  await line.until(({ requestId, type }) => requestId === MARKER || type === 'welcome');
  if (line.heard.some(({ type }) => type === 'welcome')) tally.accepted();
  else count(line, 1, tally);
}

/** Bytes on the wire beneath the messages: upgrades and frames of RFC 6455, changed. */
function wire(url: string, localAddress: string, random: Random, tally: Tally): Promise<void> {
  const { hostname, port } = new URL(url);
  const head = [
    `GET ${SESSION_PATH} HTTP/1.1`,
    `Host: ${hostname}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${Buffer.from(random.bytes(16)).toString('base64')}`,
  ].join('\r\n');
  const frame = Uint8Array.of(0x81, 0x80 | 5, 1, 2, 3, 4, ...random.bytes(5));
  const isHead = random.chance(0.5);
  const bytes = isHead
    ? Buffer.concat([mutateBytes(Buffer.from(head), random), Buffer.from('\r\n\r\n')])
    : Buffer.concat([Buffer.from(`${head}\r\n\r\n`), mutateBytes(frame, random), random.bytes(40)]);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), localAddress });
    let text = '';
    const timer = setTimeout(() => socket.destroy(), 300);
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
      if (status >= 500) tally.crashed(new Error(`answered ${status}`), bytes.toString('latin1'));
      else if (status >= 400) tally.refused(`http-${status}`);
      else tally.accepted();
      resolve();
    });
    socket.end(bytes);
  });
}

/** A coordinator's sessions over real WebSockets: connections, handshakes, messages and what they set off. */
export const session: FuzzTarget = {
  name: 'session',
  sharePercent: 1.5,
  async open() {
    const directory = await mkdtemp(join(tmpdir(), 'fairhop-fuzz-session-'));
    const asGraphFile = join(directory, 'as-graph.json');
    await writeFile(asGraphFile, JSON.stringify(asGraph));
    const coordinator = createCoordinator(
      coordinatorConfigSchema.parse({
        port: 0,
        dataDirectory: join(directory, 'data'),
        asGraphFile,
        useBundledAsnDataset: false,
        requestsPerMinute: 1_000_000,
      }),
      { log: createLog({ name: 'coordinator', level: 'silent' }) },
    );
    await coordinator.start();
    const url = coordinator.url.replace('http', 'ws') + SESSION_PATH;
    let places = 0;
    /** One address may not open more than a thousand connections in a minute. */
    const place = (): string => {
      places += 1;
      return `127.1.${(places >> 3) % 200}.${1 + (places & 7)}`;
    };
    const withTalk = async (act: (line: Talk) => Promise<void>): Promise<void> => {
      const line = await talk(url, place());
      try {
        await act(line);
      } finally {
        line.end();
      }
    };
    return {
      async round(seed, tally) {
        const random = createRandom(seed);
        const strange = fc.sample(fc.jsonValue({ maxDepth: 3 }), { seed, numRuns: 60 });
        for (let index = 0; index < SESSIONS; index += 1)
          await withTalk((line) => sessionOf(line, random, strange, tally));
        for (let index = 0; index < STRANGERS; index += 1)
          await withTalk((line) => strangerOf(line, random, strange, tally));
        await wire(coordinator.url, place(), random, tally);
      },
      async close() {
        await coordinator.stop();
        await rm(directory, { recursive: true, force: true });
      },
    };
  },
};
