import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type AgentMessage,
  type CoordinatorMessage,
  coordinatorMessageSchema,
  type EdgeInfo,
  type Readiness,
  SESSION_PATH,
} from '@fairhop/shared/contract';
import { createIdentity, type Identity, sessionProofBytes } from '@fairhop/shared/crypto';
import type { Permit, Title } from '@fairhop/shared/model';
import type { AltoMap } from '@fairhop/shared/net';
import { type Clock, createLog, systemClock } from '@fairhop/shared/service';
import { Registry } from 'prom-client';
import { WebSocket } from 'ws';
import { pidsIn } from '../alto/pids-in.js';
import type { Acknowledgement } from '../audit/audit-desk.js';
import { type BudgetActions, createBudgetActions } from '../budget-actions/index.js';
import { openCoordinatorDatabase } from '../database.js';
import { createMemoryUplinks } from '../grant/fixture.js';
import { createQuarantineBook, type QuarantineBook } from '../quarantine/index.js';
import { paths, sp1, sp2, sp3 } from '../selection/fixture.js';
import type { SelectionPaths } from '../selection/index.js';
import { contentA, permitFor, readyUnder } from '../swarm/fixture.js';
import { createBadDataBook } from './bad-data-book.js';
import { type SessionServerConfig, sessionServerDefaults } from './config.js';
import type { Draw, NetworkPlace, PermitDecision, PermitRequest, UplinkStore } from './dependencies.js';
import { createSessionMetrics } from './metrics.js';
import { createSessionServer, type SessionServer } from './session-server.js';

const ANSWER_TIMEOUT_MS = 15_000;

export const title: Title = {
  id: 'studio/film',
  owner: 'studio',
  name: 'film',
  fileName: 'film.mp4',
  category: 'video',
  mediaType: 'video/mp4',
  metadata: {},
  contentId: contentA,
  sizeBytes: 8 * 1024 * 1024,
  origin: { kind: 'directory', path: 'film.mp4' },
  rules: { peersAllowed: true },
  state: 'published',
  publishedMs: 0,
};

const edge: EdgeInfo = {
  id: 'edge-1',
  key: 'e'.repeat(43),
  url: 'http://127.0.0.1:8080',
  address: '127.0.0.1',
  asn: null,
  isp: null,
  lastSeenMs: 0,
};

const initialPlaces: Readonly<Record<string, NetworkPlace>> = { '127.1': sp1, '127.2': sp2, '127.3': sp3 };

/** A coordinator's session server with what stands around it in memory; SP1 and SP2 permit uplinks. */
export interface TestCoordinator {
  readonly identity: Identity;
  readonly server: SessionServer;
  readonly http: Server;
  readonly port: number;
  readonly draws: Draw[];
  readonly uplinks: UplinkStore;
  readonly registry: Registry;
  readonly quarantine: QuarantineBook;
  readonly budgets: BudgetActions;
  /** What was acknowledged and may be audited. */
  readonly acknowledged: Acknowledgement[];
  /** Answers of the permission service, by ISP. */
  readonly permits: Map<string, Partial<Permit['terms']>>;
  /** Of addresses, by their first two numbers. */
  places: Record<string, NetworkPlace>;
  paths: SelectionPaths;
  /** By ISP. */
  altoMaps: ReadonlyMap<string, AltoMap>;
  altoChanged(): void;
  networksChanged(): void;
  permissionChanged(): void;
  withdraw(): void;
  forbidden: ReadonlySet<string>;
  /** What the permission service waits for after it made up its mind. */
  permissionGate: Promise<void> | undefined;
  permitRequests: number;
  /** Grants cannot be written down. */
  issueError: Error | undefined;
  stop(): Promise<void>;
}

export async function startCoordinator(
  options: {
    config?: Partial<SessionServerConfig>;
    clock?: Clock;
    /** Of a coordinator that ran before. */
    identity?: Identity;
    uplinks?: UplinkStore;
    quarantine?: QuarantineBook;
  } = {},
): Promise<TestCoordinator> {
  const identity = options.identity ?? createIdentity();
  const registry = new Registry();
  const networkListeners = new Set<() => void>();
  const altoListeners = new Set<() => void>();
  const clock = options.clock ?? systemClock;
  const permits = new Map<string, Partial<Permit['terms']>>([
    ['sp1', {}],
    ['sp2', {}],
  ]);
  const changeListeners = new Set<(isp: string) => void>();
  const withdrawalListeners = new Set<(withdrawn: Title) => void>();
  const draws: Draw[] = [];
  const acknowledged: Acknowledgement[] = [];
  const database = openCoordinatorDatabase(':memory:');
  const log = createLog({ name: 'test', level: 'silent' });
  const quarantine = options.quarantine ?? createQuarantineBook(database, clock);
  const budgets = createBudgetActions(database, {
    clock,
    draws: { append: (draw) => draws.push(draw) },
    onLimited: () => undefined,
  });
  const uplinks = options.uplinks ?? createMemoryUplinks();
  let published: Title | undefined = title;
  const test: Pick<
    TestCoordinator,
    'forbidden' | 'issueError' | 'permissionGate' | 'permitRequests' | 'places' | 'altoMaps' | 'paths'
  > = {
    altoMaps: new Map(),
    paths,
    places: { ...initialPlaces },
    permitRequests: 0,
    forbidden: new Set<string>(),
    permissionGate: undefined,
    issueError: undefined,
  };
  const permitOf = ({ agent, isp, nowMs }: PermitRequest): PermitDecision => {
    const terms = isp === null ? undefined : permits.get(isp);
    const until = terms?.validUntilMs ?? Number.MAX_SAFE_INTEGER;
    if (isp === null || !terms || until <= nowMs) {
      return { permit: null, reason: `no permit of ${isp}`, holdsUntilMs: Number.MAX_SAFE_INTEGER };
    }
    return { permit: permitFor(agent, isp, terms), reason: `agreement of ${isp}`, holdsUntilMs: until };
  };
  const server = createSessionServer(
    {
      ...sessionServerDefaults,
      coordinatorId: 'test',
      accountingUrl: null,
      noticeDelayMs: 20,
      ...options.config,
    },
    {
      clock,
      log,
      identity,
      signingKeys: { published: () => [identity.key], onChange: () => () => undefined },
      catalogue: {
        title: (id) => (id === title.id ? published : undefined),
        content: (id) =>
          published && id === contentA ? { sizeBytes: title.sizeBytes, pieceCount: 8 } : undefined,
        onWithdrawn: (listener) => {
          withdrawalListeners.add(listener);
          return () => withdrawalListeners.delete(listener);
        },
      },
      permission: {
        permitFor: async (request) => {
          test.permitRequests += 1;
          const decision = permitOf(request);
          await test.permissionGate;
          return decision;
        },
        onChange: (listener) => {
          changeListeners.add(listener);
          return () => changeListeners.delete(listener);
        },
      },
      edges: { edgesFor: () => [edge] },
      draws: { append: (draw) => draws.push(draw) },
      uplinks,
      issued: { add: async () => test.issueError && Promise.reject(test.issueError) },
      quarantine,
      badData: createBadDataBook(database, { clock, log, quarantine }),
      budgets,
      audits: {
        acknowledged: (report) => acknowledged.push(report),
        answered: () => undefined,
      },
      networkOf: (address) => test.places[address.split('.').slice(0, 2).join('.')] ?? null,
      paths: () => test.paths,
      alto: {
        maps: () => test.altoMaps,
        pidsOf: (address) => pidsIn(test.altoMaps, address),
        onChange: (listener) => {
          altoListeners.add(listener);
          return () => altoListeners.delete(listener);
        },
      },
      onNetworksChange: (listener) => {
        networkListeners.add(listener);
        return () => networkListeners.delete(listener);
      },
      metrics: createSessionMetrics(registry),
      policies: {
        viewOf: () => ({
          ...{ closed: test.forbidden, looksBeneath: false },
          ...{ actingFrom: () => [], edgeLimits: () => [], told: () => [] },
        }),
        tick: () => ({ rates: new Map(), ended: new Map(), freed: [] }),
        admit: () => undefined,
        onSet: () => () => undefined,
        onPhase: () => () => undefined,
        metrics: { lowered: () => undefined, revoked: () => undefined },
      },
    },
  );
  const http = createServer();
  server.attach(http);
  await server.start();
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return Object.assign(test, {
    identity,
    server,
    http,
    port: (http.address() as AddressInfo).port,
    draws,
    uplinks,
    registry,
    quarantine,
    budgets,
    acknowledged,
    altoChanged: () => {
      for (const listener of altoListeners) listener();
    },
    networksChanged: () => {
      for (const listener of networkListeners) listener();
    },
    permits,
    permissionChanged: () => {
      for (const listener of changeListeners) for (const isp of ['sp1', 'sp2', 'sp3']) listener(isp);
    },
    withdraw: () => {
      published = undefined;
      for (const listener of withdrawalListeners) listener(title);
    },
    stop: async () => {
      await server.stop();
      await new Promise((resolve) => http.close(resolve));
      database.close();
    },
  });
}

type MessageOf<Type extends CoordinatorMessage['type']> = Extract<CoordinatorMessage, { type: Type }>;

/** An agent's end of a session, with everything it heard. */
export interface TestAgent {
  readonly identity: Identity;
  readonly socket: WebSocket;
  readonly heard: CoordinatorMessage[];
  send(message: AgentMessage): void;
  /** The next message of this type that was not waited for yet; those heard before count. */
  next<Type extends CoordinatorMessage['type']>(type: Type): Promise<MessageOf<Type>>;
  /** The close code. */
  readonly closed: Promise<number>;
  findSources(
    request?: Partial<Extract<AgentMessage, { type: 'find-sources' }>>,
  ): Promise<MessageOf<'sources'>>;
}

export interface TestAgentOptions {
  /** Loopback address: 127.1/16 is SP1, 127.2/16 SP2, 127.3/16 SP3, others nobody's. */
  readonly address: string;
  readonly identity?: Identity;
  readonly headers?: Record<string, string>;
}

/** A connected agent that said nothing yet. */
export function openAgent(coordinator: TestCoordinator, options: TestAgentOptions): TestAgent {
  const identity = options.identity ?? createIdentity();
  const socket = new WebSocket(`ws://127.0.0.1:${coordinator.port}${SESSION_PATH}`, {
    localAddress: options.address,
    ...(options.headers && { headers: options.headers }),
  });
  const heard: CoordinatorMessage[] = [];
  const taken = new Set<CoordinatorMessage>();
  const waiting = new Set<() => void>();
  let requestId = 0;
  socket.on('message', (data) => {
    heard.push(coordinatorMessageSchema.parse(JSON.parse(String(data))));
    for (const check of [...waiting]) check();
  });
  socket.on('error', () => undefined);
  const next = <Type extends CoordinatorMessage['type']>(type: Type): Promise<MessageOf<Type>> =>
    new Promise((resolve, reject) => {
      const timeout = setTimeout(() => {
        waiting.delete(check);
        reject(new Error(`no ${type} message; heard ${JSON.stringify(heard)}`));
      }, ANSWER_TIMEOUT_MS);
      const check = (): void => {
        const message = heard.find((one) => one.type === type && !taken.has(one));
        if (!message) return;
        taken.add(message);
        waiting.delete(check);
        clearTimeout(timeout);
        resolve(message as MessageOf<Type>);
      };
      waiting.add(check);
      check();
    });
  const send = (message: AgentMessage): void => socket.send(JSON.stringify(message));
  return {
    identity,
    socket,
    heard,
    send,
    next,
    closed: new Promise((resolve) => socket.on('close', (code) => resolve(code))),
    findSources(request = {}) {
      requestId += 1;
      send({
        type: 'find-sources',
        requestId,
        title: title.id,
        maxPeers: 12,
        exclude: [],
        bytesWanted: title.sizeBytes,
        ...request,
      });
      return next('sources');
    },
  };
}

export function helloOf(identity: Identity, coordinator: string, nonce: string): AgentMessage {
  const proof = sessionProofBytes({ coordinator, nonce, key: identity.key });
  return {
    type: 'hello',
    protocolVersion: 1,
    agent: identity.key,
    signature: Buffer.from(identity.sign(proof)).toString('base64url'),
    software: 'test',
  };
}

/** An agent with a session. */
export async function joinAgent(coordinator: TestCoordinator, options: TestAgentOptions) {
  const agent = openAgent(coordinator, options);
  const challenge = await agent.next('challenge');
  agent.send(helloOf(agent.identity, challenge.coordinator, challenge.nonce));
  return Object.assign(agent, { welcome: await agent.next('welcome') });
}

/** An agent with a session that holds content A and is ready to upload it as far as it is permitted. */
export async function joinSeeder(
  coordinator: TestCoordinator,
  options: TestAgentOptions & { readiness?: Partial<Readiness> },
) {
  const agent = await joinAgent(coordinator, options);
  const { permit } = agent.welcome;
  const readiness = permit ? readyUnder(permit, options.readiness) : { ...readyUnder(permitFor('', 'none')) };
  agent.send({ type: 'readiness', readiness });
  agent.send({ type: 'holding', contentId: contentA, pieces: 'all', wants: false });
  await settle(agent);
  return agent;
}

/** An agent with a session that holds nothing and wants content A. */
export async function joinLeecher(coordinator: TestCoordinator, options: TestAgentOptions) {
  const agent = await joinAgent(coordinator, options);
  agent.send({
    type: 'holding',
    contentId: contentA,
    pieces: Buffer.from([0]).toString('base64'),
    wants: true,
  });
  await settle(agent);
  return agent;
}

/** Messages of a session are handled in order: with this answer, all before it were. */
export async function settle(agent: TestAgent): Promise<void> {
  await agent.findSources({ maxPeers: 0 });
}
