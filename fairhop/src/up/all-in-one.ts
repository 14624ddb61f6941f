import { mkdir } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { accountingConfigSchema, createAccountingService } from '@fairhop/accounting';
import { coordinatorConfigSchema, createCoordinator } from '@fairhop/coordinator';
import { createEdge, edgeConfigSchema } from '@fairhop/edge';
import { coordinatorEndpoints, createClient, createHttpClient } from '@fairhop/shared/contract';
import { FairhopError } from '@fairhop/shared/model';
import {
  type Clock,
  createEmptyAsGraph,
  createLog,
  type LogLevel,
  localDirectory,
  localOperatorToken,
} from '@fairhop/shared/service';

const EDGE_ID = 'edge';

export interface AllInOneConfig {
  readonly dataDirectory: string;
  /** Address to listen on. */
  readonly host: string;
  /** Name or address at which others reach this machine; needed where `host` stands for all addresses. */
  readonly publicHost?: string;
  readonly coordinatorPort: number;
  readonly accountingPort: number;
  readonly edgePort: number;
  /** By default an empty graph in the data directory, to be filled in; it knows no ISP, so nobody may upload. */
  readonly asGraphFile?: string;
  /** Files of titles whose origin is a directory; by default `origin` in the data directory. */
  readonly originDirectory?: string;
  readonly edgeRateBitsPerSecond?: number;
  readonly edgeMaxPartMs?: number;
  /** Of accounting alone; by default this machine's. */
  readonly accountingClock?: Clock;
  readonly logLevel: LogLevel;
}

export interface AllInOne {
  start(): Promise<void>;
  stop(): Promise<void>;
  readonly coordinatorUrl: string;
  readonly accountingUrl: string;
  readonly edgeUrl: string;
  readonly operatorToken: string;
  readonly operatorTokenFile: string;
  readonly originDirectory: string;
}

const reachableHostOf = ({ host, publicHost }: Pick<AllInOneConfig, 'host' | 'publicHost'>): string => {
  const reachable = publicHost ?? host;
  if (reachable === '0.0.0.0' || reachable === '::')
    throw new FairhopError(
      'public-host-missing',
      `${reachable} stands for all addresses of this machine, and nobody can connect to it; say with --public-host at which name or address others reach it`,
      { status: 400 },
    );
  return isIPv6(reachable) ? `[${reachable}]` : reachable;
};

/** Coordinator, accounting and one edge in this process, each with a folder of its own in one data directory. */
export const createAllInOne = (config: AllInOneConfig): AllInOne => {
  const local = localDirectory(config.dataDirectory);
  const asGraphFile = config.asGraphFile ?? local.asGraphFile;
  const originDirectory = config.originDirectory ?? local.originDirectory;
  const { operatorTokenFile } = local;
  const reachableHost = reachableHostOf(config);
  const coordinatorUrl = `http://${reachableHost}:${config.coordinatorPort}`;
  const accountingUrl = `http://${reachableHost}:${config.accountingPort}`;
  const running: { stop(): Promise<void> }[] = [];
  let operatorToken = '';
  let edgeUrl = '';

  const log = (name: string) => createLog({ name, level: config.logLevel });

  const startEdge = async (): Promise<void> => {
    const http = createHttpClient();
    let joinToken: string;
    try {
      const operator = createClient(coordinatorEndpoints, {
        http,
        baseUrl: coordinatorUrl,
        token: operatorToken,
      });
      ({ joinToken } = await operator.createJoinToken({}));
    } finally {
      await http.close();
    }
    const edge = createEdge(
      edgeConfigSchema.parse({
        id: EDGE_ID,
        host: config.host,
        port: config.edgePort,
        publicUrl: `http://${reachableHost}:${config.edgePort}`,
        dataDirectory: local.folderOf('edge'),
        originDirectory,
        coordinatorUrl,
        joinToken,
        rateBitsPerSecond: config.edgeRateBitsPerSecond,
        maxPartMs: config.edgeMaxPartMs,
      }),
      { log: log('edge') },
    );
    await edge.start();
    running.push(edge);
    edgeUrl = edge.url;
  };

  const stop = async (): Promise<void> => {
    for (const service of running.splice(0).reverse()) await service.stop();
  };

  const start = async (): Promise<void> => {
    await mkdir(originDirectory, { recursive: true });
    operatorToken = await localOperatorToken(local);
    if (config.asGraphFile === undefined) await createEmptyAsGraph(local);
    const coordinator = createCoordinator(
      coordinatorConfigSchema.parse({
        host: config.host,
        port: config.coordinatorPort,
        publicUrl: coordinatorUrl,
        dataDirectory: local.folderOf('coordinator'),
        asGraphFile,
        accountingUrl,
        operatorToken,
      }),
      { log: log('coordinator') },
    );
    await coordinator.start();
    running.push(coordinator);
    const accounting = createAccountingService(
      accountingConfigSchema.parse({
        host: config.host,
        port: config.accountingPort,
        dataDirectory: local.folderOf('accounting'),
        asGraphFile,
        coordinatorUrl,
        coordinatorToken: operatorToken,
        operatorToken,
      }),
      {
        log: log('accounting'),
        ...(config.accountingClock === undefined ? {} : { clock: config.accountingClock }),
      },
    );
    await accounting.start();
    running.push(accounting);
    await startEdge();
  };

  return {
    start: () =>
      start().catch(async (error: unknown) => {
        await stop().catch(() => undefined);
        throw error;
      }),
    stop,
    coordinatorUrl,
    accountingUrl,
    get edgeUrl() {
      return edgeUrl;
    },
    get operatorToken() {
      return operatorToken;
    },
    operatorTokenFile,
    originDirectory,
  };
};
