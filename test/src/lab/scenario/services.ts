import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CommandEnvironment } from '@fairhop/fairhop';
import {
  accountingEndpoints,
  accountingNetworksEndpoints,
  type Client,
  coordinatorEndpoints,
  createClient,
  createHttpClient,
} from '@fairhop/shared/contract';
import { asGraphOf, ribSourcesOf } from '../build/artefacts.js';
import { found, type Host, type Internet } from '../internet-model.js';
import { FAIRHOP, type NamespaceProcess, startInNamespace } from './namespace-process.js';
import { EDGE_BITS_PER_SECOND, PART_MS } from './settings.js';
import { waitUntil } from './wait-until.js';

const READY_TIMEOUT_MS = 60_000;
const ORIGIN = fileURLToPath(new URL('./origin-program.js', import.meta.url));

export interface ServicesConfig {
  readonly internet: Internet;
  readonly directory: string;
  dumpsOf(router: string): string;
  readonly signal: AbortSignal;
}

/** The system's services where they stand in the internet, and how to talk to them from the CDN. */
export interface Services {
  readonly coordinatorUrl: string;
  readonly edgeUrl: string;
  /** Where the edge finds a file that is put into `originDirectory`. */
  originUrl(file: string): string;
  readonly originDirectory: string;
  readonly coordinator: Client<typeof coordinatorEndpoints>;
  readonly accounting: Client<typeof accountingEndpoints>;
  readonly networks: Client<typeof accountingNetworksEndpoints>;
  /** With the API key of an ISP. */
  networksAs(token: string): Client<typeof accountingNetworksEndpoints>;
  /** Where accounting finds what an ISP declares by file. */
  readonly topologyDirectory: string;
  /** For commands as a user types them. */
  readonly environment: CommandEnvironment;
  stop(): Promise<void>;
}

export async function startServices(config: ServicesConfig): Promise<Services> {
  const { internet, directory } = config;
  const running: NamespaceProcess[] = [];
  const http = createHttpClient();
  const stop = async (): Promise<void> => {
    for (const one of running.splice(0).reverse()) await one.stop();
    await http.close();
  };
  try {
    return { ...(await startAll(config, running, http)), stop };
  } catch (error) {
    await stop();
    throw error;
  }

  async function startAll(
    { signal, dumpsOf }: ServicesConfig,
    started: NamespaceProcess[],
    client: ReturnType<typeof createHttpClient>,
  ): Promise<Omit<Services, 'stop'>> {
    const { ports } = internet;
    const [services, edge, origin] = [host('services'), host('edge'), host('origin')];
    const coordinatorUrl = `http://${services.address}:${ports.coordinator}`;
    const accountingUrl = `http://${services.address}:${ports.accounting}`;
    const edgeUrl = `http://${edge.address}:${ports.edge}`;
    const originUrl = `http://${origin.address}:${ports.origin}`;
    const token = randomBytes(24).toString('hex');
    const asGraphFile = join(directory, 'networks.json');
    await writeFile(asGraphFile, JSON.stringify(asGraphOf(internet)));
    const originDirectory = join(directory, 'origin');
    await mkdir(originDirectory);

    const common = { operatorToken: token, asGraphFile, useBundledAsnDataset: false, logLevel: 'warn' };
    // A row that is booked before the dump of its time is read keeps the older path: with both routes of a change within the
    // same minute, and parts of seconds, that must not depend on how busy the machine is.
    const ribs = { ribSources: ribSourcesOf(internet, dumpsOf), ribCheckIntervalMs: 250 };
    const topologyDirectory = join(directory, 'topologies');
    await mkdir(topologyDirectory);
    const networksAs = (own: string) =>
      createClient(accountingNetworksEndpoints, { http: client, baseUrl: accountingUrl, token: own });
    await service('coordinator', services, coordinatorUrl, { ...common, accountingUrl, ...ribs });
    const coordinator = createClient(coordinatorEndpoints, { http: client, baseUrl: coordinatorUrl, token });
    const { joinToken } = await coordinator.createJoinToken({});
    await Promise.all([
      service('accounting', services, accountingUrl, {
        ...common,
        coordinatorUrl,
        topologyDirectory,
        ...ribs,
      }),
      program('origin', origin, [ORIGIN, originDirectory, origin.address, String(ports.origin)]).line(
        (line) => line.includes('listens'),
      ),
    ]);
    await service('edge', edge, edgeUrl, {
      coordinatorUrl,
      joinToken,
      rateBitsPerSecond: EDGE_BITS_PER_SECOND,
      maxPartMs: PART_MS,
      logLevel: 'warn',
    });
    return {
      coordinatorUrl,
      edgeUrl,
      originDirectory,
      originUrl: (file) => `${originUrl}/${file}`,
      coordinator,
      accounting: createClient(accountingEndpoints, { http: client, baseUrl: accountingUrl, token }),
      networks: networksAs(token),
      networksAs,
      topologyDirectory,
      environment: { coordinatorUrl, accountingUrl, token },
    };

    function host(role: Host['role']): Host {
      return found(
        internet.hosts.find((one) => one.role === role),
        `host of role ${role}`,
      );
    }

    function program(name: string, { name: node }: Host, words: readonly string[]): NamespaceProcess {
      const one = startInNamespace({ name, node, words, logFile: join(directory, `${name}.log`) });
      started.push(one);
      return one;
    }

    /** `fairhop NAME --config FILE`; resolves when it is ready. */
    async function service(name: string, at: Host, url: string, more: object): Promise<void> {
      const file = join(directory, `${name}.json`);
      const { hostname, port } = new URL(url);
      const listen = { host: hostname, port: Number(port), dataDirectory: join(directory, name) };
      await writeFile(file, JSON.stringify({ ...listen, ...more }));
      const one = program(name, at, [FAIRHOP, name, '--config', file]);
      await waitUntil(
        `${name} is ready`,
        async () => {
          if (!one.isRunning) throw new Error(`${name} ended: ${one.output().trim()}`);
          return fetch(`${url}/readyz`, { signal }).then(
            ({ ok }) => ok,
            () => false,
          );
        },
        (isReady) => isReady,
        { timeoutMs: READY_TIMEOUT_MS, signal },
      );
    }
  }
}
