import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentMessage, CoordinatorMessage } from '@fairhop/shared/contract';
import { createIdentity } from '@fairhop/shared/crypto';
import type { Title } from '@fairhop/shared/model';
import { createLog, openDatabase } from '@fairhop/shared/service';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { createAgent } from './agent.js';
import { agentConfigSchema } from './agent-config.js';
import type { Agent } from './agent-types.js';
import { createAgentNews } from './cli/agent-news.js';
import { describeStatus } from './cli/status.js';
import { createControlClient } from './control-client.js';
import { controlPath } from './control-protocol.js';
import { makeContent } from './download/virtual-swarm.js';

const { bytes, manifest } = makeContent(1024 * 1024, 256 * 1024);
const { contentId } = manifest;
const title: Title = {
  id: 'studio/film',
  owner: 'studio',
  name: 'film',
  fileName: 'film.bin',
  category: 'video',
  mediaType: 'video/mp4',
  metadata: {},
  contentId,
  sizeBytes: bytes.length,
  origin: { kind: 'directory', path: 'film.bin' },
  rules: { peersAllowed: true },
  state: 'published',
  publishedMs: 0,
};
const key = createIdentity().key;

/** A busy machine takes its time. */
const eventually = (check: () => void): Promise<void> => vi.waitFor(check, 15_000);

/** A coordinator and an edge, as far as one agent without peers sees them. */
class TestNetwork {
  server!: Server;
  sockets: WebSocket[] = [];
  received: AgentMessage[] = [];
  manifest: object = manifest;
  title: Title = title;
  served = 0;
  /** Why nobody may have sources. */
  refusal: { code: string; message: string } | undefined;
  /** Pieces that the edge serves before it is silent. */
  serveLimit = Number.POSITIVE_INFINITY;

  async start(): Promise<void> {
    this.server = createServer((message, response) => {
      const json = (status: number, body: object): void => {
        response.writeHead(status, {
          'content-type': status === 200 ? 'application/json' : 'application/problem+json',
        });
        response.end(JSON.stringify(body));
      };
      const [first, last] = (message.headers.range?.match(/\d+/g) ?? []).map(Number);
      if (message.url === '/v1/titles/studio/film') json(200, this.title);
      else if (message.url === `/v1/contents/${contentId}/manifest` && this.title.state === 'withdrawn') {
        const problem = { type: 'about:blank', title: 'gone', status: 410, detail: 'it is withdrawn' };
        json(410, { ...problem, code: 'content-withdrawn' });
      } else if (message.url === `/v1/contents/${contentId}/manifest`) json(200, this.manifest);
      else if (message.url?.startsWith('/c/') && first !== undefined) {
        if (this.served++ >= this.serveLimit) return;
        response.writeHead(206, { 'content-range': `bytes ${first}-${last}/${bytes.length}` });
        response.end(bytes.subarray(first, last! + 1));
      } else
        json(404, {
          type: 'about:blank',
          title: 'no',
          status: 404,
          code: 'title-unknown',
          detail: 'no such title',
        });
    });
    const sockets = new WebSocketServer({ server: this.server, path: '/v1/session' });
    sockets.on('connection', (socket) => {
      this.sockets.push(socket);
      const tell = (message: CoordinatorMessage): void => socket.send(JSON.stringify(message));
      tell({
        type: 'challenge',
        coordinator: 'co',
        publicKey: key,
        nonce: 'n'.repeat(22),
        timeMs: Date.now(),
      });
      socket.on('message', (data) => {
        const message = JSON.parse(String(data)) as AgentMessage;
        this.received.push(message);
        if (message.type === 'hello') {
          const access = { accessToken: 't', accessExpiresMs: Date.now() + 60_000 };
          tell({
            type: 'welcome',
            address: '127.0.0.1',
            asn: null,
            isp: null,
            timeMs: Date.now(),
            permit: null,
            accountingUrl: null,
            publicKeys: [key],
            ...access,
          });
        }
        if (message.type === 'holding' && this.title.state === 'withdrawn')
          tell({ type: 'error', code: 'content-unknown', message: 'no published title has it' });
        if (message.type !== 'find-sources') return;
        if (this.refusal) {
          tell({ type: 'error', requestId: message.requestId, ...this.refusal });
          return;
        }
        const edge = {
          edge: 'e1',
          transferId: '00000000-0000-4000-8000-000000000001',
          url: `${this.url}/c/${contentId}/film.bin?token=x`,
          asn: null,
          isp: null,
          expiresMs: Date.now() + 60_000,
        };
        tell({
          type: 'sources',
          requestId: message.requestId,
          contentId,
          peers: [],
          edges: [edge],
          onNetFetchers: [],
          swarmSize: 1,
        });
      });
    });
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  urlText = '';
  get url(): string {
    if (!this.server.listening) return this.urlText;
    this.urlText = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this.urlText;
  }

  async stop(): Promise<void> {
    if (!this.server.listening) return;
    this.urlText = this.url;
    for (const socket of this.sockets) socket.terminate();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

describe('an agent', () => {
  let directory: string;
  let network: TestNetwork;
  const agents: Agent[] = [];
  const startAgent = async (more: object = {}, onChange = (): void => undefined): Promise<Agent> => {
    const config = agentConfigSchema.parse({
      coordinatorUrl: network.url,
      dataDirectory: join(directory, 'data'),
      ...more,
    });
    const agent = createAgent(config, { log: createLog({ name: 'test', level: 'silent' }), onChange });
    await agent.start();
    agents.push(agent);
    return agent;
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fairhop-agent-'));
    network = new TestNetwork();
    await network.start();
  });
  afterEach(async () => {
    for (const agent of agents.splice(0)) await agent.stop();
    await network.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('downloads a title, keeps it, and tells that it holds it', async () => {
    const agent = await startAgent();
    const result = await agent.download('studio/film', { output: join(directory, 'film.bin') });
    expect(result).toMatchObject({
      verified: true,
      bytes: bytes.length,
      bytesFromEdges: bytes.length,
      bytesFromPeers: 0,
      edges: ['e1'],
    });
    await eventually(() =>
      expect(network.received).toContainEqual({ type: 'holding', contentId, pieces: 'all', wants: false }),
    );
    expect(agent.status()).toMatchObject({
      contents: [{ title: 'studio/film', complete: true }],
      unreported: 1,
    });
  });

  it('goes on, after it was ended in the middle, from what is verified on disk', async () => {
    network.serveLimit = 2;
    const first = await startAgent();
    const ended = first.download('studio/film').catch((error: unknown) => error);
    await eventually(() => expect(first.status().downloads[0]?.verifiedBytes).toBe(2 * 262_144));
    await first.stop();
    expect(await ended).toMatchObject({ code: 'aborted' });
    network.serveLimit = Number.POSITIVE_INFINITY;
    const second = await startAgent();
    expect(await second.download('studio/film')).toMatchObject({
      bytes: bytes.length - 2 * 262_144,
      verifiedBytes: bytes.length,
    });
  });

  it('refuses a manifest that is not the content’s, and a file in the way', async () => {
    const agent = await startAgent();
    await mkdir(join(directory, 'out'));
    await writeFile(join(directory, 'out', 'film.bin'), 'mine');
    await expect(
      agent.download('studio/film', { outputDirectory: join(directory, 'out') }),
    ).rejects.toMatchObject({ code: 'output-exists' });
    network.manifest = { ...manifest, merkleRoot: 'ab'.repeat(32) };
    await expect(agent.download('studio/film')).rejects.toMatchObject({ code: 'manifest-root-mismatch' });
    expect(network.served).toBe(0);
  });

  it.each(['budget-stopped', 'budget-off-peak-only', 'budget-priority-customers-only'])(
    'ends a download that a budget forbids with its reason, asking once (%s)',
    async (code) => {
      network.refusal = { code, message: "studio's budget is used up (budget launch)" };
      const agent = await startAgent();
      await expect(agent.download('studio/film')).rejects.toMatchObject(network.refusal);
      expect(network.received.filter(({ type }) => type === 'find-sources')).toHaveLength(1);
    },
  );

  it('ends a download of a title that is withdrawn, and deletes what it holds of it', async () => {
    network.serveLimit = 1;
    const agent = await startAgent();
    const ended = agent.download('studio/film').catch((error: unknown) => error);
    await eventually(() => expect(agent.status().downloads[0]?.verifiedBytes).toBe(262_144));
    network.sockets[0]!.send(JSON.stringify({ type: 'withdrawn', contentId }));
    expect(await ended).toMatchObject({ code: 'title-withdrawn' });
    await eventually(() => expect(agent.status().contents).toEqual([]));
  });

  it.each([true, false])('deletes what was withdrawn while it was away (complete: %s)', async (complete) => {
    if (!complete) network.serveLimit = 1;
    const first = await startAgent();
    const ended = first.download('studio/film').catch(() => undefined);
    await eventually(() => expect(first.status().contents[0]?.verifiedBytes).toBeGreaterThan(0));
    if (complete) await ended;
    await first.stop();
    network.title = { ...title, state: 'withdrawn' };
    const second = await startAgent();
    await second.online();
    await eventually(() => expect(second.status().contents).toEqual([]));
  });

  it('goes on with a download for whoever still waits for it', async () => {
    network.serveLimit = 1;
    const agent = await startAgent();
    const leaving = new AbortController();
    const one = agent.download('studio/film', { signal: leaving.signal }).catch((error: unknown) => error);
    await eventually(() => expect(agent.status().downloads[0]?.verifiedBytes).toBe(262_144));
    const staying = new AbortController();
    let hears = false;
    const onProgress = (): void => {
      hears = true;
    };
    const options = { signal: staying.signal, onProgress };
    const other = agent.download('studio/film', options).catch((error: unknown) => error);
    await eventually(() => expect(hears).toBe(true));
    leaving.abort();
    expect(await one).toMatchObject({ code: 'aborted' });
    // What ends a download takes some turns.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(agent.status().downloads.length).toBe(1);
    staying.abort();
    expect(await other).toMatchObject({ code: 'aborted' });
    expect(agent.status().downloads).toEqual([]);
  });

  it('says that the coordinator is not there, and still gives what it holds', async () => {
    const agent = await startAgent();
    await agent.download('studio/film');
    await network.stop();
    const output = join(directory, 'held.bin');
    expect(await agent.download('studio/film', { output })).toMatchObject({ bytes: 0, output });
    await expect(agent.download('studio/other')).rejects.toMatchObject({
      code: 'coordinator-unreachable',
      message: expect.stringContaining(network.urlText),
    });
  });

  it('has a status before its first session', async () => {
    await network.stop();
    const agent = await startAgent();
    const status = agent.status();
    expect(status).toMatchObject({ online: false, address: null, isp: null, contents: [], downloads: [] });
    expect(describeStatus(status)).toContain(`Not connected to ${network.urlText}`);
    await expect(agent.online(100)).rejects.toMatchObject({ code: 'coordinator-unreachable' });
  });

  it('says when the title does not fit into the disk budget', async () => {
    const agent = await startAgent({ diskBudgetBytes: 500_000 });
    await expect(agent.download('studio/film')).rejects.toMatchObject({ code: 'disk-budget-exceeded' });
  });

  it('does not start on an address that is not of this machine', async () => {
    await expect(startAgent({ bindAddress: '203.0.113.9' })).rejects.toMatchObject({
      code: 'address-not-available',
      status: 400,
      message: expect.stringMatching(/203\.0\.113\.9.*EADDRNOTAVAIL.*give one of its own/),
    });
  });

  it('ends a download whose completion cannot be put among the reports with what prevents it', async () => {
    const agent = await startAgent();
    const reports = openDatabase(join(directory, 'data', 'reports.db'), ['', ''], { synchronous: 'NORMAL' });
    reports.exec("CREATE TRIGGER full BEFORE INSERT ON messages BEGIN SELECT RAISE(ABORT, 'no room'); END;");
    await expect(agent.download('studio/film')).rejects.toThrow('no room');
    reports.exec('DROP TRIGGER full');
    reports.close();
    expect(await agent.download('studio/film')).toMatchObject({ bytes: 0 });
    expect(agent.status().unreported).toBe(1);
  });

  it('tells when the session ends and is back', async () => {
    const news: string[] = [];
    const agentNews = createAgentNews();
    const agent: Agent = await startAgent({}, () => {
      news.push(...agentNews.of(agent.status()).map(({ event }) => event));
    });
    await eventually(() => expect(news).toEqual(['ready']));
    network.sockets[0]!.terminate();
    await eventually(() => expect(news).toEqual(['ready', 'offline', 'connected']));
  });

  it('has its data directory for itself', async () => {
    await startAgent();
    await expect(startAgent()).rejects.toMatchObject({ code: 'data-directory-locked' });
  });

  it('uploads nothing without consent and permit, and says so', async () => {
    const agent = await startAgent();
    await agent.online();
    expect(agent.status().upload).toMatchObject({ ready: false, permit: null });
    expect(agent.status().upload.reasons.join(' ')).toMatch(/agreed.*permit/);
    await eventually(() =>
      expect(network.received).toContainEqual({
        type: 'readiness',
        readiness: expect.objectContaining({ ready: false }),
      }),
    );
  });

  it('takes commands from other processes of its user, checked', async () => {
    const agent = await startAgent();
    const client = createControlClient(join(directory, 'data'));
    expect((await client.status()).agent).toBe(agent.key);
    const result = await client.download(
      { reference: 'studio/film', output: join(directory, 'by-command.bin') },
      () => undefined,
    );
    expect(result).toMatchObject({ verified: true, output: join(directory, 'by-command.bin') });
    await expect(client.download({ reference: 'not a title' }, () => undefined)).rejects.toMatchObject({
      code: 'title-reference-invalid',
    });
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const message = request(
        { socketPath: controlPath(join(directory, 'data')), method: 'POST', path: '/downloads' },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      message.on('error', reject);
      message.end('{"reference":"studio/film","unknown":1}');
    });
    expect(status).toBe(400);
    await agent.stop();
    await expect(client.status()).rejects.toMatchObject({ code: 'agent-not-running' });
  });
});
