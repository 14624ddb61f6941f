import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentMessage, CoordinatorMessage } from '@fairhop/shared/contract';
import { auditDigest, createIdentity } from '@fairhop/shared/crypto';
import { createLog, openDataDirectory } from '@fairhop/shared/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { createAgent } from './agent.js';
import { agentConfigSchema } from './agent-config.js';
import type { Agent } from './agent-types.js';
import { createAuditAnswers } from './audit-answers.js';
import { describeStatus } from './cli/status.js';
import { makeContent } from './download/virtual-swarm.js';
import { createContentStore } from './storage/content-store.js';

const PIECE = 256 * 1024;
const { bytes, manifest } = makeContent(2 * PIECE + 1_000, PIECE);
const { contentId } = manifest;
const title = {
  id: 'studio/film',
  owner: 'studio',
  name: 'film',
  fileName: 'film.bin',
  category: 'video',
  mediaType: 'video/mp4',
  metadata: {},
  contentId,
  sizeBytes: bytes.length,
  origin: { kind: 'directory' as const, path: 'film.bin' },
  rules: { peersAllowed: true },
  state: 'published' as const,
  publishedMs: 0,
};
const log = createLog({ name: 'test', level: 'silent' });
const auditId = '01234567-89ab-4cde-8f01-23456789abcd';
const nonce = '0f'.repeat(32);

type Audit = Extract<CoordinatorMessage, { type: 'audit' }>;
const auditOf = (changes: Partial<Audit> = {}): Audit => ({
  ...{ type: 'audit', auditId, contentId, piece: 0, offset: 10, lengthBytes: 65_536, nonce },
  ...changes,
});

let directory: string;
let agent: Agent;
let server: WebSocketServer;
let socket: WebSocket | undefined;
let heard: AgentMessage[];

const tell = (message: CoordinatorMessage): void => socket?.send(JSON.stringify(message));
const answers = () => heard.filter((message) => message.type === 'audit-answer');

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairhop-audits-'));
  heard = [];
  await keepContent();
  await startCoordinator();
  agent = createAgent(
    agentConfigSchema.parse({
      coordinatorUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      dataDirectory: directory,
    }),
    { log },
  );
  await agent.start();
  await agent.online();
  await expect.poll(() => agent.status().contents).toHaveLength(1);
});
afterEach(async () => {
  await agent.stop();
  for (const client of server.clients) client.terminate();
  server.close();
  await rm(directory, { recursive: true, force: true });
});

/** Pieces 0 and 2 of three. */
async function keepContent(): Promise<void> {
  const data = await openDataDirectory(directory, { name: 'agent', formatVersion: 1, log });
  const contents = createContentStore(
    { directory: join(directory, 'contents'), budgetBytes: 10 ** 9 },
    { nowMs: Date.now, onRemoved: () => undefined, onUnusable: () => undefined },
  );
  await contents.start();
  const { store, release } = await contents.openForDownload(title, manifest);
  for (const piece of [0, 2]) await store.write(piece, bytes.subarray(piece * PIECE, (piece + 1) * PIECE));
  release();
  await contents.stop();
  data.close();
}

async function startCoordinator(): Promise<void> {
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  const nowMs = Date.now();
  server.on('connection', (opened) => {
    socket = opened;
    const publicKey = createIdentity().key;
    tell({ type: 'challenge', coordinator: 'co', publicKey, nonce: 'n'.repeat(22), timeMs: nowMs });
    opened.on('message', (data) => {
      const message = JSON.parse(String(data)) as AgentMessage;
      heard.push(message);
      if (message.type !== 'hello') return;
      const access = { accountingUrl: null, accessToken: 't', accessExpiresMs: nowMs + 60_000 };
      const place = { address: '127.0.0.1', asn: null, isp: null, publicKeys: [publicKey] };
      tell({ type: 'welcome', ...place, timeMs: nowMs, permit: null, ...access });
    });
  });
  await new Promise((resolve) => server.once('listening', resolve));
}

describe('an audited agent', () => {
  it('answers with the keyed hash of what it holds', async () => {
    tell(auditOf());
    await expect.poll(answers).toHaveLength(1);
    const digest = auditDigest(nonce, bytes.subarray(10, 10 + 65_536));
    expect(answers()).toEqual([{ type: 'audit-answer', auditId, digest }]);
  });

  it.each([
    ['a piece it does not hold', { piece: 1 }],
    ['a piece there is not', { piece: 3 }],
    ['a range past the end of the short piece', { piece: 2, offset: 0, lengthBytes: 1_001 }],
    ['an unknown content', { contentId: '0'.repeat(64) }],
  ])('says of %s that it cannot', async (_, changes) => {
    tell(auditOf(changes));
    await expect.poll(answers).toEqual([{ type: 'audit-answer', auditId }]);
  });

  it('reads for the coordinator no more than now and then', async () => {
    let nowMs = 0;
    let reads = 0;
    const read = async () => {
      reads += 1;
      return bytes.subarray(0, 1);
    };
    const store = { manifest, has: () => true, read };
    const answer = createAuditAnswers({
      ...{ log, storeOf: () => store as never, send: () => undefined },
      monotonicMs: () => nowMs,
    });
    for (nowMs = 0; nowMs < 1_000; nowMs += 10) await answer(auditOf());
    // Four at once, which two messages of its own may bring about, then one each 100 ms.
    expect(reads).toBe(13);
  });
});

describe('an agent in quarantine', () => {
  it('tells its user why and until when, until it is free', async () => {
    const untilMs = Date.UTC(2026, 10, 21);
    tell({ type: 'quarantine', quarantine: { reasons: ['it signed two histories'], untilMs } });
    await expect
      .poll(() => agent.status().quarantine)
      .toEqual({
        reasons: ['it signed two histories'],
        untilMs,
      });
    expect(agent.status().upload.ready).toBe(false);
    const text = describeStatus(agent.status());
    for (const words of ['In quarantine until 2026-11-21T00:00:00.000Z', 'it signed two histories'])
      expect(text).toContain(words);
    expect(JSON.parse(JSON.stringify(agent.status()))).toHaveProperty('quarantine.untilMs', untilMs);
    tell({ type: 'quarantine', quarantine: null });
    await expect.poll(() => agent.status().quarantine).toBeNull();
    expect(describeStatus(agent.status())).not.toContain('quarantine');
  });

  it('knows nothing of it after a break, before it is told again', async () => {
    tell({ type: 'quarantine', quarantine: { reasons: ['seen'], untilMs: null } });
    await expect.poll(() => agent.status().quarantine?.untilMs).toBeNull();
    heard = [];
    socket?.terminate();
    await expect.poll(() => heard.length).toBeGreaterThan(0);
    await expect.poll(() => agent.status().quarantine).toBeNull();
  });
});
