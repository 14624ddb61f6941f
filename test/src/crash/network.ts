import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asGraph } from '@fairhop/fairhop';
import {
  accountingEndpoints,
  type Client,
  coordinatorEndpoints,
  createClient,
  createHttpClient,
} from '@fairhop/shared/contract';
import { choosePieceLength, createContentHasher } from '@fairhop/shared/crypto';
import { freePorts } from '@fairhop/shared/service';
import {
  type AgentVictim,
  createAgentVictim,
  createServiceVictim,
  type ServiceVictim,
  type Victim,
} from './service-process.js';

const HOST = '127.0.0.1';
const OWNER = 'moviestudio';
/** Slower than all agents together, so that they have to help each other. */
const EDGE_BITS_PER_SECOND = 16_000_000;
const RATE = '16Mbit/s';
/** Short parts: a transfer is many reports. */
const MAX_PART_MS = 5_000;
const RETRY_MS = 100;
/** For what a service away comes back within, many times over. */
const PATIENCE_MS = 30_000;

export interface CrashTitle {
  /** `owner/name` */
  readonly id: string;
  readonly bytes: Buffer;
}

/** Coordinator, accounting, edge and agents as processes of their own; the edge is the one that is never killed. */
export interface CrashNetwork {
  readonly ledgerFile: string;
  readonly coordinator: Victim;
  readonly accounting: Victim;
  readonly agents: readonly AgentVictim[];
  readonly accountingClient: Client<typeof accountingEndpoints>;
  /** A new title; services may be away meanwhile. */
  publish(sizeBytes: number): Promise<CrashTitle>;
  /** Payload that the edge says it sent to clients. */
  servedByEdge(): Promise<number>;
  /** Ends all that still runs, and leaves no file. */
  close(): Promise<void>;
}

/** Asks until it is answered. */
export async function persist<Value>(ask: () => Promise<Value>): Promise<Value> {
  const endMs = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > endMs) throw error;
      await sleep(RETRY_MS);
    }
  }
}

export async function startCrashNetwork(agentCount: number): Promise<CrashNetwork> {
  const directory = await mkdtemp(join(tmpdir(), 'fairhop-crash-'));
  const undo: (() => unknown)[] = [() => rm(directory, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    return { ...(await start(directory, agentCount, undo)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function start(
  directory: string,
  agentCount: number,
  undo: (() => unknown)[],
): Promise<Omit<CrashNetwork, 'close'>> {
  const asGraphFile = join(directory, 'as-graph.json');
  await writeFile(asGraphFile, JSON.stringify(asGraph));
  const originDirectory = join(directory, 'origin');
  await mkdir(join(originDirectory, OWNER), { recursive: true });
  const operatorToken = randomBytes(24).toString('hex');
  const ports = (await freePorts(HOST, 3)) as [number, number, number];
  const [coordinatorUrl, accountingUrl, edgeUrl] = ports.map((port) => `http://${HOST}:${port}`) as [
    string,
    string,
    string,
  ];
  const service = async (name: string, port: number, config: object): Promise<ServiceVictim> => {
    const file = join(directory, `${name}.json`);
    const common = { port, dataDirectory: join(directory, name), logLevel: 'warn' };
    await writeFile(file, JSON.stringify({ ...common, ...config }));
    const victim = createServiceVictim(name, file, `http://${HOST}:${port}`);
    undo.push(() => victim.stop());
    victim.start();
    return victim;
  };

  const http = createHttpClient();
  undo.push(() => http.close());
  const access = { http, token: operatorToken };
  const coordinatorClient = createClient(coordinatorEndpoints, { ...access, baseUrl: coordinatorUrl });
  const accountingClient = createClient(accountingEndpoints, { ...access, baseUrl: accountingUrl });
  const common = { asGraphFile, operatorToken };
  const coordinator = await service('coordinator', ports[0], { ...common, accountingUrl });
  const accounting = await service('accounting', ports[1], { ...common, coordinatorUrl });
  await Promise.all([persist(coordinator.checkReady), persist(accounting.checkReady)]);
  await coordinatorClient.putOwner({ params: { owner: OWNER }, body: { name: 'Movie Studio' } });
  const validFromMs = Date.now() - 60_000;
  for (const [isp, network] of [
    ['sp1', '127.1.0.0/16'],
    ['sp2', '127.2.0.0/16'],
  ] as const) {
    await coordinatorClient.putAgreement({
      params: { isp, id: 'uplinks' },
      body: { networks: [network], validFromMs, validUntilMs: validFromMs + 3_600_000 },
    });
  }
  const { joinToken } = await coordinatorClient.createJoinToken({});
  const edge = { coordinatorUrl, originDirectory, joinToken, maxPartMs: MAX_PART_MS };
  const edgeService = await service('edge', ports[2], { ...edge, rateBitsPerSecond: EDGE_BITS_PER_SECOND });
  await persist(edgeService.checkReady);

  const agents = Array.from({ length: agentCount }, (_, index) => {
    const name = `agent-${index}`;
    const agent = createAgentVictim({
      name,
      address: `127.${1 + (index % 2)}.0.${1 + index}`,
      dataDirectory: join(directory, name),
      coordinatorUrl,
      uploadRate: RATE,
      downloadRate: RATE,
      maxPartMs: MAX_PART_MS,
    });
    undo.push(() => agent.stop());
    agent.start();
    return agent;
  });
  await Promise.all(agents.map((agent) => agent.ready));

  let published = 0;
  return {
    ledgerFile: join(directory, 'accounting', 'ledger.db'),
    coordinator,
    accounting,
    agents,
    accountingClient,
    async publish(sizeBytes) {
      const name = `film-${published++}`;
      const bytes = randomBytes(sizeBytes);
      await writeFile(join(originDirectory, OWNER, name), bytes);
      const hasher = createContentHasher({ sizeBytes, pieceLengthBytes: choosePieceLength(sizeBytes) });
      hasher.update(bytes);
      const manifest = hasher.finish();
      const { id } = await persist(() =>
        coordinatorClient.publish({
          params: { owner: OWNER, name },
          body: {
            fileName: `${name}.bin`,
            category: 'video',
            mediaType: 'video/mp4',
            metadata: {},
            manifest,
            origin: { kind: 'directory', path: `${OWNER}/${name}` },
            rules: { peersAllowed: true },
          },
        }),
      );
      return { id, bytes };
    },
    async servedByEdge() {
      const text = await (await fetch(`${edgeUrl}/metrics`)).text();
      const [, bytes] =
        /^fairhop_edge_bytes_total\{[^}]*kind="edge-to-client"[^}]*\} (\d+)$/m.exec(text) ?? [];
      return Number(bytes ?? 0);
    },
  };
}
