import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accountingEndpoints, type Client, createClient, createHttpClient } from '@fairhop/shared/contract';
import { type ExplainedPath, type TopologyInput, topologySchema } from '@fairhop/shared/model';
import { type AsGraph, createAsGraph } from '@fairhop/shared/net';
import { createHttpService, createLog, createManualClock, type ManualClock } from '@fairhop/shared/service';
import { createAccess } from '../access.js';
import { demoGraph } from '../fixture/service.js';
import { createLedger, type Ledger } from '../ledger/index.js';
import { START_MS } from '../ledger/test-support.js';
import { createReader } from '../reading/index.js';
import { createNetworks, type Networks } from './networks.js';
import { addNetworkRoutes, type BookedTrace, type MetConflict } from './routes.js';

/** The demo's graph with an exchange. */
export const graphFile = {
  ...demoGraph,
  exchanges: [{ id: 'xlan', name: 'X', lans: ['127.8.0.0/24'], place: 'us/ca/sanjose' }],
};

/** What SP1 may rightly say of itself. */
export const sp1Topology = {
  version: 1,
  nodes: [
    {
      name: 'Core1.sp1.example',
      kind: 'router',
      asn: 64501,
      place: 'us/ca/sanjose',
      addresses: ['127.1.0.1'],
    },
    { name: 'sw1.sp1.example', kind: 'switch', asn: 64501, place: 'us/ca/fresno' },
  ],
  internalLinks: [
    { between: ['core1.sp1.example', 'sw1.sp1.example'], capacityBitsPerSecond: 10_000_000_000 },
  ],
  peeringLinks: [
    {
      name: 'To-SP2',
      node: 'core1.sp1.example',
      neighbour: 64502,
      nearAddress: '127.8.0.1',
      farAddress: '127.8.0.2',
      exchange: 'xlan',
      capacityBitsPerSecond: 1_000_000_000,
    },
  ],
  attachments: [{ prefix: '127.1.16.0/20', node: 'sw1.sp1.example' }],
} satisfies TopologyInput;

export const topologyOf = (changes: Partial<TopologyInput> = {}) =>
  topologySchema.parse({ ...sp1Topology, ...changes });

export interface TestNetworks {
  readonly networks: Networks;
  readonly ledger: Ledger;
  readonly clock: ManualClock;
  readonly url: string;
  readonly operatorToken: string;
  readonly client: Client<typeof accountingEndpoints>;
  clientOf(token: string): Client<typeof accountingEndpoints>;
  /** What the AS graph and BGP say from now on. */
  readonly knowledge: {
    graph: AsGraph;
    origins: Map<string, number>;
    bgpNeighbours: Map<number, ReadonlySet<number>>;
    conflicts: MetConflict[];
    traces: BookedTrace[];
  };
  /** The same on the same files. */
  restart(): Promise<void>;
  readonly directory: string;
  stop(): Promise<void>;
}

const operatorToken = 'operator-token-of-the-tests';

/** Networks over a ledger, served over HTTP. What resolves paths is not part of it. */
export async function startTestNetworks(
  options: { readonly coordinatorUrl?: string; readonly topologyDirectory?: string } = {},
): Promise<TestNetworks> {
  const directory = mkdtempSync(join(tmpdir(), 'fairhop-networks-'));
  const clock = createManualClock(START_MS);
  const log = createLog({ name: 'accounting', level: 'silent' });
  const knowledge: TestNetworks['knowledge'] = {
    graph: createAsGraph(graphFile),
    origins: new Map(),
    bgpNeighbours: new Map(),
    conflicts: [],
    traces: [],
  };
  const ledger = createLedger({ file: join(directory, 'ledger.db'), clock });
  await ledger.start();
  const networks = createNetworks(
    {
      file: join(directory, 'networks.db'),
      topologyDirectory: options.topologyDirectory,
      checkIntervalMs: 20,
    },
    {
      clock,
      log,
      knowledge: {
        graph: () => knowledge.graph,
        originOf: (address) => knowledge.origins.get(address),
        neighboursInBgp: (asn) => knowledge.bgpNeighbours.get(asn),
      },
    },
  );
  try {
    await networks.start();
  } catch (error) {
    await ledger.stop();
    rmSync(directory, { recursive: true });
    throw error;
  }
  const reader = createReader({ file: ledger.database.name, timeoutMs: 20_000, maximumWaiting: 8 });
  const client = createHttpClient();
  const { coordinatorUrl = 'http://127.0.0.1:9' } = options;
  const access = createAccess({ operatorToken, coordinatorUrl }, { clock });
  const http = createHttpService({
    name: 'networks',
    host: '127.0.0.1',
    port: 0,
    log,
    bodyLimitBytes: 65_536,
  });
  http.routes((app) =>
    addNetworkRoutes(app, {
      networks,
      clock,
      auth: access.auth,
      graph: () => knowledge.graph,
      read: reader.run,
      explain: async (_source, _destination, timeMs): Promise<ExplainedPath> => ({
        sourceAs: null,
        sourceIsp: null,
        destinationAs: null,
        destinationIsp: null,
        timeMs,
        path: null,
        conflicts: [],
        trail: [],
      }),
      tracesAfter: (afterId, limit) => knowledge.traces.filter(({ id }) => id > afterId).slice(0, limit),
      conflicts: (limit) => knowledge.conflicts.slice(0, limit),
    }),
  );
  await http.start();
  const clientOf = (token: string) =>
    createClient(accountingEndpoints, { http: client, baseUrl: http.url, token });
  return {
    networks,
    ledger,
    clock,
    url: http.url,
    operatorToken,
    client: clientOf(operatorToken),
    clientOf,
    knowledge,
    directory,
    async restart() {
      await networks.stop();
      await networks.start();
    },
    async stop() {
      await access.stop();
      await reader.stop();
      await http.stop();
      await client.close();
      await networks.stop();
      await ledger.stop();
      rmSync(directory, { recursive: true });
    },
  };
}
