import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Client,
  coordinatorEndpoints,
  coordinatorTrustEndpoints,
  createClient,
  createHttpClient,
  type EdgeLimit,
  type EdgeTransfer,
  type HttpClient,
  type Publication,
} from '@fairhop/shared/contract';
import {
  choosePieceLength,
  createContentHasher,
  createIdentity,
  edgeProofBytes,
  type Identity,
} from '@fairhop/shared/crypto';
import type { Manifest } from '@fairhop/shared/model';
import { createLog } from '@fairhop/shared/service';
import { type CoordinatorConfig, coordinatorConfigSchema } from './config.js';
import { type Coordinator, type CoordinatorDependencies, createCoordinator } from './coordinator.js';

/** SP1 and SP2 peer behind a backbone that serves the CDN too; each network on its own loopback addresses. */
export const testGraph = {
  version: 1,
  ases: [
    { asn: 64496, name: 'CDN', isp: 'cdn' },
    { asn: 64500, name: 'Backbone', isp: 'backbone' },
    { asn: 64501, name: 'SP1', isp: 'sp1', country: 'GB' },
    { asn: 64502, name: 'SP2', isp: 'sp2', country: 'PT' },
  ],
  isps: [
    { id: 'cdn', name: 'CDN' },
    { id: 'backbone', name: 'Backbone' },
    { id: 'sp1', name: 'Service provider 1' },
    { id: 'sp2', name: 'Service provider 2' },
  ],
  prefixes: [
    { prefix: '127.0.0.1/32', asn: 64496 },
    { prefix: '127.1.0.0/16', asn: 64501 },
    { prefix: '127.2.0.0/16', asn: 64502 },
    { prefix: '127.1.200.0/24', asn: 64502 },
  ],
  links: [
    { from: 64496, to: 64500, relationship: 'customer-of' },
    { from: 64501, to: 64500, relationship: 'customer-of' },
    { from: 64502, to: 64500, relationship: 'customer-of' },
    { from: 64501, to: 64502, relationship: 'peer' },
  ],
} as const;

const endpoints = { ...coordinatorEndpoints, ...coordinatorTrustEndpoints };

export interface CoordinatorFixture {
  readonly coordinator: Coordinator;
  readonly config: CoordinatorConfig;
  readonly url: string;
  /** The operator's. */
  readonly client: Client<typeof endpoints>;
  /** From an address of its own, with another token or none. */
  clientOf(options: { token?: string; address?: string }): Client<typeof endpoints>;
  /** Stops it and starts another one on the same data directory. */
  restart(): Promise<CoordinatorFixture>;
  stop(): Promise<void>;
}

export async function startCoordinator(
  changes: Partial<CoordinatorConfig> = {},
  dependencies: CoordinatorDependencies = {},
): Promise<CoordinatorFixture> {
  const directory = await mkdtemp(join(tmpdir(), 'fairhop-coordinator-'));
  const graphFile = join(directory, 'graph.json');
  await writeFile(graphFile, JSON.stringify(testGraph));
  const config = coordinatorConfigSchema.parse({
    port: 0,
    dataDirectory: join(directory, 'data'),
    asGraphFile: graphFile,
    useBundledAsnDataset: false,
    ...changes,
  });
  const stopAll = () => rm(directory, { recursive: true, force: true });
  try {
    return await run(config, dependencies, stopAll);
  } catch (error) {
    await stopAll();
    throw error;
  }
}

async function run(
  config: CoordinatorConfig,
  dependencies: CoordinatorDependencies,
  cleanUp: () => Promise<void>,
): Promise<CoordinatorFixture> {
  const log = createLog({ name: 'coordinator', level: 'silent' });
  const coordinator = createCoordinator(config, { log, ...dependencies });
  await coordinator.start();
  const { url, operatorToken } = coordinator;
  const clients: HttpClient[] = [];
  const clientOf: CoordinatorFixture['clientOf'] = ({ token, address }) => {
    const http = createHttpClient(address === undefined ? {} : { localAddress: address });
    clients.push(http);
    return createClient(endpoints, {
      http,
      baseUrl: url,
      ...(token !== undefined && { token }),
    });
  };
  const end = async (): Promise<void> => {
    await Promise.all(clients.map((client) => client.close()));
    await coordinator.stop();
  };
  return {
    coordinator,
    config,
    url,
    client: clientOf({ token: operatorToken }),
    clientOf,
    restart: async () => {
      await end();
      return run(config, dependencies, cleanUp);
    },
    stop: async () => {
      await end();
      await cleanUp();
    },
  };
}

function manifestOf(content: Buffer): Manifest {
  const hasher = createContentHasher({
    sizeBytes: content.length,
    pieceLengthBytes: choosePieceLength(content.length),
  });
  hasher.update(content);
  return hasher.finish();
}

export function publicationOf(content: Buffer, changes: Partial<Publication> = {}): Publication {
  return {
    fileName: 'film.mp4',
    category: 'video',
    mediaType: 'video/mp4',
    metadata: { artist: 'Someone' },
    manifest: manifestOf(content),
    origin: { kind: 'directory', path: 'studio/film.mp4' },
    rules: { peersAllowed: true },
    ...changes,
  };
}

/** An edge as the coordinator sees it: a key that signs registrations and heartbeats from one address. */
export function createTestEdge(
  fixture: CoordinatorFixture,
  { id = 'edge1', address = '127.0.0.1', url = 'http://127.0.0.1:4700' } = {},
  identity: Identity = createIdentity(),
) {
  const client = fixture.clientOf({ address });
  let lastMs = 0;
  const proof = (timeMs: number) => {
    const bytes = edgeProofBytes({ coordinator: fixture.config.id, edge: id, url, timeMs });
    return { timeMs, signature: Buffer.from(identity.sign(bytes)).toString('base64url') };
  };
  const nextMs = (): number => {
    lastMs = Math.max(lastMs + 1, Date.now());
    return lastMs;
  };
  return {
    identity,
    proof,
    async register(joinToken?: string, timeMs = nextMs()) {
      const token = joinToken ?? (await fixture.client.createJoinToken({})).joinToken;
      return client.registerEdge({
        body: { joinToken: token, id, key: identity.key, url, ...proof(timeMs) },
      });
    },
    beat: (withdrawnRevision = 0, timeMs = nextMs()) =>
      client.edgeHeartbeat({ params: { id }, body: { url, withdrawnRevision, ...proof(timeMs) } }),
    tell: (transfers: EdgeTransfer[]) =>
      client.edgeHeartbeat({
        params: { id },
        body: { url, withdrawnRevision: 0, transfers, ...proof(nextMs()) },
      }),
    /** Tells of transfers until the answer fits; gives its limits. */
    async beatUntil(
      transfers: EdgeTransfer[],
      fits: (answer: { limits?: EdgeLimit[] | undefined }) => boolean,
    ): Promise<EdgeLimit[] | undefined> {
      for (;;) {
        const body = { url, withdrawnRevision: 0, transfers, ...proof(nextMs()) };
        const answer = await client.edgeHeartbeat({ params: { id }, body });
        if (fits(answer)) return answer.limits;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
  };
}
